import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.bands import band_count
from geometry.filters import convolution_engine, convolve
from geometry.filters.border import BORDERS
from geometry.filters.convolution import fft as module
from geometry.filters.convolution import spectral_blocks
from geometry.filters.convolution.plan import convolution_plan
from geometry.filters.convolution.transform import SIDES, transform_blocks
from geometry.inputs import PIXEL_DTYPES
from tests.naive import filters as naive

PLAIN = {"mode": "correlation", "groups": 1, "fill": 0, "padding": "same", "output_dtype": "same", "border": "constant"}


def plan_of(image, kernel, **options):
    shape = (*image.shape, 1)[:3]
    return convolution_plan(shape, image.dtype, kernel, **{"stride": 1, "dilation": 1, **PLAIN, **options})


def bound(plan, pixels):
    """The documented bound of the rounding errors of a sum: 3 ε log2(n) ‖taps‖ ‖block‖."""
    cut = spectral_blocks.tiling(plan)
    numbers = cut.ny * cut.nx
    norm = np.sqrt((plan.taps**2).sum()) * np.abs(pixels).max() * np.sqrt(2 * numbers)
    return 3 * float(np.finfo(plan.accumulator).eps) / 2 * np.log2(numbers) * norm


@settings(max_examples=20 if numba.config.DISABLE_JIT else 200, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), dtype=st.sampled_from(PIXEL_DTYPES), border=st.sampled_from(BORDERS))
def test_all_engines_agree_with_the_definition(seed: int, dtype: str, border: str) -> None:
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 3))
    image = rng.integers(0, 100, (*rng.integers(1, 7, 2).tolist(), channels)).astype(dtype)
    taps, mixes = rng.integers(1, 5, 2).tolist(), bool(rng.integers(2))
    groups = channels if mixes and rng.integers(2) else 1
    outer = [channels // groups, groups * int(rng.integers(1, 3))] if mixes else []
    kernel = rng.integers(-9, 10, (*taps, *outer))
    options = {
        "mode": str(rng.choice(["convolution", "correlation"])),
        "stride": tuple(rng.integers(1, 4, 2).tolist()),
        "dilation": tuple(rng.integers(1, 4, 2).tolist()),
        "padding": "same" if rng.integers(2) else rng.integers(9, 12, (2, 2)).tolist(),
        "border": border,
        "fill": 5,
        "groups": groups,
    }
    expected = naive.stored(naive.convolve(image, kernel, **options), dtype)
    for method in ("direct", "im2col", "fft", "auto") if mixes else ("direct", "separable", "fft", "auto"):
        out = convolve(image, kernel, method=method, **options)
        assert out.shape == expected.shape
        if image.dtype.kind in "iu":
            assert np.array_equal(out, expected), method
        else:
            # 32 taps of at most 9 over pixels below 100, in blocks of at most 64 × 64 numbers
            size = 9 * 6 * 100 * 91 * 3 * 12
            assert np.abs(out - expected).max() <= size * float(np.finfo(dtype).eps), method


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("taps", [(9, 9), (31, 5), (64, 1), (1, 40)])
def test_errors_stay_far_below_the_documented_bound(dtype: str, taps) -> None:
    rng = np.random.default_rng(1)
    image, kernel = rng.normal(size=(40, 37)).astype(dtype), rng.normal(size=taps)
    exact = convolve(image, kernel, method="direct", output_dtype="float64")
    error = np.abs(convolve(image, kernel, method="fft") - exact).max()
    # the bound has a margin of ten; rounding the result to the dtype is far below
    assert error < bound(plan_of(image, kernel), image) / 4


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32"])
def test_integers_are_exact_where_the_kernel_is_whole(dtype: str) -> None:
    rng = np.random.default_rng(2)
    info = np.iinfo(dtype)
    image = rng.integers(info.min, info.max, (21, 20), dtype=dtype, endpoint=True)
    for kernel in (rng.integers(-3, 4, (9, 8)), rng.integers(-3, 4, (9, 8)) / 8):
        plan, exact = spectral_blocks.spectral_plan(plan_of(image, kernel))
        assert exact
        assert plan.exponent is not None
        for output in ("same", "float64"):
            out = convolve(image, kernel, method="fft", output_dtype=output)
            assert np.array_equal(out, convolve(image, kernel, method="direct", output_dtype=output))


def test_auto_keeps_integers_away_from_spectra_that_could_round_them_wrong() -> None:
    kernel = np.random.default_rng(3).integers(2**38, 2**39, (40, 40)) * 2.0 - 1
    plan, exact = spectral_blocks.spectral_plan(plan_of(np.zeros((400, 400), np.uint8), kernel))
    assert not exact
    assert plan.exponent is None
    assert convolution_engine((400, 400), np.uint8, kernel) != "fft"


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # interpreted kernels alone warn
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_a_bad_pixel_is_seen_by_its_windows_only(bad: float) -> None:
    rng = np.random.default_rng(4)
    image = rng.normal(size=(45, 40, 2)).astype(np.float32)
    image[30, 7, 1] = bad
    kernel = rng.normal(size=(5, 6))
    expected = convolve(image, kernel, method="direct")
    out = convolve(image, kernel, method="fft")
    assert np.array_equal(np.isnan(out), np.isnan(expected))
    usual = np.isfinite(expected) & (np.abs(expected) < 1e9)
    # 30 taps, |tap| < 4, |pixel| < 5: 3 ε log2(64²) ‖taps‖ ‖block‖
    assert np.abs(out[usual] - expected[usual]).max() < 3 * 12 * 2**-24 * 6 * 4 * 91 * 5
    assert np.array_equal(out[~usual], expected[~usual], equal_nan=True)
    mixed = convolve(image, rng.normal(size=(5, 6, 2, 3)), method="fft")
    assert np.isfinite(mixed[:20, 20:]).all()


def test_bands_do_not_change_a_byte(bands: int) -> None:
    rng = np.random.default_rng(5)
    for shape, kernel in (((50, 33, 2), (7, 6)), ((40, 20, 3), (3, 4, 3, 2))):
        image, taps = rng.normal(size=shape).astype(np.float32), rng.normal(size=kernel)
        out = convolve(image, taps, method="fft")
        with band_count(1):
            assert out.tobytes() == convolve(image, taps, method="fft").tobytes()


def test_kernels_and_batches_of_spectra_are_cut_into_pieces(monkeypatch) -> None:
    rng = np.random.default_rng(6)
    image, kernel = rng.integers(0, 255, (20, 24), dtype=np.uint8), rng.integers(-3, 4, (19, 23))
    expected = convolve(image, kernel, method="direct")
    real = convolve(image, kernel, method="direct", output_dtype="float64")
    deep, mixing = rng.integers(-9, 9, (12, 13, 3)).astype(float), rng.integers(-3, 4, (9, 3, 3, 4))
    mixed = convolve(deep, mixing, method="im2col")
    spectral_blocks._tiling.cache_clear()
    monkeypatch.setattr(spectral_blocks, "WIDEST", 8)
    for room in (1 << 12, 1 << 14, 1 << 26):
        monkeypatch.setattr(module, "SPECTRA_BYTES", room)
        assert np.array_equal(convolve(image, kernel, method="fft"), expected)
        assert np.array_equal(convolve(image, kernel, method="fft", output_dtype="float64"), real)
        # whole numbers below 2^20 in blocks of at most 64 × 64: errors of the order of 2^-52 · 2^20 · 2^6
        assert np.abs(convolve(deep, mixing, method="fft") - mixed).max() < 1e-6
    spectral_blocks._tiling.cache_clear()


@pytest.mark.parametrize("shape", [(16, 16), (32, 16), (16, 64), (128, 32)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_transforms_hold_every_frequency_once(shape, dtype: str) -> None:
    assert set(shape) <= set(SIDES)
    ny, nx = shape
    values = np.random.default_rng(7).normal(size=(*shape, 2))
    layout = values.reshape(ny, nx // 16, 16, 2).transpose(1, 0, 3, 2)
    blocks = np.ascontiguousarray(layout, dtype).reshape(1, -1)
    transform_blocks(blocks, shape)
    found = blocks.reshape(ny // 16, nx, 2, 16)
    expected = np.fft.fft2(values[:, :, 0] + 1j * values[:, :, 1])
    # Reversed digits keep the frequencies of a row together: compare sorted magnitudes, and the energy.
    magnitudes = np.sort(np.hypot(found[:, :, 0], found[:, :, 1]), axis=None)
    # log2(4096) roundings of numbers up to 400
    np.testing.assert_allclose(magnitudes, np.sort(np.abs(expected), axis=None), atol=400 * 12 * np.finfo(dtype).eps)


def test_a_batch_is_its_images() -> None:
    rng = np.random.default_rng(8)
    images = rng.normal(size=(3, 9, 8, 2)).astype(np.float32)
    for kernel, methods in (((3, 3), ("direct", "separable", "fft")), ((3, 3, 2, 4), ("im2col", "fft"))):
        taps = rng.normal(size=kernel)
        for method in methods:
            out = convolve(images, taps, method=method)
            assert out.shape == (3, 9, 8, kernel[-1] if len(kernel) == 4 else 2)
            for image, one in zip(images, out, strict=True):
                assert np.array_equal(convolve(image, taps, method=method), one)


def test_conv2d_of_the_published_question_with_many_filters() -> None:
    rng = np.random.default_rng(9)
    images, filters = rng.integers(-9, 9, (2, 8, 7, 3)).astype(float), rng.integers(-9, 9, (3, 3, 3, 5))
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), (1, 2))
    expected = np.einsum("nyxcij,ijcd->nyxd", windows, filters)
    out = convolve(images, filters, mode="correlation", padding="valid")
    assert np.array_equal(out, expected)
    strided = convolve(images, filters, mode="correlation", padding="valid", stride=2)
    assert np.array_equal(strided, expected[:, ::2, ::2])
