import numpy as np
import pytest

from geometry import InvalidInput, bilateral
from geometry.filters.border import BORDERS
from geometry.inputs import PIXEL_DTYPES
from tests.naive.bilateral import bilateral as naive

IMAGE = np.random.default_rng(1).integers(0, 60, (7, 9, 3))

RELATIVE = 1e-5
"""Weights in float32 are off by 1e-6 times their exponents, which matter up to about 10."""


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_it_agrees_with_the_definition(dtype: str, channels: int) -> None:
    image = IMAGE[:, :, :channels].astype(dtype)
    expected = naive(image, image, 25, 1.7, 2)
    found = bilateral(image, 25, 1.7, radius=2)
    assert found.dtype == image.dtype
    assert np.abs(found - expected).max() <= (0.5 if image.dtype.kind in "iu" else 0) + 60 * RELATIVE


@pytest.mark.parametrize("border", BORDERS)
def test_borders_and_guides_agree_with_the_definition(border: str, bands: int) -> None:
    image, guide = IMAGE[:4, :5, :2].astype(float), IMAGE[:4, :5].astype(np.uint8)
    found = bilateral(image, 40, 2, radius=3, guide=guide, border=border, fill=20)
    # sums of float64
    np.testing.assert_allclose(found, naive(image, guide, 40, 2, 3, border, 20), rtol=1e-12)
    grey = bilateral(image[:, :, 0], 40, 2, radius=3, guide=guide[:, :, 0], border=border, fill=20)
    expected = naive(image[:, :, :1], guide[:, :, :1], 40, 2, 3, border, 20)[:, :, 0]
    np.testing.assert_allclose(grey, expected, rtol=1e-12)


def test_its_own_image_as_guide_changes_nothing() -> None:
    image = IMAGE.astype(np.float32)
    assert np.array_equal(bilateral(image, 20, 1), bilateral(image, 20, 1, guide=image))


def test_a_constant_stays_and_a_wide_colour_is_a_gaussian_disc() -> None:
    assert (bilateral(np.full((5, 6, 3), 200, np.uint8), 10, 2) == 200).all()
    image = IMAGE[:, :, :1].astype(float)
    # colours count no more: exponents of 1e-20
    np.testing.assert_allclose(bilateral(image, 1e12, 2), naive(image, image, 1e12, 2, 3), rtol=1e-12)


def test_extreme_spreads_leave_the_image() -> None:
    image = IMAGE.astype(np.uint8)
    assert np.array_equal(bilateral(image, 1e-12, 3), image)
    assert np.array_equal(bilateral(image, 30, 1e-12), image)
    assert np.array_equal(bilateral(image, 30, 3, radius=0), image)
    assert bilateral(np.array([[7]], np.uint8), 3, 50).tolist() == [[7]]


def test_nan_and_infinity_spread_within_their_windows_only() -> None:
    for dtype in ("float32", "float64"):
        image = np.random.default_rng(2).random((9, 10)).astype(dtype)
        image[4, 4] = np.nan
        found = bilateral(image, 0.3, 1, radius=1)
        assert np.isnan(found[[3, 4, 4, 4, 5], [4, 3, 4, 5, 4]]).all()
        assert np.isnan(found).sum() == 5
        guided = bilateral(np.ones((9, 10), dtype), 0.3, 1, radius=1, guide=image)
        assert np.array_equal(np.isnan(guided), np.isnan(found))


def test_opencv_agrees() -> None:
    cv2 = pytest.importorskip("cv2")
    noise = np.random.default_rng(3).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    image = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.5), None, 0, 255, cv2.NORM_MINMAX)
    # rounded differently at ties
    assert np.abs(bilateral(image, 30, 3, radius=4) - cv2.bilateralFilter(image, 9, 30, 3).astype(int)).max() <= 1
    grey = image[:, :, 0].copy()
    assert np.abs(bilateral(grey, 30, 3, radius=4) - cv2.bilateralFilter(grey, 9, 30, 3).astype(int)).max() <= 1
    real = image.astype(np.float32) / 255
    # OpenCV's table of weights is linear between 4096 places
    np.testing.assert_allclose(bilateral(real, 0.1, 3, radius=4), cv2.bilateralFilter(real, 9, 0.1, 3), atol=1e-5)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("sigma_color", {"sigma_color": 0}),
        ("sigma_color", {"sigma_color": np.nan}),
        ("sigma_space", {"sigma_space": 1e13}),
        ("radius", {"radius": 101}),
        ("radius", {"radius": 1.5}),
        ("guide", {"guide": np.zeros((7, 8))}),
        ("guide", {"guide": np.zeros(7)}),
        ("border", {"border": "mirror"}),
        ("fill", {"fill": 0.5}),
        ("output_dtype", {"output_dtype": "int8"}),
    ],
)
def test_wrong_arguments_are_named(argument: str, options: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as error:
        bilateral(IMAGE.astype(np.uint8), **{"sigma_color": 9, "sigma_space": 2, **options})  # type: ignore[arg-type]
    assert error.value.argument == argument
