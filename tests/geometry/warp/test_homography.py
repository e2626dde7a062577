from fractions import Fraction

import numpy as np
import pytest

from geometry.errors import Degenerate, InvalidInput
from geometry.warp.homography import output_to_source
from tests.geometry.warp.homographies import MILD, random_homography
from tests.naive import warp as naive

OPTIONS = {"direction": "source_to_output", "pixel_center": "integer", "source": (17, 13), "output": (17, 13)}


@pytest.mark.parametrize("direction", ["source_to_output", "output_to_source"])
@pytest.mark.parametrize("pixel_center", ["integer", "half"])
def test_entries_are_those_of_the_exact_inverse_rounded_once(pixel_center, direction):
    options = {**OPTIONS, "direction": direction, "pixel_center": pixel_center}
    for seed in range(20):
        homography = random_homography(np.random.default_rng(seed), (17, 13))
        m = output_to_source(homography, **options).m
        _, exact = naive.maps(homography, direction, pixel_center)
        scale = Fraction(float(m[0, 0])) / exact[0][0]
        # Each entry is rounded once, and so is the one that gives the scale.
        for row, exact_row in zip(m, exact, strict=True):
            np.testing.assert_allclose(row, [float(scale * entry) for entry in exact_row], rtol=4e-16)


def test_short_entries_give_an_exact_affine_map():
    m = output_to_source([[2, 0, 3], [0, 4, -5], [0, 0, 1]], **OPTIONS).m
    np.testing.assert_array_equal(m / m[2, 2], [[0.5, 0, -1.5], [0, 0.25, 1.25], [0, 0, 1]])


def test_cancellation_at_far_origins_loses_nothing():
    far = np.array([[1, 0, 2.0**40], [0, 1, 2.0**40], [0, 0, 1]])
    m = output_to_source(far @ np.array([[1, 2.0**-12, 0], [0, 1, 0], [0, 0, 1]]), **OPTIONS).m
    np.testing.assert_array_equal(m / m[2, 2], [[1, -(2.0**-12), -(2.0**40) + 2.0**28], [0, 1, -(2.0**40)], [0, 0, 1]])


@pytest.mark.parametrize("direction", ["source_to_output", "output_to_source"])
def test_w_is_positive_in_front(direction):
    options = {**OPTIONS, "direction": direction}
    for seed in range(20):
        homography = random_homography(np.random.default_rng(seed), (17, 13))
        m = output_to_source(homography, **options).m
        forward, backward = naive.maps(homography, direction, "integer")
        sign = naive.front(forward, backward, (17, 13), (17, 13))
        for x, y in [(0, 0), (16, 0), (0, 12), (5, 7), (300, -200), (-400, 90)]:
            w = naive.source_point(forward, backward, x, y)[2] * sign
            assert (m[2] @ [x, y, 1] > 0) == (w > 0)


def test_the_side_of_the_source_centre_is_in_front():
    # The horizon x = 10 of the source cuts the image; the centre (8, 6) has x < 10.
    homography = np.array([[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]])
    m = output_to_source(homography, **OPTIONS).m
    near, beyond = (homography @ [x, 6, 1] for x in (7, 11))
    assert m[2] @ (near / near[2]) > 0
    assert m[2] @ (beyond / beyond[2]) < 0


def test_a_horizon_through_the_centre_leaves_its_right_side_in_front():
    # Both sides are in the output: far points of the source come to its column 20 - 8.
    homography = np.array([[1, 0, 20], [0, 1, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, 1, 0], [-0.125, 0, 1]])
    m = output_to_source(homography, **OPTIONS).m
    right = homography @ [9, 6, 1]
    assert m[2] @ (right / right[2]) > 0


def test_an_output_wholly_on_the_far_side_is_seen():
    homography = np.array([[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]])
    corners = np.array([homography @ [x, y, 1] for x in (12, 16) for y in (2, 9)])
    corners = corners[:, :2] / corners[:, 2:]
    shift = np.eye(3)
    shift[:2, 2] = -corners.min(axis=0)
    m = output_to_source(shift @ homography, **{**OPTIONS, "output": (20, 20)}).m
    assert all(m[2] @ [x, y, 1] > 0 for x in (0, 19) for y in (0, 19))


def test_sign_of_the_homography_has_no_influence():
    np.testing.assert_array_equal(output_to_source(MILD, **OPTIONS).m, output_to_source(-MILD, **OPTIONS).m)


@pytest.mark.parametrize("pixel_center", ["integer", "half"])
@pytest.mark.parametrize("seed", range(5))
def test_a_fitting_canvas_shows_all_corners_and_no_smaller_one_does(seed, pixel_center):
    rng = np.random.default_rng(seed)
    homography = np.eye(3) + rng.uniform(-0.3, 0.3, (3, 3))
    homography[2, :2] *= 0.02
    homography[:2, 2] *= 1000
    placed = output_to_source(homography, **{**OPTIONS, "output": None, "pixel_center": pixel_center})
    (x0, y0), (width, height) = placed.origin, placed.size
    shift = 0.5 if pixel_center == "half" else 0.0
    source = OPTIONS["source"]
    corners = (
        np.array([[x + shift, y + shift, 1] for x in (0, source[0] - 1) for y in (0, source[1] - 1)]) @ homography.T
    )
    at = corners[:, :2] / corners[:, 2:] - shift - (x0, y0)
    assert (at > -1e-6).all()
    assert (at.min(axis=0) < 1).all()
    assert (at.max(axis=0) <= (width - 1 + 1e-6, height - 1 + 1e-6)).all()
    assert (at.max(axis=0) > (width - 2, height - 2)).all()
    q = placed.m @ [*at[0], 1]
    np.testing.assert_allclose(q[:2] / q[2], (0, 0), atol=1e-9)  # the first corner; coordinates to 1e-12 of 1000 px


def test_no_canvas_fits_an_image_with_the_horizon_in_it():
    with pytest.raises(Degenerate) as caught:
        output_to_source([[1, 0, 0], [0, 1, 0], [-0.1, 0, 0.5]], **{**OPTIONS, "output": None})
    assert caught.value.reason == "horizon_in_image"


def test_a_canvas_of_unheard_of_size_is_refused():
    with pytest.raises(InvalidInput, match="too large") as caught:
        output_to_source(np.diag([1e10, 1, 1]), **{**OPTIONS, "output": None})
    assert caught.value.argument == "size"
