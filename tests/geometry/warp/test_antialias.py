import numpy as np
import pytest

from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import warp_affine, warp_perspective
from geometry.warp.border import BORDERS
from tests.docs.scenes import checkerboard
from tests.geometry.warp.homographies import random_image, rotation
from tests.naive import antialias as naive

# Rounding to the nearest integer; floats are of the order of 1, means of up to 256 of them in the type's arithmetic,
# and coordinates of some hundred pixels near the horizon.
TOLERANCE = {"uint8": 0.501, "uint16": 0.5001, "int16": 0.5001, "int32": 0.5001, "float32": 2e-5, "float64": 1e-10}

# Out of the source and back into it; the horizon is far.
TILTED = np.array([[0.31, 0.02, 1.0], [0.03, 0.2, 2.3], [0.001, 0.004, 1.0]])
# Seen along the ground and rolled, so that neither axis of the output runs along the footprint; the horizon crosses.
GRAZING = rotation(35, (6, 5)) @ np.array([[0.6, 0.35, 1.5], [0.01, 0.06, 3.2], [0.002, 0.085, 1.0]])
SIZE = (12, 9)


CASES = [(dtype, 3) for dtype in PIXEL_DTYPES] + [("uint8", count) for count in (None, 1, 2, 4, 6, 18)]


@pytest.mark.parametrize(("dtype", "channels"), CASES)
@pytest.mark.parametrize("homography", [TILTED, GRAZING], ids=["tilted", "grazing"])
def test_equals_the_definition(homography, dtype, channels):
    rng = np.random.default_rng(1)
    image = random_image(rng, (21, 30) if channels is None else (21, 30, channels), dtype)
    border = BORDERS[(channels or 0) % 5]
    options = {"size": SIZE, "border": border, "fill": 3}
    got = warp_perspective(image, homography, antialias=True, **options)
    plain = warp_perspective(image, homography, **options)
    expected, mask, averaged = naive.warp_perspective(image, homography, **options)
    error = np.abs(got.image.astype(float) - expected)[averaged]
    scale = max(1, np.abs(expected).max()) if image.dtype.kind == "f" else 1
    assert error.max() <= TOLERANCE[image.dtype.name] * scale
    np.testing.assert_array_equal(got.mask, np.where(averaged, mask, plain.mask))
    assert got.image[~averaged].tobytes() == plain.image[~averaged].tobytes()
    assert averaged.mean() > 0.3


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("homography", [TILTED, GRAZING], ids=["tilted", "grazing"])
def test_every_border_takes_part_with_its_share(homography, border):
    image = random_image(np.random.default_rng(2), (13, 9), np.float64)
    got = warp_perspective(image, homography, size=SIZE, border=border, fill=5, antialias=True)
    expected, mask, averaged = naive.warp_perspective(image, homography, SIZE, border=border, fill=5)
    # A few roundings of coordinates of up to some hundred pixels, on gradients of a few units a pixel.
    np.testing.assert_allclose(got.image[averaged], expected[averaged], rtol=0, atol=1e-10)
    np.testing.assert_array_equal(got.mask[averaged], mask[averaged])


@pytest.mark.parametrize("factor", [2, 3, 4, 6, 8, 16])
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_whole_factors_give_the_means_of_blocks(dtype, channels, factor):
    image = random_image(np.random.default_rng(3), (2 * factor, 3 * factor, channels), dtype)
    shrink = [[1 / factor, 0, 0], [0, 1 / factor, 0]]
    got = warp_affine(image, shrink, size=(3, 2), pixel_center="half", antialias=True)
    expected = image.reshape(2, factor, 3, factor, channels).astype(float).mean(axis=(1, 3))
    if image.dtype.kind != "f":
        np.testing.assert_array_equal(got.image, np.floor(expected + 0.5))
    else:
        # The order of sums differs; samples are of the order of 1.
        np.testing.assert_allclose(got.image, expected, rtol=0, atol=TOLERANCE[image.dtype.name])
    assert got.mask.all()


@pytest.mark.jit
@pytest.mark.parametrize("interpolation", ["linear", "cubic", "lanczos"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_footprints_of_up_to_a_pixel_are_as_without(dtype, interpolation):
    image = random_image(np.random.default_rng(4), (20, 23, 3), dtype)
    for homography in (rotation(33, (11, 9)), np.eye(3), np.diag([1.7, 2.2, 1.0]), [[1, 0, 0.3], [0, 2, 0], [0, 0, 1]]):
        options = {"interpolation": interpolation, "border": "reflect"}
        got = warp_perspective(image, homography, antialias=True, **options)
        plain = warp_perspective(image, homography, **options)
        assert got.image.tobytes() == plain.image.tobytes()
        np.testing.assert_array_equal(got.mask, plain.mask)


@pytest.mark.parametrize(
    "border", [pytest.param(border, marks=[pytest.mark.jit] if border != "wrap" else []) for border in BORDERS]
)
@pytest.mark.parametrize(
    "homography", [TILTED, GRAZING, np.diag([1 / 7, 1 / 9, 1])], ids=["tilted", "grazing", "small"]
)
def test_roi_equals_the_crop(homography, border):
    rng = np.random.default_rng(5)
    image = random_image(rng, (70, 85, 3), np.uint8)
    full = warp_perspective(image, homography, size=(25, 19), border=border, antialias=True)
    for _ in range(5):
        x, y = rng.integers(0, 24), rng.integers(0, 18)
        width, height = rng.integers(1, 26 - x), rng.integers(1, 20 - y)
        roi = (x, y, width, height)
        part = warp_perspective(image, homography, size=(25, 19), roi=roi, border=border, antialias=True)
        assert part.image.tobytes() == full.image[y : y + height, x : x + width].tobytes()
        np.testing.assert_array_equal(part.mask, full.mask[y : y + height, x : x + width])


def test_bytes_do_not_depend_on_the_number_of_bands(bands):
    image = random_image(np.random.default_rng(6), (51, 40, 3), np.float32)
    got = warp_perspective(image, GRAZING, size=SIZE, border="wrap", antialias=True)
    with band_count(3):
        other = warp_perspective(image, GRAZING, size=SIZE, border="wrap", antialias=True)
    assert got.image.tobytes() == other.image.tobytes()
    np.testing.assert_array_equal(got.mask, other.mask)


@pytest.mark.parametrize("factor", [2, 3, 8])
@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_missing_values_stay_within_the_footprints_that_cover_them(missing, factor):
    image = np.ones((4 * factor, 5 * factor), np.float32)
    image[factor, 3 * factor] = missing
    shrink = np.diag([1 / factor, 1 / factor, 1])
    with np.errstate(invalid="ignore"):  # uncompiled, infinity times a weight of zero is reported
        got = warp_perspective(image, shrink, size=(5, 4), pixel_center="half", antialias=True)
    expected = np.ones((4, 5))
    expected[1, 3] = missing
    np.testing.assert_array_equal(got.image, expected)


@pytest.mark.parametrize("border", BORDERS)
def test_a_constant_image_stays_constant(border):
    image = np.full((17, 11, 3), 77, np.uint8)
    got = warp_perspective(image, GRAZING, size=SIZE, border=border, fill=77, antialias=True)
    assert (got.image == 77).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (8, 1, 3), (2, 2)])
def test_small_sources_equal_the_definition(shape):
    image = random_image(np.random.default_rng(8), shape, np.float64)
    for border in BORDERS:
        got = warp_perspective(image, TILTED, size=(6, 5), border=border, fill=2, antialias=True)
        expected, _, averaged = naive.warp_perspective(image, TILTED, (6, 5), border=border, fill=2)
        # As above.
        np.testing.assert_allclose(got.image[averaged], expected[averaged], rtol=0, atol=1e-10)


@pytest.mark.jit
def test_a_foreshortened_checkerboard_is_near_the_truth():
    scene = checkerboard(96)
    got = warp_perspective(scene.source, scene.homography, size=scene.size, antialias=True)
    plain = warp_perspective(scene.source, scene.homography, size=scene.size)
    truth = scene.truth()

    def rms(image):
        return np.sqrt(np.mean((image.astype(float) - truth) ** 2))

    # What is left is the blur of linear interpolation between pixels of the levels.
    assert rms(got.image) < 5
    assert rms(plain.image) > 10 * rms(got.image)


def test_nearest_is_refused():
    with pytest.raises(InvalidInput, match="antialias"):
        warp_perspective(np.zeros((4, 5)), np.eye(3), interpolation="nearest", antialias=True)
