import numpy as np
import pytest

from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import remap, warp_perspective
from geometry.warp.border import BORDERS
from geometry.warp.weights import INTERPOLATIONS
from tests.geometry.warp.homographies import random_image
from tests.naive import warp as naive

# Integers are rounded; 16-bit images are worked on in float32. Floats: some roundings of values of order 1, and the
# overshoot of the wider kernels.
TOLERANCE = {
    "uint8": 0.5 + 1e-4,
    "uint16": 0.5 + 65535 * 2**-20,
    "int16": 0.5 + 65535 * 2**-20,
    "int32": 0.5 + 1e-3,
    "float32": 8e-6,
    "float64": 2e-13,
}


def some_points(rng, shape, source):
    """Points in and around the source, some of them on pixels, some of them none."""
    points = rng.uniform(-4, 4, (*shape, 2)) + rng.random((*shape, 2)) * source[::-1]
    points[0, :] = np.round(points[0, :])
    points[:, 0, 0] = np.round(points[:, 0, 0])
    points[-1, -1] = np.nan
    points[-1, -2, 1] = np.nan
    points[1, 1] = 1e30, -1e30
    points[1, 2] = np.inf, 2.0
    return points


@pytest.mark.parametrize("channels", [None, 3, 5])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize(
    "dtype",
    [
        pytest.param(dtype, marks=[pytest.mark.jit] if dtype not in ("uint8", "float64") else [])
        for dtype in PIXEL_DTYPES
    ],
)
def test_equals_the_definition(dtype, interpolation, channels):
    rng = np.random.default_rng(2)
    shape = (11, 34 if channels is None else 13)
    image = random_image(rng, shape if channels is None else (*shape, channels), dtype)
    limits = (-np.inf, np.inf) if image.dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    points = some_points(rng, (6, 9), shape)
    finite = np.where(np.isinf(points), 1e30, points)
    for border in BORDERS:
        got = remap(image, points, interpolation=interpolation, border=border, fill=7)
        expected, mask = naive.remap(image, np.clip(finite, -99, 99), interpolation, border, 7)
        near = np.abs(np.nan_to_num(points, posinf=1e30)).max(axis=2) < 99  # 1e30 is no place in a periodic image
        assert got.image.dtype == image.dtype
        expected = np.clip(expected, *limits)
        difference = np.abs(got.image.astype(float) - expected)[near]
        assert difference.max() <= TOLERANCE[image.dtype.name]
        np.testing.assert_array_equal(got.mask, mask)


@pytest.mark.parametrize("channels", [None, 3, 4])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("border", BORDERS)
def test_bytes_equal_the_definition_over_many_chunks(border, kind, channels):
    rng = np.random.default_rng(5)
    shape = (12, 40) if channels is None else (12, 40, channels)
    image = random_image(rng, shape, np.uint8)
    points = np.clip(some_points(rng, (3, 300), (12, 40)), -50, 90).astype(kind)
    got = remap(image, points, border=border, fill=9)
    expected, mask = naive.remap(image, points, "linear", border, 9)
    assert np.abs(got.image - expected).max() <= TOLERANCE["uint8"]
    np.testing.assert_array_equal(got.mask, mask)


def test_a_map_that_a_homography_makes_gives_the_warp_by_it():
    rng = np.random.default_rng(3)
    image = rng.random((30, 40, 3))
    homography = np.array([[1.1, 0.05, -2.0], [-0.03, 0.95, 1.5], [1e-4, 2e-4, 1.0]])
    y, x = np.mgrid[:30, :40]
    q = np.stack([x, y, np.ones_like(x)], axis=-1) @ homography.T
    for interpolation in INTERPOLATIONS:
        got = remap(image, q[..., :2] / q[..., 2:], interpolation=interpolation)
        expected = warp_perspective(image, homography, direction="output_to_source", interpolation=interpolation)
        np.testing.assert_allclose(got.image, expected.image, rtol=0, atol=1e-12)  # coordinates to 1e-14 × 40 px
        # A point that is on a pixel by chance has one tap; only a map of points sees that, and the warp says no.
        assert (expected.mask <= got.mask).all()
        assert (expected.mask < got.mask).sum() <= 1


@pytest.mark.jit
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_bands_do_not_show(bands, interpolation):
    rng = np.random.default_rng(4)
    image = random_image(rng, (40, 60, 3), np.uint8)
    points = some_points(rng, (30, 70), (40, 60)).astype(np.float32)
    got = remap(image, points, interpolation=interpolation, border="reflect")
    with band_count(1):
        expected = remap(image, points, interpolation=interpolation, border="reflect")
    np.testing.assert_array_equal(got.image, expected.image)
    np.testing.assert_array_equal(got.mask, expected.mask)


def test_pixel_centres_at_halves_are_half_a_pixel_further():
    image = np.arange(12.0).reshape(3, 4)
    y, x = np.mgrid[:3, :4]
    got = remap(image, np.stack([x, y], axis=-1) + 0.5, pixel_center="half")
    np.testing.assert_array_equal(got.image, image)
    assert got.mask.all()


@pytest.mark.parametrize("interpolation", ["linear", "cubic", "cubic_opencv", "lanczos"])
def test_a_missing_value_does_not_spread_beyond_its_taps(interpolation):
    image = np.ones((40, 40), np.float32)
    image[20, 20] = np.nan
    y, x = np.mgrid[10:30:0.5, 10:30:0.5]
    got = remap(image, np.stack([x, y], axis=-1), interpolation=interpolation).image
    reach = {"linear": 1, "lanczos": 4}.get(interpolation, 2)
    whole_x, whole_y = x == np.floor(x), y == np.floor(y)
    touched = np.where(whole_x, x == 20, np.abs(x - 20) < reach) & np.where(whole_y, y == 20, np.abs(y - 20) < reach)
    np.testing.assert_array_equal(np.isnan(got), touched)
    np.testing.assert_allclose(got[~touched], 1, rtol=0, atol=1e-6)  # float32 weights


@pytest.mark.parametrize(
    ("map_", "detail"),
    [
        (np.zeros((3, 4)), "shape"),
        (np.zeros((3, 4, 3)), "shape"),
        (np.zeros((0, 4, 2)), "h, w"),
        (np.zeros((3, 4, 2), complex), "real"),
    ],
)
def test_maps_that_are_none_are_refused(map_, detail):
    with pytest.raises(InvalidInput, match=detail) as caught:
        remap(np.zeros((4, 4)), map_)
    assert caught.value.argument == "map"
