import numpy as np
import pytest

from geometry.filters import convolution_engine, convolve
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES

BINOMIAL = np.outer([1, 4, 6, 4, 1, 0, 0], [1, 6, 15, 20, 15, 6, 1])


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_engines_agree_exactly_on_whole_factors(dtype: str, border: str) -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 200, (13, 12, 2)).astype(dtype)
    for kernel in (BINOMIAL, BINOMIAL / 1024, -3 * BINOMIAL, 0 * BINOMIAL, BINOMIAL[:1], BINOMIAL[:, :1]):
        for options in ({}, {"stride": (2, 3), "dilation": (2, 1)}, {"stride": 5, "dilation": (1, 7)}):
            direct = convolve(image, kernel, border=border, method="direct", **options)
            apart = convolve(image, kernel, border=border, method="separable", **options)
            if np.dtype(dtype).kind in "iu":
                assert np.array_equal(apart, direct)
            else:
                # two roundings for each of 49 + 14 taps, |sum| ≤ Σ|kernel|·200 ≤ 3072·200; factors by SVD add 4 ε
                scale = np.abs(kernel).sum() * 200 * float(np.finfo(dtype).eps)
                np.testing.assert_allclose(apart, direct, rtol=0, atol=64 * scale)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_kernels_keep_whole_float_images_exact(dtype: str) -> None:
    delta = np.zeros((21, 19), dtype)
    delta[10, 9] = 81
    assert convolution_engine(delta.shape, dtype, np.ones((9, 9))) == "separable"
    assert set(np.unique(convolve(delta, np.ones((9, 9))))) == {0, 81}
    ones = np.zeros((17, 17), dtype)
    ones[4:13, 4:13] = 1
    assert convolve(ones, np.ones((9, 9)))[8, 8] == 81
    image = np.random.default_rng(5).integers(-99, 100, (20, 23)).astype(dtype)
    for kernel in (BINOMIAL, BINOMIAL / 1024, -3 * BINOMIAL):
        # sums of whole numbers below 2^24
        assert np.array_equal(convolve(image, kernel), convolve(image, kernel, method="direct"))


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
def test_any_rank_gives_the_same_as_direct(rank: int) -> None:
    rng = np.random.default_rng(rank)
    image = rng.normal(size=(20, 21))
    kernel = rng.normal(size=(7, rank)) @ rng.normal(size=(rank, 5))
    direct = convolve(image, kernel, method="direct")
    apart = convolve(image, kernel, method="separable")
    # singular vectors below 4 ε are left out, sums of at most 35 products round; |pixel| < 5
    np.testing.assert_allclose(apart, direct, rtol=0, atol=100 * 2**-52 * np.abs(kernel).sum() * 5)


def test_auto_changes_no_integer_result() -> None:
    rng = np.random.default_rng(2)
    image = rng.integers(0, 256, (15, 14), dtype=np.uint8)
    gaussian = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    kernels = [np.ones((9, 9)), np.ones((9, 9)) / 64, np.outer(gaussian, gaussian), rng.normal(size=(9, 9))]
    engines = [convolution_engine(image.shape, image.dtype, kernel) for kernel in kernels]
    assert engines == ["separable", "separable", "direct", "direct"]
    for kernel in kernels:
        assert np.array_equal(convolve(image, kernel), convolve(image, kernel, method="direct"))


def test_auto_takes_the_cheaper_engine_for_floats() -> None:
    rng = np.random.default_rng(3)
    gaussian = np.exp(-0.5 * np.arange(-7, 8) ** 2)
    separable = np.outer(gaussian, gaussian)
    assert convolution_engine((50, 50), "float32", separable) == "separable"
    assert convolution_engine((50, 50), "float32", separable.astype(np.float32)) == "separable"
    # the rounding of a float32 kernel is of full rank to a float64 image
    rounded = np.outer(rng.random(15), rng.random(15)).astype(np.float32)
    assert convolution_engine((50, 50), "float64", rounded) == "direct"
    assert convolution_engine((50, 50), "float32", rounded) == "separable"
    assert convolution_engine((50, 50), "float32", rng.normal(size=(15, 15))) == "direct"
    assert convolution_engine((50, 50), "float32", separable[6:9, 6:9]) == "direct"


def test_a_gaussian_in_single_precision_is_as_accurate_as_direct() -> None:
    rng = np.random.default_rng(4)
    image = rng.normal(size=(30, 31)).astype(np.float32)
    gaussian = np.exp(-0.5 * (np.arange(-5, 6) / 2) ** 2)
    kernel = np.outer(gaussian, gaussian) / gaussian.sum() ** 2
    exact = convolve(image, kernel, output_dtype="float64", method="direct")
    for method in ("direct", "separable"):
        # documented bound: n · 2^-24 · Σ|kernel| · max|image|, Σ|kernel| = 1
        error = np.abs(convolve(image, kernel, method=method) - exact).max()
        assert error < 121 * 2**-24 * np.abs(image).max()
