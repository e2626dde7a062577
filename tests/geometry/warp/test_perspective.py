from itertools import product

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from geometry.bands import band_count
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import warp_perspective
from geometry.warp.border import BORDERS
from geometry.warp.weights import INTERPOLATIONS
from tests.geometry.warp.homographies import MILD, random_homography, random_image, rotation
from tests.naive import warp as naive

# Rounding to the nearest integer; the fractions of 8-bit images hold 15 bits, their coordinates err by less than
# 1e-4 px, and the arithmetic of 16-bit images is float32. Gradients are at most the range of the type.
INTEGER_TOLERANCE = {
    "uint8": 0.5 + 2 * 255 * (2**-15 + 1e-4),
    "uint16": 0.5 + 65535 * 2**-21,
    "int16": 0.5 + 65535 * 2**-21,
    "int32": 0.5 + 1e-4,
}
# Samples are of the order of 1: a few roundings of the arithmetic's type, coordinates included.
FLOAT_TOLERANCE = {"float32": 4e-6, "float64": 1e-13}


def tolerance(dtype):
    return {**INTEGER_TOLERANCE, **FLOAT_TOLERANCE}[np.dtype(dtype).name]


def every_kind_of_pixel():
    """All dtypes, kernels and numbers of channels; without the compiler, one of each kind of wide ones."""
    for dtype, interpolation, channels in product(PIXEL_DTYPES, INTERPOLATIONS, [None, 1, 2, 3, 4, 5, 17]):
        wide = interpolation not in ("nearest", "linear")
        spared = wide and (dtype not in ("uint8", "float64") or channels in (None, 2, 4, 5))
        yield pytest.param(dtype, interpolation, channels, marks=[pytest.mark.jit] if spared else [])


@pytest.mark.parametrize(("dtype", "interpolation", "channels"), list(every_kind_of_pixel()))
def test_equals_the_definition_for_every_border(dtype, interpolation, channels):
    rng = np.random.default_rng(1)
    # Narrow images have no inside for the wider kernels.
    wide = 7 if interpolation in ("nearest", "linear") else 13 if channels in (3, 5, 17) else 34
    high = min(wide - 2, 11)
    image = random_image(rng, (high, wide) if channels is None else (high, wide, channels), dtype)
    limits = (-np.inf, np.inf) if image.dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    for border in BORDERS if wide == 7 else BORDERS[:2]:
        options = {"size": (wide + 2, high + 1), "interpolation": interpolation, "border": border, "fill": 3}
        got = warp_perspective(image, MILD, **options)
        expected, mask = naive.warp_perspective(image, MILD, **options)
        expected = np.clip(expected, *limits)
        assert got.image.dtype == image.dtype
        assert got.image.shape == expected.shape
        allowed = 0 if interpolation == "nearest" else tolerance(dtype)
        np.testing.assert_allclose(got.image.astype(float), expected, rtol=0, atol=allowed)
        np.testing.assert_array_equal(got.mask, mask)


@pytest.mark.parametrize("seed", range(12))
def test_random_homographies_of_bytes_stay_within_rounding_of_the_exact_value(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 14, 2)) + ((), (1,), (3,), (4,))[seed % 4]
    image = random_image(rng, shape, np.uint8)
    homography = random_homography(rng, shape[1::-1])
    border = BORDERS[seed % 5]
    got = warp_perspective(image, homography, border=border, fill=90)
    expected, mask = naive.warp_perspective(image, homography, border=border, fill=90)
    np.testing.assert_allclose(got.image.astype(float), expected, rtol=0, atol=tolerance("uint8"))
    np.testing.assert_array_equal(got.mask, mask)


def test_float64_equals_spline_interpolation_of_first_order():
    rng = np.random.default_rng(3)
    image = rng.standard_normal((41, 53))
    homography = random_homography(rng, (53, 41))
    got = warp_perspective(image, homography, interpolation="linear")
    x, y = np.meshgrid(np.arange(53.0), np.arange(41.0))
    p, q, w = np.einsum("ij,jyx->iyx", np.linalg.inv(homography), [x, y, np.ones_like(x)])
    expected = map_coordinates(image, [q / w, p / w], order=1, mode="grid-constant")
    # Coordinates of up to 50 px differ by some 1e-14 between the two inverses.
    np.testing.assert_allclose(got.image[got.mask], expected[got.mask], rtol=0, atol=1e-12)
    assert got.mask.mean() > 0.2


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_roi_equals_the_crop_of_the_full_warp(interpolation, dtype):
    rng = np.random.default_rng(5)
    image = random_image(rng, (9, 12, 3), dtype)
    homography = np.diag([30.0, 1.2, 1.0]) @ MILD
    options = {"size": (300, 11), "interpolation": interpolation, "border": "replicate"}
    full = warp_perspective(image, homography, **options)
    for _ in range(6):
        x, y = rng.integers(0, 299), rng.integers(0, 10)
        width, height = rng.integers(1, 301 - x), rng.integers(1, 12 - y)
        part = warp_perspective(image, homography, roi=(x, y, width, height), **options)
        assert part.image.tobytes() == full.image[y : y + height, x : x + width].tobytes()
        np.testing.assert_array_equal(part.mask, full.mask[y : y + height, x : x + width])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_bytes_do_not_depend_on_the_number_of_bands(bands, interpolation, dtype):
    image = random_image(np.random.default_rng(6), (37, 21, 3), dtype)
    got = warp_perspective(image, MILD, interpolation=interpolation, border="reflect")
    with band_count(3):
        other = warp_perspective(image, MILD, interpolation=interpolation, border="reflect")
    assert got.image.tobytes() == other.image.tobytes()
    np.testing.assert_array_equal(got.mask, other.mask)


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
@pytest.mark.parametrize("channels", [1, 3, 4, 6])
def test_the_identity_gives_the_source_bytes(channels, interpolation, dtype):
    image = random_image(np.random.default_rng(7), (6, 9, channels), dtype)
    got = warp_perspective(image, 7 * np.eye(3), interpolation=interpolation)
    assert got.image.tobytes() == image.tobytes()
    assert got.mask.all()


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
@pytest.mark.parametrize(("right", "down"), [(3, 2), (-4, 1), (0, -5), (20, 0)])
def test_a_whole_translation_equals_slicing(right, down, interpolation, dtype):
    image = random_image(np.random.default_rng(8), (8, 11, 3), dtype)
    homography = [[1, 0, right], [0, 1, down], [0, 0, 1]]
    got = warp_perspective(image, homography, interpolation=interpolation, fill=[5, 6, 7])
    expected = np.empty_like(image)
    expected[:] = [5, 6, 7]
    mask = np.zeros((8, 11), bool)
    to = slice(max(down, 0), 8 + min(down, 0)), slice(max(right, 0), 11 + min(right, 0))
    of = slice(max(-down, 0), max(8 - down, 0)), slice(max(-right, 0), max(11 - right, 0))
    expected[to] = image[of]
    mask[to] = True
    np.testing.assert_array_equal(got.image, expected)
    np.testing.assert_array_equal(got.mask, mask)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_lose_no_pixel_to_the_rounding_of_cosines(quarters):
    image = random_image(np.random.default_rng(9), (15, 15, 3), np.uint8)
    got = warp_perspective(image, rotation(90 * quarters, (7, 7)))
    np.testing.assert_array_equal(got.image, np.rot90(image, -quarters))
    assert got.mask.all()


def test_both_directions_agree():
    image = random_image(np.random.default_rng(10), (13, 17, 3), np.uint8)
    forward = warp_perspective(image, MILD, border="replicate")
    backward = warp_perspective(image, np.linalg.inv(MILD), direction="output_to_source", border="replicate")
    # The inverse is rounded: a value near a tie may round to either side.
    np.testing.assert_allclose(forward.image.astype(int), backward.image.astype(int), rtol=0, atol=1)
    np.testing.assert_array_equal(forward.mask, backward.mask)


@pytest.mark.parametrize("direction", ["source_to_output", "output_to_source"])
@pytest.mark.parametrize("scale", [-1, 4, -(2.0**-400), 2.0**500])
def test_sign_and_powers_of_two_change_no_byte(scale, direction):
    image = random_image(np.random.default_rng(11), (13, 17), np.float64)
    homography = random_homography(np.random.default_rng(11), (17, 13))
    expected = warp_perspective(image, homography, direction=direction)
    got = warp_perspective(image, scale * homography, direction=direction)
    assert got.image.tobytes() == expected.image.tobytes()
    np.testing.assert_array_equal(got.mask, expected.mask)


@pytest.mark.parametrize("scale", [-3, 1e-150, 1e150])
def test_scale_has_no_influence_beyond_rounding(scale):
    image = random_image(np.random.default_rng(12), (13, 17), np.float64)
    homography = random_homography(np.random.default_rng(12), (17, 13))
    expected = warp_perspective(image, homography)
    got = warp_perspective(image, scale * homography)
    np.testing.assert_array_equal(got.mask, expected.mask)
    # Entries rounded anew, at coordinates of some 20 px.
    np.testing.assert_allclose(got.image, expected.image, rtol=0, atol=1e-12)


def test_half_pixel_centres_equal_the_conjugated_homography():
    image = random_image(np.random.default_rng(13), (11, 8, 3), np.uint8)
    shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    half = warp_perspective(image, shift @ MILD @ np.linalg.inv(shift), pixel_center="half")
    whole = warp_perspective(image, MILD)
    np.testing.assert_allclose(half.image.astype(int), whole.image.astype(int), rtol=0, atol=1)
    np.testing.assert_array_equal(half.mask, whole.mask)


@pytest.mark.parametrize("direction", ["source_to_output", "output_to_source"])
def test_half_pixel_centres_equal_the_definition(direction):
    image = random_image(np.random.default_rng(14), (6, 5), np.float64)
    got = warp_perspective(image, np.diag([2.0, 2, 1]), size=(9, 12), pixel_center="half", direction=direction)
    expected, mask = naive.warp_perspective(image, np.diag([2.0, 2, 1]), (9, 12), direction, pixel_center="half")
    np.testing.assert_allclose(got.image, expected, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(got.mask, mask)


def test_there_and_back_again_keeps_a_smooth_image():
    y, x = np.mgrid[:60, :80]
    image = np.sin(x / 9) * np.cos(y / 11)
    homography = [[1.1, 0.05, -4], [-0.03, 1.2, -5], [1e-4, -2e-4, 1]]
    out = warp_perspective(image, homography, size=(90, 80))
    back = warp_perspective(out.image, homography, direction="output_to_source", size=(80, 60))
    inside = warp_perspective(out.mask.astype(float), homography, direction="output_to_source", size=(80, 60))
    sure = back.mask & (inside.image == 1)
    assert sure.mean() > 0.6
    # Twice linear interpolation: h²/8 of the second derivatives, 1/81 + 1/121, and a little for the second grid.
    np.testing.assert_allclose(back.image[sure], image[sure], rtol=0, atol=2 * (1 / 81 + 1 / 121) / 4)


def test_rows_longer_than_16_bit_coordinates_are_exact():
    rng = np.random.default_rng(15)
    image = random_image(rng, (2, 40_000), np.uint8)
    got = warp_perspective(image, [[1, 0, -39_000.25], [0, 1, -0.5], [0, 0, 1]], size=(900, 1))
    values = image.astype(float)[:, 39_000:39_901].mean(axis=0)
    expected = 0.75 * values[:-1] + 0.25 * values[1:]
    np.testing.assert_allclose(got.image[0], expected, rtol=0, atol=0.5 + 2**-7)
    assert got.mask.all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (1, 6), (6, 1, 4), (1, 6, 3), (2, 2)])
def test_tiny_images_equal_the_definition(shape, dtype):
    image = random_image(np.random.default_rng(16), shape, dtype)
    homography = [[1.5, 0.2, 0.3], [-0.1, 1.4, 0.1], [0.01, 0.02, 1]]
    for border in BORDERS:
        got = warp_perspective(image, homography, size=(7, 8), border=border, fill=9)
        expected, mask = naive.warp_perspective(image, homography, (7, 8), border=border, fill=9)
        np.testing.assert_allclose(got.image.astype(float), expected, rtol=0, atol=tolerance(dtype))
        np.testing.assert_array_equal(got.mask, mask)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_hundred_channels_equal_a_hundred_images(dtype):
    image = random_image(np.random.default_rng(17), (6, 5, 100), dtype)
    got = warp_perspective(image, MILD)
    for channel in (0, 57, 99):
        single = warp_perspective(image[:, :, channel].astype(np.float64), MILD)
        allowed = 0.5 + 1e-4 if dtype == "uint8" else tolerance(dtype)
        np.testing.assert_allclose(got.image[:, :, channel].astype(float), single.image, rtol=0, atol=allowed)


def test_memory_layout_has_no_influence():
    image = random_image(np.random.default_rng(18), (9, 12, 3), np.uint16)
    expected = warp_perspective(image, MILD).image.tobytes()
    read_only = image.copy()
    read_only.flags.writeable = False
    padded = np.zeros((11, 30, 3), np.uint16)
    padded[1:-1, 2:26:2] = image
    for same in (read_only, np.asfortranarray(image), image.astype(">u2"), padded[1:-1, 2:26:2], image[::-1][::-1]):
        got = warp_perspective(same, MILD).image
        assert got.dtype == np.uint16
        assert got.dtype.isnative
        assert got.tobytes() == expected


def test_the_input_is_not_written_to():
    image = random_image(np.random.default_rng(19), (9, 12, 3), np.uint8)
    before = image.copy()
    warp_perspective(image, MILD)
    np.testing.assert_array_equal(image, before)


def test_fill_is_per_channel():
    got = warp_perspective(np.zeros((3, 4, 3), np.uint8), [[1, 0, 100], [0, 1, 0], [0, 0, 1]], fill=[1, 2, 250])
    assert (got.image == [1, 2, 250]).all()
    assert not got.mask.any()


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_spreads_only_to_outputs_that_give_it_weight(dtype, channels):
    image = random_image(np.random.default_rng(20), (7, 8, channels), dtype)
    image[3, 4] = np.nan
    for dx, dy in [(0, 0), (0.25, 0), (0, 0.5), (0.25, 0.5)]:
        got = warp_perspective(image, [[1, 0, dx], [0, 1, dy], [0, 0, 1]], border="replicate")
        touched = np.zeros((7, 8), bool)
        touched[3 : 4 + (dy > 0), 4 : 5 + (dx > 0)] = True
        np.testing.assert_array_equal(np.isnan(got.image).all(axis=2), touched)
        np.testing.assert_array_equal(np.isnan(got.image).any(axis=2), touched)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_nan_as_fill_marks_what_is_not_from_inside(channels):
    image = random_image(np.random.default_rng(21), (7, 8, channels), np.float32)
    got = warp_perspective(image, MILD, fill=np.nan)
    np.testing.assert_array_equal(np.isnan(got.image).all(axis=2), ~got.mask)
    np.testing.assert_array_equal(np.isnan(got.image).any(axis=2), ~got.mask)


@pytest.mark.jit  # infinity minus infinity warns where numpy computes it
@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("border", ["constant", "replicate"])
def test_infinite_regions_stay_infinite(border, channels):
    image = np.full((7, 8, channels), np.inf, np.float32)
    image[:, :3] = 1
    got = warp_perspective(image, [[1, 0, 0.25], [0, 1, 0.25], [0, 0, 1]], border=border, fill=np.inf)
    assert (got.image[1:, 3:] == np.inf).all()
    assert (got.image[1:, 1:3] == 1).all()


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_constant_images_stay_exactly_constant(channels):
    image = np.full((9, 9, channels), 0.1, np.float32)
    got = warp_perspective(image, MILD, border="replicate")
    assert (got.image == image[0, 0, 0]).all()


def test_boolean_images_are_bytes():
    image = np.eye(5, dtype=bool)
    got = warp_perspective(image, np.eye(3), interpolation="nearest")
    np.testing.assert_array_equal(got.image, image.astype(np.uint8))


@pytest.mark.realdata
@pytest.mark.jit  # larger than an interpreter should walk through
def test_a_photograph_turned_there_and_back_is_close_to_itself(realdata):
    with Image.open(min(realdata.rglob("*.jpg"))) as file:
        photograph = np.asarray(file.convert("RGB"))[:300, :400]
    turn = rotation(15, (200, 150))
    out = warp_perspective(photograph, turn)
    back = warp_perspective(out.image, turn, direction="output_to_source")
    inside = warp_perspective(out.mask.astype(np.float32), turn, direction="output_to_source").image == 1
    difference = np.abs(back.image.astype(int) - photograph)[inside]
    # Two linear interpolations soften edges; a shift of a tenth of a pixel would show in the median.
    assert np.median(difference) <= 4


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("image", {"image": np.zeros(3)}),
        ("image", {"image": np.zeros((0, 3))}),
        ("image", {"image": np.zeros((2, 2), complex)}),
        ("homography", {"homography": np.eye(2)}),
        ("homography/1/2", {"homography": [[1, 0, 0], [0, 1, np.nan], [0, 0, 1]]}),
        ("size", {"size": (0, 4)}),
        ("size", {"size": (2.5, 4)}),
        ("roi", {"roi": (0, 0, 5, 1)}),
        ("roi", {"roi": (-1, 0, 1, 1)}),
        ("roi", {"roi": (0, 0, 0, 1)}),
        ("roi", {"roi": (0.5, 0, 1, 1)}),
        ("roi", {"roi": (0, 0, 1)}),
        ("roi", {"roi": 3}),
        ("direction", {"direction": "forward"}),
        ("interpolation", {"interpolation": "quintic"}),
        ("border", {"border": "mirror"}),
        ("pixel_center", {"pixel_center": "corner"}),
        ("fill", {"fill": 256}),
        ("fill", {"fill": 0.5}),
        ("fill", {"fill": np.nan}),
        ("fill", {"fill": [1, 2]}),
        ("fill", {"fill": "white"}),
        ("fill", {"fill": 1e39, "image": np.zeros((3, 4), np.float32)}),
    ],
)
def test_wrong_arguments_are_named(argument, change):
    arguments = {"image": np.zeros((3, 4, 3), np.uint8), "homography": np.eye(3), **change}
    with pytest.raises(InvalidInput) as error:
        warp_perspective(arguments.pop("image"), arguments.pop("homography"), **arguments)
    assert error.value.argument == argument


@pytest.mark.parametrize("direction", ["source_to_output", "output_to_source"])
@pytest.mark.parametrize(
    "homography",
    [
        np.zeros((3, 3)),
        np.outer([1, 2, 3], [4, 5, 6]),
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [[1, 0, 0], [0, 0, 0], [0, 0, 1]],
        1e-200 * np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]),
    ],
)
def test_a_singular_homography_is_degenerate(homography, direction):
    with pytest.raises(Degenerate) as error:
        warp_perspective(np.zeros((3, 4)), homography, direction=direction)
    assert error.value.reason == "singular_homography"


@pytest.mark.parametrize("scale", [(1e-9, 1), (1, 1e9), (1e-9, 1e9)])
def test_a_badly_scaled_homography_is_not_singular(scale):
    homography = np.diag([1, 1, scale[0]]) @ MILD @ np.diag([scale[1], scale[1], 1])
    assert warp_perspective(np.zeros((3, 4)), homography).image.shape == (3, 4)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS[1:])
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_fractions_that_are_nearly_one_show_the_next_pixel(dtype, interpolation):
    rng = np.random.default_rng(9)
    image = random_image(rng, (14, 16, 3), dtype)
    for short in (1e-9, 1e-12, 2.0**-49):
        shift = np.array([[1, 0, 1 + short], [0, 1, 1 + short], [0, 0, 1]])
        got = warp_perspective(image, shift, border="replicate", interpolation=interpolation).image
        expected = np.pad(image, ((1, 0), (1, 0), (0, 0)), mode="edge")[:-1, :-1].astype(float)
        allowed = 1 if image.dtype.kind in "iu" else 1e-5  # one rounding; the weights of the type
        np.testing.assert_allclose(got.astype(float), expected, rtol=0, atol=allowed + 1e-7 * np.abs(expected).max())
