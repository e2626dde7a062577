import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.filters import convolution_engine, convolution_shape, convolve
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive import filters as naive

SHAPES = [(1, 1), (1, 7), (6, 1), (5, 9), (7, 6, 1), (4, 5, 3), (3, 3, 100)]


def random_image(rng, shape, dtype):
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)


def rounding(image, kernel, dtype, fill=0):
    """A sum of n products is off by less than n + 2 roundings of Σ|tap|·max|pixel|, here with a factor of two."""
    weight = np.abs(kernel).sum() * float(np.abs(image.astype(float)).max(initial=max(1, fill)))
    return 2 * (kernel.size + 2) * float(np.finfo(dtype).eps) / 2 * weight


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_the_definition_for_random_options(dtype: str, shape) -> None:
    rng = np.random.default_rng([PIXEL_DTYPES.index(dtype), SHAPES.index(shape)])
    for _ in range(3 if len(shape) == 3 else 6):
        image = random_image(rng, shape, dtype)
        kernel = rng.normal(size=rng.integers(1, 6, 2))
        options = {
            "mode": str(rng.choice(["convolution", "correlation"])),
            "stride": tuple(rng.integers(1, 4, 2).tolist()),
            "dilation": tuple(rng.integers(1, 4, 2).tolist()),
            "padding": ["same", rng.integers(6, 12, (2, 2)).tolist()][int(rng.integers(2))],
            "border": str(rng.choice(BORDERS)),
            "fill": int(rng.integers(100)),
        }
        sums = naive.convolve(image, kernel, **options)
        sums = sums[:, :, 0] if image.ndim == 2 else sums
        out = convolve(image, kernel, output_dtype="float64", **options)
        assert out.dtype == np.float64
        assert out.shape == convolution_shape(
            image.shape, kernel.shape, **{name: options[name] for name in ("stride", "dilation", "padding")}
        )
        np.testing.assert_allclose(
            out, sums.astype(float), rtol=0, atol=rounding(image, kernel, np.float64, options["fill"])
        )
        same = convolve(image, kernel, **options)
        assert same.dtype == image.dtype
        # integers: a sum within 1/64 of a tie may go either way, hence one level
        tolerance = rounding(image, kernel, dtype, options["fill"]) if same.dtype.kind == "f" else 1
        np.testing.assert_allclose(same.astype(float), naive.stored(sums, dtype).astype(float), rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32"])
def test_whole_kernels_over_whole_images_are_exact(dtype: str) -> None:
    rng = np.random.default_rng(5)
    image = random_image(rng, (6, 7, 2), dtype)
    for largest in (1, 3, 1000, 100_000):
        kernel = rng.integers(-largest, largest, (3, 4), endpoint=True)
        sums = naive.convolve(image, kernel)
        assert np.array_equal(convolve(image, kernel, output_dtype="float64"), sums.astype(float))
        assert np.array_equal(convolve(image, kernel), naive.stored(sums, dtype))
        halves = naive.convolve(image, kernel / 64)
        assert np.array_equal(convolve(image, kernel / 64), naive.stored(halves, dtype))


def test_integers_round_half_to_even_and_saturate() -> None:
    image = np.array([[0, 1, 2, 3, 5, 255]], np.uint8)
    assert convolve(image, [[0.5]]).tolist() == [[0, 0, 1, 2, 2, 128]]
    assert convolve(image, [[-1.0]]).tolist() == [[0, 0, 0, 0, 0, 0]]
    assert convolve(image, [[300.0]]).tolist() == [[0, 255, 255, 255, 255, 255]]
    extremes = np.array([[-(2**31), 2**31 - 1]], np.int32)
    assert convolve(extremes, [[-1.0]]).tolist() == [[2**31 - 1, -(2**31) + 1]]
    assert convolve(extremes, [[2.0]]).tolist() == [[-(2**31), 2**31 - 1]]


def test_eight_bit_images_round_as_float64_does_away_from_ties() -> None:
    rng = np.random.default_rng(8)
    image = random_image(rng, (40, 41, 3), "uint8")
    kernel = rng.random((15, 15))
    kernel /= kernel.sum()
    exact = convolve(image, kernel, output_dtype="float64")
    out = convolve(image, kernel)
    # 225 taps · 2^-24 · 255 · Σ|kernel| = 0.0034 < 1/64: the documented distance from a tie
    near_tie = np.abs(np.abs(exact - np.floor(exact)) - 0.5) < 1 / 64
    assert np.array_equal(out[~near_tie], np.rint(exact[~near_tie]).astype(np.uint8))
    assert not near_tie.all()


@pytest.mark.parametrize(
    ("border", "scipy_mode"),
    [
        ("constant", "constant"),
        ("replicate", "nearest"),
        ("reflect", "reflect"),
        ("reflect_101", "mirror"),
        ("wrap", "wrap"),
    ],
)
def test_agrees_with_scipy_ndimage_where_conventions_coincide(border: str, scipy_mode: str) -> None:
    rng = np.random.default_rng(11)
    image, kernel = rng.normal(size=(9, 8)), rng.normal(size=(3, 5))
    for mode, function in (("correlation", ndimage.correlate), ("convolution", ndimage.convolve)):
        expected = function(image, kernel, mode=scipy_mode, cval=2.5)
        out = convolve(image, kernel, mode=mode, border=border, fill=2.5)
        np.testing.assert_allclose(out, expected, rtol=0, atol=rounding(image, kernel, np.float64, 2.5))


@pytest.mark.parametrize("size", [(3, 3), (2, 4), (5, 2)])
def test_agrees_with_scipy_signal_valid_and_full(size) -> None:
    rng = np.random.default_rng(12)
    image, kernel = rng.normal(size=(9, 8)), rng.normal(size=size)
    margins = [[size[0] - 1] * 2, [size[1] - 1] * 2]
    for padding, name in (("valid", "valid"), (margins, "full")):
        expected = signal.convolve2d(image, kernel, mode=name)
        out = convolve(image, kernel, padding=padding)
        np.testing.assert_allclose(out, expected, rtol=0, atol=rounding(image, kernel, np.float64))


def test_windows_of_even_kernels_reach_one_further_down_and_right_in_both_modes() -> None:
    image = np.zeros((5, 5))
    image[2, 2] = 1
    kernel = np.array([[1.0, 2.0], [3.0, 4.0]])
    correlated = convolve(image, kernel, mode="correlation")
    assert correlated[1:3, 1:3].tolist() == [[4, 3], [2, 1]]
    assert convolve(image, kernel)[1:3, 1:3].tolist() == kernel.tolist()


def test_a_convolution_is_a_correlation_with_the_flipped_kernel() -> None:
    rng = np.random.default_rng(13)
    image, kernel = rng.normal(size=(6, 7)), rng.normal(size=(4, 3))
    assert np.array_equal(convolve(image, kernel), convolve(image, kernel[::-1, ::-1], mode="correlation"))


@pytest.mark.parametrize("border", BORDERS)
def test_kernels_may_be_larger_than_the_image(border: str) -> None:
    rng = np.random.default_rng(14)
    for shape in ((1, 1), (2, 3), (3, 1)):
        image = random_image(rng, shape, "int16")
        kernel = rng.integers(-9, 9, (11, 8))
        expected = naive.convolve(image, kernel, border=border, fill=-3)[:, :, 0].astype(float)
        assert np.array_equal(convolve(image, kernel, border=border, fill=-3, output_dtype="float64"), expected)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("method", ["direct", "separable"])
def test_a_bad_pixel_spreads_within_its_windows_only(bad: float, method: str) -> None:
    image = np.ones((20, 90), np.float32)
    image[9, 40] = bad
    out = convolve(image, np.ones((5, 7)), method=method)
    touched = np.zeros(image.shape, bool)
    touched[7:12, 37:44] = True
    assert np.array_equal(~np.isfinite(out), touched)


def test_channels_have_fill_values_of_their_own() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    out = convolve(image, np.ones((1, 3)), padding=[[0, 0], [2, 0]], fill=[1, 20, 100])
    assert out[0].tolist() == [[2, 40, 200], [1, 20, 100]]


def test_a_strided_result_is_a_part_of_the_dense_one() -> None:
    rng = np.random.default_rng(15)
    image, kernel = rng.normal(size=(13, 17, 2)), rng.normal(size=(4, 3))
    margins = [[2, 1], [1, 3]]
    dense = convolve(image, kernel, padding=margins)
    assert np.array_equal(convolve(image, kernel, padding=margins, stride=(3, 2)), dense[::3, ::2])


def test_a_dilated_kernel_is_a_kernel_with_holes() -> None:
    rng = np.random.default_rng(16)
    image, kernel = rng.integers(0, 255, (12, 13), dtype=np.uint8), rng.integers(-4, 5, (3, 2))
    holes = np.zeros((7, 5))
    holes[::3, ::4] = kernel
    assert np.array_equal(convolve(image, kernel, dilation=(3, 4)), convolve(image, holes))


@pytest.mark.parametrize(
    ("stride", "dilation"), [((1, 1), (30, 20)), ((19, 17), (1, 1)), ((9, 2), (2, 3)), ((2, 3), (20, 4))]
)
def test_wide_dilations_and_strides_agree_with_the_definition(stride, dilation) -> None:
    rng = np.random.default_rng(17)
    image, kernel = rng.integers(0, 255, (45, 40), dtype=np.uint8), rng.integers(-4, 5, (3, 3))
    sums = naive.convolve(image, kernel, stride=stride, dilation=dilation, border="reflect")
    out = convolve(image, kernel, stride=stride, dilation=dilation, border="reflect")
    assert np.array_equal(out, naive.stored(sums, "uint8")[:, :, 0])


def test_output_dtypes() -> None:
    rng = np.random.default_rng(18)
    kernel = rng.normal(size=(3, 3))
    for dtype in PIXEL_DTYPES:
        image = random_image(rng, (5, 6), dtype)
        exact = naive.convolve(image, kernel)[:, :, 0].astype(float)
        out = convolve(image, kernel, output_dtype="float32")
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, exact, rtol=0, atol=rounding(image, kernel, np.float32))


def test_huge_taps_do_not_overflow_single_precision_sums() -> None:
    image = np.full((3, 3), 1e-30, np.float32)
    kernel = np.full((1, 1), 1e50)
    # one rounding of the pixel to float32 and one of the result
    np.testing.assert_allclose(convolve(image, kernel), 1e20, rtol=2**-22)


def test_inputs_of_any_layout_give_the_same() -> None:
    rng = np.random.default_rng(19)
    image, kernel = random_image(rng, (9, 8, 3), "uint16"), rng.integers(-3, 4, (3, 3))
    expected = convolve(image, kernel)
    frozen = image.copy()
    frozen.flags.writeable = False
    for variant in (frozen, np.asfortranarray(image), image.astype(">u2"), np.repeat(image, 2, axis=1)[:, ::2]):
        assert np.array_equal(convolve(variant, kernel), expected)


def test_bands_do_not_change_a_byte(bands: int) -> None:
    rng = np.random.default_rng(20)
    for dtype in ("uint8", "float32", "float64"):
        image, kernel = random_image(rng, (41, 23, 2), dtype), rng.normal(size=(5, 4))
        for options in ({}, {"method": "separable"}, {"stride": 2, "dilation": 3, "border": "reflect"}):
            out = convolve(image, kernel, **options)
            assert out.tobytes() == _one_band(image, kernel, options).tobytes()


def _one_band(image, kernel, options):
    with band_count(1):
        return convolve(image, kernel, **options)


def test_rows_wider_than_a_tile_have_no_seams() -> None:
    rng = np.random.default_rng(21)
    for shape in ((3, 9000, 1), (2, 1500, 3), (2, 1, 5000)):
        image, kernel = rng.integers(0, 256, shape, dtype=np.uint8), rng.integers(-2, 3, (2, 5))
        padded = np.pad(image.astype(float), ((0, 1), (2, 2), (0, 0)), mode="edge")
        expected = sum(kernel[i, j] * padded[i : i + shape[0], j : j + shape[1]] for i in range(2) for j in range(5))
        out = convolve(image, kernel, mode="correlation", border="replicate", output_dtype="float64")
        assert np.array_equal(out, expected)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), height=st.integers(1, 9), width=st.integers(1, 9), taps=st.integers(1, 5))
def test_is_linear_in_image_and_kernel(seed: int, height: int, width: int, taps: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-99, 99, (2, height, width)).astype(float)
    k, m = rng.integers(-9, 9, (2, taps, 3)).astype(float)
    # whole numbers below 2^53: no rounding at all
    assert np.array_equal(convolve(a + 3 * b, k), convolve(a, k) + 3 * convolve(b, k))
    assert np.array_equal(convolve(a, k - 2 * m), convolve(a, k) - 2 * convolve(a, m))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), down=st.integers(-9, 9), right=st.integers(-9, 9))
def test_commutes_with_shifts_under_the_wrap_border(seed: int, down: int, right: int) -> None:
    rng = np.random.default_rng(seed)
    image, kernel = rng.integers(0, 256, (7, 8, 2), dtype=np.uint8), rng.integers(-3, 4, (3, 4))
    moved = np.roll(image, (down, right), (0, 1))
    expected = np.roll(convolve(image, kernel, border="wrap"), (down, right), (0, 1))
    assert np.array_equal(convolve(moved, kernel, border="wrap"), expected)


@pytest.mark.realdata
def test_a_photograph_agrees_with_scipy(realdata) -> None:
    from PIL import Image

    photo = np.asarray(Image.open(min(realdata.rglob("*.jpg"))).convert("RGB"))[:60, :70]
    kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    expected = np.stack([ndimage.correlate(photo[:, :, c].astype(float), kernel) for c in range(3)], axis=2)
    assert np.array_equal(convolve(photo, kernel, border="reflect"), np.rint(expected))


@pytest.mark.parametrize(
    ("argument", "image", "kernel", "options"),
    [
        ("image", np.zeros(5), np.ones((3, 3)), {}),
        ("image", np.zeros((0, 5)), np.ones((3, 3)), {}),
        ("image", np.zeros((5, 5), complex), np.ones((3, 3)), {}),
        ("image", np.zeros((5, 5), np.int64), np.ones((3, 3)), {}),
        ("kernel", np.zeros((5, 5)), np.ones(3), {}),
        ("kernel", np.zeros((5, 5)), np.ones((3, 3, 3)), {}),
        ("kernel", np.zeros((5, 5)), np.ones((0, 3)), {}),
        ("kernel/1/0", np.zeros((5, 5)), [[1, 1], [np.nan, 1]], {}),
        ("kernel", np.zeros((5, 5)), [[1, 1], [1]], {}),
        ("kernel", np.zeros((2, 2)), np.ones((3, 3)), {"padding": "valid"}),
        ("kernel", np.zeros((5, 5, 3)), np.ones((3, 3, 2, 4)), {}),
        ("groups", np.zeros((5, 5, 4)), np.ones((3, 3, 2, 3)), {"groups": 2}),
        ("groups", np.zeros((5, 5, 4)), np.ones((3, 3, 2, 3)), {"groups": 0}),
        ("groups", np.zeros((5, 5, 4)), np.ones((3, 3)), {"groups": 2}),
        ("mode", np.zeros((5, 5)), np.ones((3, 3)), {"mode": "cross"}),
        ("border", np.zeros((5, 5)), np.ones((3, 3)), {"border": "mirror"}),
        ("method", np.zeros((5, 5)), np.ones((3, 3)), {"method": "winograd"}),
        ("method", np.zeros((5, 5)), np.ones((3, 3, 1, 1)), {"method": "separable"}),
        ("method", np.zeros((5, 5)), np.ones((3, 3)), {"method": "im2col"}),
        ("image", np.zeros((0, 5, 5, 1)), np.ones((3, 3)), {}),
        ("output_dtype", np.zeros((5, 5)), np.ones((3, 3)), {"output_dtype": "uint8"}),
        ("fill", np.zeros((5, 5), np.uint8), np.ones((3, 3)), {"fill": 0.5}),
        ("fill", np.zeros((5, 5), np.uint8), np.ones((3, 3)), {"fill": 256}),
        ("fill", np.zeros((5, 5), np.float32), np.ones((3, 3)), {"fill": 1e39}),
        ("fill", np.zeros((5, 5, 2), np.uint8), np.ones((3, 3)), {"fill": [1, 2, 3]}),
        ("stride", np.zeros((5, 5)), np.ones((3, 3)), {"stride": 0}),
        ("padding", np.zeros((5, 5)), np.ones((3, 3)), {"padding": "full"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument, image, kernel, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        convolve(image, kernel, **options)
    assert refused.value.argument == argument


def test_an_engine_that_is_not_there_lists_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="auto, direct, separable, fft, im2col"):
        convolve(np.zeros((5, 5)), np.ones((3, 3)), method="winograd")


def test_engine_is_named_without_an_image() -> None:
    wide, small = np.ones((9, 9)), np.ones((5, 5))
    assert convolution_engine((100, 100), "float32", wide) == "separable"
    assert convolution_engine((100, 100, 3), np.uint8, wide) == "separable"
    assert convolution_engine((100, 100), np.uint8, small / 25) == "direct"
    assert convolution_engine((500, 500), np.float32, np.random.default_rng(1).normal(size=(99, 99))) == "fft"
    assert convolution_engine((100, 100), np.float32, wide, method="direct") == "direct"
    assert convolution_engine((100, 100, 3), np.float32, np.ones((5, 5, 3, 1))) == "direct"
    assert convolution_engine((2, 100, 100, 3), np.float32, np.ones((5, 5, 3, 1))) == "direct"
    assert convolution_engine((900, 900, 3), np.float32, np.ones((1, 1, 3, 3))) == "im2col"
    for argument, shape, dtype in (("image_shape", (3,), "uint8"), ("image_dtype", (3, 3), "int64")):
        with pytest.raises(InvalidInput) as refused:
            convolution_engine(shape, dtype, wide)
        assert refused.value.argument == argument
