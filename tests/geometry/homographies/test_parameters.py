import numpy as np
import pytest

from geometry import Degenerate, InvalidInput, homography_from_parameters, warp_perspective
from tests.geometry.homographies.scenes import mapped


def shifted(x, y):
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def composed(angle, scale, shear, translation, perspective, center):
    """The documented product of six matrices."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    lean = np.array([[1, shear, 0], [0, 1, 0], [0, 0, 1]])
    foreshorten = np.array([[1, 0, 0], [0, 1, 0], [*perspective, 1]])
    there, back = shifted(*np.add(center, translation)), shifted(-center[0], -center[1])
    return there @ foreshorten @ turn @ lean @ np.diag([*scale, 1]) @ back


def test_it_is_the_documented_product():
    rng = np.random.default_rng(0)
    angle, shear = rng.uniform(-3, 3, 5), rng.uniform(-1, 1, 5)
    scale, translation, center = rng.uniform(0.5, 2, (5, 2)), rng.uniform(-9, 9, (5, 2)), rng.uniform(-9, 9, (5, 2))
    perspective = rng.uniform(-0.1, 0.1, (5, 2))
    options = {"translation": translation, "perspective": perspective, "center": center}
    found = homography_from_parameters(angle, scale=scale, shear=shear, **options)
    assert found.shape == (5, 3, 3)
    for m in range(5):
        expected = composed(angle[m], scale[m], shear[m], translation[m], perspective[m], center[m])
        # A few products of numbers up to 20.
        np.testing.assert_allclose(found[m], expected, atol=1e-13)


def test_nothing_given_is_the_identity():
    np.testing.assert_array_equal(homography_from_parameters(), np.eye(3)[np.newaxis])


def test_without_perspective_the_last_row_is_exact():
    found = homography_from_parameters([0.1, 2], scale=3, shear=0.5, translation=(1, 2), center=(300, 1e5))
    np.testing.assert_array_equal(found[:, 2], [[0, 0, 1]] * 2)


def test_single_values_serve_all():
    many = homography_from_parameters(np.full(4, 0.3), scale=[2.0], translation=[[1, 2]], center=(5, 6))
    one = homography_from_parameters(0.3, scale=2, translation=(1, 2), center=(5, 6))
    np.testing.assert_array_equal(many, np.repeat(one, 4, axis=0))
    assert homography_from_parameters(0.3, scale=[1, 2, 3]).shape == (3, 3, 3)
    assert homography_from_parameters(np.zeros(0)).shape == (0, 3, 3)


def test_the_x_axis_turns_towards_the_y_axis():
    quarter = homography_from_parameters(np.pi / 2)[0]
    np.testing.assert_allclose(mapped(quarter, [[1.0, 0.0]]), [[0, 1]], atol=1e-16)


def test_the_centre_stays_where_it_is():
    center = np.array([[12.0, -7.0]])
    found = homography_from_parameters(0.7, scale=[[2, 3]], shear=0.4, perspective=(0.01, 0.02), center=center)
    np.testing.assert_allclose(mapped(found[0], center), center, atol=1e-13)


def test_turned_twice_is_turned_by_the_sum():
    a, b, both = homography_from_parameters([0.3, 0.5, 0.8], center=(4, 5))
    np.testing.assert_allclose(a @ b, both, atol=1e-15 * 16)


@pytest.mark.parametrize("pixel_center", ["integer", "half"])
def test_a_quarter_turn_about_the_centre_of_a_picture_is_numpys(pixel_center):
    image = np.random.default_rng(0).integers(0, 255, (9, 9), np.uint8)
    h = homography_from_parameters(-np.pi / 2, size=(9, 9), pixel_center=pixel_center)[0]
    warped = warp_perspective(image, h, interpolation="nearest", pixel_center=pixel_center)
    np.testing.assert_array_equal(warped.image, np.rot90(image))


def test_the_centre_of_a_picture_follows_the_pixel_centres():
    for pixel_center, center in (("integer", (3, 1.5)), ("half", (3.5, 2))):
        found = homography_from_parameters(0.5, size=(7, 4), pixel_center=pixel_center)
        np.testing.assert_array_equal(found, homography_from_parameters(0.5, center=center))


def test_opencv_turns_the_same_way_round_the_other():
    cv2 = pytest.importorskip("cv2")
    theirs = cv2.getRotationMatrix2D((30, 20), 25.0, 1.5)  # degrees, counter-clockwise
    ours = homography_from_parameters(np.deg2rad(-25.0), scale=1.5, center=(30, 20))[0]
    np.testing.assert_allclose(ours[:2], theirs, atol=1e-14)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("angle/1", {"angle": [0, np.nan]}),
        ("angle", {"angle": [[0]]}),
        ("scale", {"scale": 0}),
        ("scale/1", {"scale": [1, 0]}),
        ("scale/1/0", {"scale": [[1, 1], [0, 1]]}),
        ("scale", {"scale": [[1, 1, 1]]}),
        ("shear", {"angle": [0, 1], "shear": [1, 2, 3]}),
        ("translation", {"translation": [1, 2, 3]}),
        ("perspective", {"perspective": 1}),
        ("center", {"center": [[1, 2, 3]]}),
        ("size", {"center": [1, 2], "size": (3, 3)}),
        ("size", {"size": (0, 3)}),
        ("pixel_center", {"pixel_center": "corner"}),
    ],
)
def test_a_wrong_argument_is_named(argument, options):
    with pytest.raises(InvalidInput) as caught:
        homography_from_parameters(**options)
    assert caught.value.argument == argument


def test_numbers_that_are_too_large_overflow_by_name():
    with pytest.raises(Degenerate) as caught:
        homography_from_parameters(0.0, scale=1e200, center=(1e200, 0))
    assert caught.value.reason == "overflow"
