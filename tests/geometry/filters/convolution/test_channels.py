import numpy as np
import pytest

from geometry.bands import band_count
from geometry.filters import convolve
from geometry.filters.border import BORDERS
from geometry.filters.convolution import blocks, channels, mixing
from geometry.filters.convolution.plan import convolution_plan
from tests.naive import filters as naive


@pytest.mark.parametrize("method", ["direct", "im2col"])
@pytest.mark.parametrize(
    ("inputs", "groups", "outputs"), [(1, 1, 3), (3, 1, 2), (4, 2, 6), (3, 3, 3), (100, 1, 1), (2, 1, 65), (6, 2, 80)]
)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_agrees_with_the_definition(inputs: int, groups: int, outputs: int, dtype: str, method: str) -> None:
    rng = np.random.default_rng([inputs, groups, outputs])
    image = rng.integers(0, 256, (5, 9, inputs)).astype(dtype)
    kernel = rng.integers(-3, 4, (2, 3, inputs // groups, outputs))
    for border in BORDERS:
        options = {"border": border, "fill": 7, "stride": (2, 1), "dilation": (1, 3), "padding": [[1, 2], [4, 3]]}
        expected = naive.stored(naive.convolve(image, kernel, groups=groups, **options), dtype)
        out = convolve(image, kernel, groups=groups, method=method, **options)
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


@pytest.mark.parametrize("outputs", [5, 64, 70, 130])
@pytest.mark.parametrize("columns", [1, 2, 6, 9, 11])
def test_direct_sums_any_number_of_channels_and_columns(outputs: int, columns: int) -> None:
    rng = np.random.default_rng([outputs, columns])
    image = rng.integers(-9, 9, (2, 4, columns, 70)).astype(np.float32)
    kernel = rng.integers(-3, 4, (3, 2, 70, outputs))
    for options in ({}, {"dilation": 2, "padding": [[4, 1], [3, 2]]}, {"stride": 2, "border": "wrap"}):
        assert np.array_equal(
            convolve(image, kernel, method="direct", **options), convolve(image, kernel, method="im2col", **options)
        )


@pytest.mark.parametrize("method", ["direct", "im2col"])
def test_blocks_leave_no_seams_and_bands_do_not_change_a_byte(monkeypatch, bands: int, method: str) -> None:
    rng = np.random.default_rng(2)
    image, kernel = rng.normal(size=(9, 11, 4)).astype(np.float32), rng.normal(size=(3, 3, 4, 5))
    expected = naive.convolve(image, kernel, border="reflect").astype(float)
    for block_bytes in (600, 3000, 2**22):
        monkeypatch.setattr(channels, "_BLOCK_BYTES", block_bytes)
        monkeypatch.setattr(mixing, "_BLOCK_NUMBERS", block_bytes // 4)
        out = convolve(image, kernel, border="reflect", method=method)
        with band_count(1):
            assert out.tobytes() == convolve(image, kernel, border="reflect", method=method).tobytes()
        # 36 products in single precision, two roundings each, |tap|·|pixel| < 16
        np.testing.assert_allclose(out, expected, rtol=0, atol=36 * 2 * 2**-24 * 16)


def test_direct_does_not_depend_on_its_blocks(monkeypatch) -> None:
    rng = np.random.default_rng(3)
    image, kernel = rng.normal(size=(17, 13, 6)).astype(np.float32), rng.normal(size=(3, 5, 6, 70)).astype(np.float32)
    options = {"border": "reflect_101", "method": "direct", "stride": (1, 2)}
    whole = convolve(image, kernel, **options)
    for most, seen in ((1, 2**21), (500, 1), (4000, 100)):
        monkeypatch.setattr(mixing, "_BLOCK_NUMBERS", most)
        monkeypatch.setattr(mixing, "_PATCH_NUMBERS", seen)
        assert convolve(image, kernel, **options).tobytes() == whole.tobytes()


def test_the_patch_of_a_block_is_a_part_of_the_padded_image() -> None:
    """Borders far wider than the image, seen from blocks inside, at the rim and beyond."""
    image, kernel = np.random.default_rng(4).integers(0, 9, (3, 2, 2)).astype(float), np.ones((2, 2, 2, 1))
    for border in BORDERS:
        options = {"border": border, "fill": [7, 5], "padding": [[7, 1], [4, 9]]}
        padded = naive.convolve(image[..., 1:], np.ones((1, 1)), **{**options, "fill": 5})[..., 0]
        plan = convolution_plan(
            image.shape, image.dtype, kernel, mode="convolution", stride=1, dilation=1, groups=1, output_dtype="same",
            **options,
        )  # fmt: skip
        for pixels, widest in ((1, 1), (5, 3), (1000, 1000), (1000, 4)):
            out = np.empty((1, plan.rows.places, plan.columns.places, 1))

            def take_first(patch, sums):
                sums[..., 0] = patch[: len(sums), : sums.shape[1], 1]

            blocks.run_blocks(image[np.newaxis], plan, out, pixels, widest, take_first)
            assert np.array_equal(out[0, ..., 0], padded[:-1, :-1])
