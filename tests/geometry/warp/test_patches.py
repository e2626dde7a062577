from fractions import Fraction
from itertools import product
from math import isfinite, isnan

import numpy as np
import pytest

from geometry.bands import band_count
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES
from geometry.warp import crop_patches, warp_perspective
from geometry.warp.border import BORDERS
from tests.geometry.warp.homographies import random_image
from tests.naive import patches as naive

FAR = [[1e9, 3], [-1e300, 1e300], [2.0**60, -(2.0**31)]]


def centers(rng, width, height, count):
    """Inside, across the border and beyond it; whole, half and arbitrary."""
    points = rng.uniform([-width, -height], [2 * width, 2 * height], (count, 2))
    points[::3] = np.round(points[::3])
    points[1::3] = np.round(2 * points[1::3]) / 2
    return points


def check(patches, expected):
    for got, want in zip(patches.reshape(-1).tolist(), expected, strict=True):
        if not isfinite(want):
            assert got == want or (isnan(got) and isnan(want))
        elif patches.dtype == np.uint8:
            # Weights of float32 err by 2^-25 of 255; each of three blends rounds thrice, by up to 2^-17.
            assert abs(got - want) <= Fraction(1, 2) + Fraction(9, 2**17)
        elif patches.dtype.kind in "iu":
            # Float64 holds the blend of 33 bits to 2^-20; the position's error of 2^-50 moves it by 2^-17 at most.
            assert abs(got - want) <= Fraction(1, 2) + Fraction(1, 2**16)
        else:
            # Samples of the order of 1, at positions that err by 2^-49; and one rounding to the dtype.
            assert abs(got - want) <= 2e-14 + abs(want) * Fraction(float(np.finfo(patches.dtype).eps))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", ["nearest", "linear", "truncate"])
@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
def test_equals_the_definition(dtype, interpolation, border):
    rng = np.random.default_rng(1)
    for channels, size in ((1, (3, 2)), (3, (6, 5)), (5, (1, 4))):
        image = random_image(rng, (5, 4, channels), dtype)
        points = centers(rng, 4, 5, 9)
        fill = list(range(3, 3 + channels))
        options = {"interpolation": interpolation, "border": border, "fill": fill}
        got = crop_patches(image, points, size=size, **options)
        expected, mask = naive.crop_patches(image, points, size, **options)
        assert got.patches.dtype == image.dtype
        assert got.patches.shape == (9, size[1], size[0], channels)
        check(got.patches, expected)
        assert got.mask.reshape(-1).tolist() == mask


@pytest.mark.parametrize("pixel_center", ["integer", "half"])
@pytest.mark.parametrize("anchor", ["center", "corner"])
@pytest.mark.parametrize(("normalized", "centered"), list(product([False, True], repeat=2)))
def test_conventions_equal_the_definition(normalized, centered, anchor, pixel_center):
    rng = np.random.default_rng(2)
    image = random_image(rng, (7, 6, 2), np.float64)
    points = rng.uniform(-1.5, 1.5, (8, 2)) if normalized else centers(rng, 6, 7, 8)
    options = {"normalized": normalized, "centered": centered, "anchor": anchor, "pixel_center": pixel_center}
    for size in ((3, 4), (4, 3)):
        got = crop_patches(image, points, size=size, **options)
        expected, mask = naive.crop_patches(image, points, size, **options)
        check(got.patches, expected)
        assert got.mask.reshape(-1).tolist() == mask


@pytest.mark.parametrize("pixel_center", ["integer", "half"])
def test_ends_of_the_normalized_axis_are_the_ends_of_the_image(pixel_center):
    image = np.arange(35.0).reshape(5, 7)
    whole = crop_patches(image, [[0, 0]], size=(7, 5), normalized=True, centered=True, pixel_center=pixel_center)
    np.testing.assert_array_equal(whole.patches[0], image)
    low = 0.5 if pixel_center == "half" else 0
    first = crop_patches(image, [[low, low]], size=(1, 1), pixel_center=pixel_center).patches
    assert first[0, 0, 0] == image[0, 0]
    options = {"size": (1, 1), "normalized": True, "border": "replicate", "pixel_center": pixel_center}
    ends = crop_patches(image, [[0, 0], [1, 1]], **options).patches
    np.testing.assert_array_equal(ends.ravel(), [image[0, 0], image[4, 6]])


@pytest.mark.parametrize("dtype", PIXEL_DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 3, 7])
def test_whole_positions_equal_slicing(channels, dtype):
    rng = np.random.default_rng(3)
    image = random_image(rng, (40, 30) if channels is None else (40, 30, channels), dtype)
    corners = rng.integers(0, [30 - 8, 40 - 6], (20, 2), endpoint=True)
    for interpolation in ("linear", "nearest", "truncate"):
        got = crop_patches(image, corners, size=(8, 6), anchor="corner", interpolation=interpolation)
        expected = np.stack([image[y : y + 6, x : x + 8] for x, y in corners])
        assert got.patches.tobytes() == expected.tobytes()
        assert got.patches.shape == expected.shape
        assert got.mask.all()


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize("border", BORDERS)
def test_a_patch_equals_the_warp_by_its_translation(border, dtype):
    rng = np.random.default_rng(4)
    image = random_image(rng, (9, 11, 3), dtype)
    for x, y in ([3.25, 4.5], [-2.5, 1.75], [9.5, 8.25], [5, 5.5]):
        got = crop_patches(image, [[x, y]], size=(5, 4), anchor="corner", border=border, fill=7)
        expected = warp_perspective(image, [[1, 0, -x], [0, 1, -y], [0, 0, 1]], size=(5, 4), border=border, fill=7)
        np.testing.assert_array_equal(got.mask[0], expected.mask)
        allowed = 1 if dtype == "uint8" else 1e-13
        np.testing.assert_allclose(got.patches[0].astype(float), expected.image.astype(float), rtol=0, atol=allowed)


def test_patches_larger_than_the_image_hold_all_of_it():
    image = random_image(np.random.default_rng(5), (3, 4, 3), np.uint8)
    for border in BORDERS:
        got = crop_patches(image, [[1.5, 1]], size=(10, 9), border=border, fill=9)
        np.testing.assert_array_equal(got.patches[0, 3:6, 3:7], image)
        assert got.mask.sum() == 12
        assert got.mask[0, 3:6, 3:7].all()


@pytest.mark.parametrize("border", BORDERS)
def test_points_far_outside_are_masked(border):
    image = random_image(np.random.default_rng(6), (3, 4, 3), np.uint8)
    got = crop_patches(image, FAR, size=(2, 2), border=border, fill=[1, 2, 3])
    assert not got.mask.any()
    if border == "constant":
        assert (got.patches == [1, 2, 3]).all()


def test_no_points_give_no_patches():
    got = crop_patches(np.zeros((3, 4, 2), np.uint8), np.zeros((0, 2)), size=(5, 6))
    assert got.patches.shape == (0, 6, 5, 2)
    assert got.mask.shape == (0, 6, 5)


def test_taps_without_weight_have_no_influence():
    image = np.ones((4, 4), np.float32)
    image[2, 2] = np.nan
    for x, y, touched in ((1, 1, 1), (0.5, 1, 1), (0, 0.5, 0), (0, 1, 0), (1.5, 1.5, 1)):
        got = crop_patches(image, [[x, y]], size=(2, 2), anchor="corner").patches
        assert np.isnan(got).any() == bool(touched)
    got = crop_patches(np.full((3, 3), np.inf), [[0.25, 0.5]], size=(2, 2), anchor="corner").patches
    assert (got == np.inf).all()


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("normalized", "centered"), list(product([False, True], repeat=2)))
def test_extract_glimpse_of_both_versions_is_reproduced(normalized, centered, version):
    rng = np.random.default_rng(7)
    image = random_image(rng, (16, 8, 3), np.float32)
    # Multiples of 1/64, for which TensorFlow's float32 is exact.
    scale = 1 if normalized else 16
    offsets = np.round(64 * rng.uniform(-1.2, 1.2, (40, 2)) * scale) / 64
    for size in ((3, 4), (5, 5), (20, 2)):
        expected = [naive.extract_glimpse(image, size, offset, centered, normalized, version) for offset in offsets]
        halved = version == 1 and centered and not normalized
        got = crop_patches(
            image,
            offsets[:, ::-1] / (2 if halved else 1),
            size=size[::-1],
            normalized=normalized,
            centered=centered,
            anchor="center" if version == 1 or (normalized and centered) else "corner",
            pixel_center="half",
            interpolation="truncate",
        )
        np.testing.assert_array_equal(got.patches, expected)


def test_extract_glimpse_offset_question_of_the_seed():
    matrix = np.arange(25.0).reshape(5, 5)
    first_version = {"size": (3, 3), "pixel_center": "half", "interpolation": "truncate"}
    # (y, x) = (1, 1) and (2, 1) give the same window: −1/2 and 1/2 are both cut to 0.
    for offset in ([1, 1], [2, 1]):
        got = crop_patches(matrix, [offset[::-1]], **first_version)
        np.testing.assert_array_equal(got.patches[0], matrix[0:3, 0:3])
    # The answer's offsets, −5 + 3 and −5 + 3 + 2, centered and not normalized: halved by the first version.
    for offset, top in (([-5 + 3, -5 + 3], 0), ([-5 + 3 + 2, -5 + 3], 1)):
        got = crop_patches(matrix, [[offset[1] / 2, offset[0] / 2]], centered=True, **first_version)
        np.testing.assert_array_equal(got.patches[0], matrix[top : top + 3, 0:3])
    # What the question wanted, without any of that: the 3×3 matrix centred at row 2, column 1.
    got = crop_patches(matrix, [[1, 2]], size=(3, 3))
    np.testing.assert_array_equal(got.patches[0], matrix[1:4, 0:3])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_bytes_do_not_depend_on_the_number_of_bands(bands, dtype):
    rng = np.random.default_rng(8)
    image = random_image(rng, (19, 21, 3), dtype)
    for count in (1, 3, 11):
        points = centers(rng, 21, 19, count)
        got = crop_patches(image, points, size=(7, 5), border="reflect")
        with band_count(3):
            other = crop_patches(image, points, size=(7, 5), border="reflect")
        assert got.patches.tobytes() == other.patches.tobytes()
        assert got.mask.tobytes() == other.mask.tobytes()


def test_positions_a_rounding_away_from_pixel_centres_count_as_on_them():
    image = random_image(np.random.default_rng(9), (6, 10, 1), np.float64)
    third = np.array([[1 / 3, 1 / 5]])
    got = crop_patches(image, third, size=(2, 2), normalized=True, anchor="corner")
    np.testing.assert_array_equal(got.patches[0], image[1:3, 3:5])
    near = crop_patches(image, [[8 + 2.0**-31, 4 - 2.0**-31]], size=(2, 2), anchor="corner")
    np.testing.assert_array_equal(near.patches[0], image[4:6, 8:10])
    assert near.mask.all()


def test_memory_layout_has_no_influence_and_the_input_is_not_written_to():
    rng = np.random.default_rng(10)
    image = random_image(rng, (9, 8, 3), np.uint16)
    points = centers(rng, 8, 9, 5)
    expected = crop_patches(image, points, size=(4, 3)).patches.tobytes()
    before = image.copy()
    image.flags.writeable = False
    for same in (image, np.asfortranarray(image), image.astype(">u2"), np.repeat(image, 2, axis=1)[:, ::2]):
        assert crop_patches(same, points.astype(">f8"), size=(4, 3)).patches.tobytes() == expected
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("image", {"image": np.zeros(3)}),
        ("image", {"image": np.zeros((0, 3))}),
        ("centers", {"centers": [1.0, 2.0]}),
        ("centers", {"centers": [[1.0, 2.0, 3.0]]}),
        ("centers/1/0", {"centers": [[1, 2], [np.nan, 2]]}),
        ("centers/0/1", {"centers": [[1, -np.inf]]}),
        ("size", {"size": (0, 1)}),
        ("size", {"size": (1, 2.5)}),
        ("size", {"size": 3}),
        ("anchor", {"anchor": "top"}),
        ("interpolation", {"interpolation": "quintic"}),
        ("border", {"border": "mirror"}),
        ("fill", {"fill": 300}),
        ("fill", {"fill": [1, 2]}),
        ("pixel_center", {"pixel_center": "corner"}),
    ],
)
def test_wrong_arguments_are_named(argument, change):
    arguments = {"image": np.zeros((4, 5, 3), np.uint8), "centers": [[1.0, 2.0]], "size": (2, 2), **change}
    with pytest.raises(InvalidInput) as error:
        crop_patches(arguments.pop("image"), arguments.pop("centers"), **arguments)
    assert error.value.argument == argument
