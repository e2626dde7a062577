import numpy as np
import pytest

from geometry.bands import band_count
from geometry.filters import convolve
from geometry.filters.border import BORDERS
from geometry.filters.convolution import channels as module
from tests.naive import filters as naive


@pytest.mark.parametrize(("inputs", "groups", "outputs"), [(1, 1, 3), (3, 1, 2), (4, 2, 6), (3, 3, 3), (100, 1, 1)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_agrees_with_the_definition(inputs: int, groups: int, outputs: int, dtype: str) -> None:
    rng = np.random.default_rng([inputs, groups, outputs])
    image = rng.integers(0, 256, (5, 4, inputs)).astype(dtype)
    kernel = rng.integers(-3, 4, (2, 3, inputs // groups, outputs))
    for border in BORDERS:
        options = {"border": border, "fill": 7, "stride": (2, 1), "dilation": (1, 3), "padding": [[1, 2], [4, 3]]}
        expected = naive.stored(naive.convolve(image, kernel, groups=groups, **options), dtype)
        out = convolve(image, kernel, groups=groups, **options)
        assert out.dtype == dtype
        # whole numbers below 2^24: exact in every type
        assert np.array_equal(out, expected)


def test_a_grey_image_gets_an_axis_of_output_channels() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    kernel = np.array([1.0, 10.0]).reshape(1, 1, 1, 2)
    out = convolve(image, kernel)
    assert np.array_equal(out, np.stack([image, 10 * image], axis=2))


def test_one_kernel_for_each_channel_alike_is_a_diagonal_kernel() -> None:
    rng = np.random.default_rng(1)
    image, taps = rng.integers(0, 99, (6, 5, 3)).astype(float), rng.integers(-5, 5, (3, 2))
    diagonal = taps[:, :, np.newaxis, np.newaxis] * np.eye(3)
    assert np.array_equal(convolve(image, diagonal), convolve(image, taps))
    grouped = np.repeat(taps[:, :, np.newaxis, np.newaxis], 3, axis=3)
    assert np.array_equal(convolve(image, grouped, groups=3), convolve(image, taps))


def test_integers_round_half_to_even_and_saturate() -> None:
    image = np.array([[[1, 2], [3, 0], [255, 255]]], np.uint8)
    kernel = np.array([0.5, 1.0]).reshape(1, 1, 2, 1)
    assert convolve(image, kernel)[0, :, 0].tolist() == [2, 2, 255]
    assert convolve(image, -kernel)[0, :, 0].tolist() == [0, 0, 0]


def test_blocks_leave_no_seams_and_bands_do_not_change_a_byte(monkeypatch, bands: int) -> None:
    rng = np.random.default_rng(2)
    image, kernel = rng.normal(size=(9, 11, 4)).astype(np.float32), rng.normal(size=(3, 3, 4, 5))
    expected = naive.convolve(image, kernel, border="reflect").astype(float)
    for block_bytes in (600, 3000, 2**22):
        monkeypatch.setattr(module, "_BLOCK_BYTES", block_bytes)
        out = convolve(image, kernel, border="reflect")
        with band_count(1):
            assert out.tobytes() == convolve(image, kernel, border="reflect").tobytes()
        # 36 products in single precision, two roundings each, |tap|·|pixel| < 16
        np.testing.assert_allclose(out, expected, rtol=0, atol=36 * 2 * 2**-24 * 16)


def test_not_a_number_stays_within_its_windows() -> None:
    image = np.ones((9, 9, 2))
    image[4, 5, 1] = np.nan
    out = convolve(image, np.ones((3, 3, 2, 4)))
    touched = np.zeros((9, 9, 4), bool)
    touched[3:6, 4:7] = True
    assert np.array_equal(np.isnan(out), touched)
