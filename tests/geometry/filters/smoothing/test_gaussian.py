import math

import numpy as np
import pytest

from geometry import InvalidInput, gaussian
from geometry.filters.border import BORDERS
from geometry.filters.smoothing.gaussian import gaussian_radius, gaussian_taps
from geometry.inputs import PIXEL_DTYPES
from tests.naive.smoothing import bell, weighted

IMAGE = np.random.default_rng(1).integers(0, 256, (7, 9, 2))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_it_agrees_with_the_definition(dtype: str, border: str) -> None:
    image = IMAGE.astype(dtype)
    expected = weighted(image, np.outer(bell(1.2, 5), bell(0.7, 3)), border, [3, 5])
    found = gaussian(image, (1.2, 0.7), border=border, fill=[3, 5])
    assert found.dtype == image.dtype
    # half a level where integers are rounded, and 18 roundings of float32 at 255
    assert np.abs(found - expected).max() <= (0.5 if image.dtype.kind in "iu" else 0) + 18 * 255 * 2**-24


def test_a_band_count_changes_no_bit(bands: int) -> None:
    image = IMAGE.astype(np.float32)
    whole = gaussian(image, 1.5)
    assert np.array_equal(gaussian(image, 1.5), whole)
    assert np.array_equal(gaussian(image[:, :, :1], 1.5)[:, :, 0], whole[:, :, 0])


def test_the_radius_is_scipys_and_can_be_given() -> None:
    assert gaussian_radius((2.0, 0.6)) == (8, 2)
    assert gaussian_radius((2.0, 0.6), truncate=3) == (6, 2)
    assert gaussian_radius((2.0, 0.6), radius=(1, 4)) == (1, 4)
    assert gaussian_taps(0, 2).tolist() == [0, 0, 1, 0, 0]
    assert gaussian_taps(1e-200, 1).tolist() == [0, 1, 0]


def test_zero_sigma_leaves_an_axis_as_it_is() -> None:
    image = IMAGE[:, :, 0].astype(float)
    assert np.array_equal(gaussian(image, 0), image)
    row = np.array([[0.0, 0, 1, 0, 0]])
    # one rounding for each of 9 products
    np.testing.assert_allclose(gaussian(row, (0, 1), border="constant")[0], bell(1, 4)[2:7], rtol=9 * 2**-53)


def test_a_constant_stays_and_shifts_commute() -> None:
    assert (gaussian(np.full((5, 6), 200, np.uint8), 1.7) == 200).all()
    image = IMAGE.astype(np.uint8)
    moved = gaussian(np.roll(image, (2, 3), (0, 1)), 1.1, border="wrap")
    assert np.array_equal(moved, np.roll(gaussian(image, 1.1, border="wrap"), (2, 3), (0, 1)))


def test_a_window_larger_than_the_image_and_one_pixel() -> None:
    image = IMAGE[:2, :3].astype(float)
    expected = weighted(image, np.outer(bell(4, 16), bell(4, 16)), "reflect")
    # 66 roundings at 255
    np.testing.assert_allclose(gaussian(image, 4, border="reflect"), expected, rtol=0, atol=66 * 255 * 2**-53)
    assert gaussian(np.array([[7]], np.int16), 3).tolist() == [[7]]


def test_nan_spreads_within_its_windows_only() -> None:
    image = np.zeros((9, 9))
    image[4, 4] = np.nan
    missing = np.isnan(gaussian(image, 1, radius=2))
    assert missing[2:7, 2:7].all()
    assert missing.sum() == 25


def test_many_channels_are_independent() -> None:
    image = np.random.default_rng(2).integers(0, 256, (5, 6, 16), dtype=np.uint8)
    apart = np.stack([gaussian(image[:, :, c], 1.3) for c in range(16)], axis=2)
    assert np.array_equal(gaussian(image, 1.3), apart)


def test_opencv_and_scipy_agree() -> None:
    cv2 = pytest.importorskip("cv2")
    ndimage = pytest.importorskip("scipy.ndimage")
    image = IMAGE.astype(np.uint8)
    # OpenCV rounds weights and sums of bytes to 8 bits
    assert np.abs(cv2.GaussianBlur(image, (13, 13), 2) - gaussian(image, 2, radius=6).astype(int)).max() <= 1
    expected = ndimage.gaussian_filter(image.astype(float), (1.5, 2, 0), mode="mirror")
    # 30 roundings at 255, in another order
    np.testing.assert_allclose(gaussian(image.astype(float), (1.5, 2)), expected, rtol=0, atol=60 * 255 * 2**-53)


@pytest.mark.parametrize("border", BORDERS)
def test_the_recursive_filter_keeps_to_its_bound(border: str) -> None:
    image = IMAGE.astype(float)
    for sigma in ((0.5, 0.8), (3.0, 1.0), (0.0, 6.0)):
        exact = gaussian(image, sigma, border=border, fill=9, truncate=9)
        found = gaussian(image, sigma, border=border, fill=9, method="recursive")
        # documented: 0.002 · max|image|
        assert np.abs(found - exact).max() <= 0.002 * 255


def test_the_recursive_kernel_is_near_the_sampled_one(bands: int) -> None:
    length = 25
    point = np.zeros((1, length))
    point[0, length // 2] = 1
    found = gaussian(point, (0, 2.5), method="recursive", border="constant")[0]
    taps = gaussian_taps(2.5, length // 2)
    # documented: 4e-4 of the peak
    assert np.abs(found - taps).max() <= 4e-4 * taps.max()
    assert gaussian(point, 2.5, method="recursive", border="replicate").shape == point.shape


def test_the_recursive_filter_keeps_constants_at_any_sigma() -> None:
    for sigma in (0.5, 70.0, 10_000.0):
        for border in ("replicate", "constant"):
            smooth = gaussian(np.full((3, 4), 5.0), sigma, method="recursive", border=border, fill=5)
            # states are some σ times as large as the image, and cancel
            np.testing.assert_allclose(smooth, 5, rtol=16 * sigma * 2**-52 + 2**-50)


@pytest.mark.parametrize(
    ("argument", "sigma", "options"),
    [
        ("sigma", -1, {}),
        ("sigma", 1e9, {}),
        ("sigma", math.nan, {}),
        ("sigma", (1, 2, 3), {}),
        ("sigma", 600, {}),
        ("sigma", 0.2, {"method": "recursive"}),
        ("truncate", 1, {"truncate": 0}),
        ("truncate", 1, {"truncate": 101}),
        ("radius", 1, {"radius": -1}),
        ("radius", 1, {"radius": (1.5, 2)}),
        ("radius", 1, {"radius": 3000}),
        ("method", 1, {"method": "iir"}),
        ("border", 1, {"border": "mirror"}),
        ("border", 1, {"border": "mirror", "method": "recursive"}),
        ("fill", 1, {"fill": [1, 2, 3]}),
        ("output_dtype", 1, {"output_dtype": "int8"}),
    ],
)
def test_wrong_arguments_are_named(argument: str, sigma: object, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        gaussian(IMAGE.astype(np.uint8), sigma, **options)  # type: ignore[arg-type]
    assert error.value.argument == argument
