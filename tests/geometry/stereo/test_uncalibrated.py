import numpy as np
import pytest

from geometry.errors import Degenerate, InvalidInput
from geometry.stereo import rectify_uncalibrated
from tests.geometry.stereo.pairs import K_LEFT, K_RIGHT, SIZE, apply, project, relation, scene, turn

R = turn(0.02, -0.05, 0.03)
ROWS = np.array([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]])
SPREAD = np.array([[10.0, 10], [90, 15], [30, 60], [100, 50]])


def matches(t, seed=1, turned=R):
    points = scene(seed)
    return relation(turned, t), project(K_LEFT, points), project(K_RIGHT, points @ turned.T + t)


@pytest.mark.parametrize(
    ("t", "axis"),
    [
        ([-0.2, 0.01, 0.02], "horizontal"),
        ([0.2, 0.01, -0.1], "horizontal"),
        ([0.02, 0.3, 0.05], "vertical"),
        ([0.02, -0.3, 0.05], "vertical"),
    ],
)
@pytest.mark.parametrize("scale", [1.0, -1e-150])
def test_matches_lie_on_one_row_or_in_one_column(t, axis, scale):
    F, left, right = matches(np.array(t))
    found = rectify_uncalibrated(scale * F, left, right, SIZE)
    assert found.axis == axis
    across = int(axis == "horizontal")
    moved = apply(found.left_homography, left), apply(found.right_homography, right)
    rows = moved[0][:, across] - moved[1][:, across]
    assert np.abs(rows).max() < 1e-7  # F is known to 1e-16 of entries that differ by 1e4
    assert found.error == pytest.approx(np.sqrt(np.mean(rows**2)), abs=1e-12)
    assert found.error < 1e-7
    # what is left along the rows is the depth of the scene alone
    assert np.abs((moved[0] - moved[1])[:, 1 - across]).max() < 6


def test_neither_image_is_mirrored_or_turned_over():
    F, left, right = matches(np.array([-0.2, 0.01, 0.02]))
    found = rectify_uncalibrated(F, left, right, SIZE)
    middle = (np.array(SIZE) - 1) / 2
    around = middle + np.array([[0, 0], [1, 0], [0, 1]])
    np.testing.assert_allclose(apply(found.right_homography, around)[0], middle, atol=1e-9)
    for H in (found.left_homography, found.right_homography):
        moved = apply(H, around)
        derivative = (moved[1:] - moved[0]).T
        assert np.linalg.det(derivative) > 0.5
        assert derivative[0, 0] > 0.8
        corners = np.array([[0, 0, 1], [127, 0, 1], [0, 71, 1], [127, 71, 1.0]])
        assert (corners @ H[2] > 0).all()


def test_noise_in_the_points_does_not_move_the_rows():
    F, left, right = matches(np.array([-0.2, 0.01, 0.02]))
    rng = np.random.default_rng(2)
    clean = rectify_uncalibrated(F, left, right, SIZE)
    noisy = rectify_uncalibrated(F, left + rng.normal(0, 0.1, left.shape), right, SIZE)
    np.testing.assert_allclose(noisy.right_homography, clean.right_homography, rtol=1e-12)
    np.testing.assert_allclose(noisy.left_homography[1:], clean.left_homography[1:], rtol=1e-9, atol=1e-9)
    assert 0.05 < noisy.error < 0.2


def test_a_pair_that_is_rectified_already_stays_as_it_is():
    found = rectify_uncalibrated(ROWS, SPREAD, SPREAD, SIZE)
    np.testing.assert_allclose(found.left_homography, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(found.right_homography, np.eye(3), atol=1e-12)


def test_pixel_centres_at_halves_move_everything_by_half_a_pixel():
    F, left, right = matches(np.array([-0.2, 0.01, 0.02]))
    shift = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    back = np.linalg.inv(shift)
    plain = rectify_uncalibrated(F, left, right, SIZE)
    half = rectify_uncalibrated(back.T @ F @ back, left + 0.5, right + 0.5, SIZE, pixel_center="half")
    for one, other in zip(plain[:2], half[:2], strict=True):
        np.testing.assert_allclose(shift @ one @ back, other, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize(
    ("F", "left", "reason"),
    [
        ([[0, -1, 36], [1, 0, -64], [-36, 64, 0]], SPREAD, "epipole_in_image"),
        ([[0, -1, 10], [1, 0, -129], [-10, 129, 0]], SPREAD, "horizon_in_image"),
        (np.outer([1.0, 2, 3], [4, 5, 6]), SPREAD, "rank_deficient"),
        (ROWS, np.array([[10.0, 10], [20, 10], [30, 10], [40, 10]]), "collinear_points"),
    ],
)
def test_what_cannot_be_rectified_says_why(F, left, reason):
    with pytest.raises(Degenerate) as caught:
        rectify_uncalibrated(F, left, left, SIZE)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"fundamental": np.zeros((3, 3))}, "fundamental"),
        ({"fundamental": np.eye(2)}, "fundamental"),
        ({"left": SPREAD[:2], "right": SPREAD[:2]}, "left"),
        ({"right": SPREAD[:3]}, "right"),
        ({"left": SPREAD * np.nan}, "left/0/0"),
        ({"size": (5,)}, "size"),
        ({"pixel_center": "corner"}, "pixel_center"),
    ],
)
def test_what_is_wrong_is_named(arguments, place):
    given = {"fundamental": ROWS, "left": SPREAD, "right": SPREAD, "size": SIZE} | arguments
    data = [given.pop(name) for name in ("fundamental", "left", "right", "size")]
    with pytest.raises(InvalidInput) as caught:
        rectify_uncalibrated(*data, **given)
    assert caught.value.argument == place
