from fractions import Fraction

import numpy as np
import pytest

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
        m = output_to_source(homography, **options)
        _, exact = naive.maps(homography, direction, pixel_center)
        scale = Fraction(float(m[0, 0])) / exact[0][0]
        # Each entry is rounded once, and so is the one that gives the scale.
        for row, exact_row in zip(m, exact, strict=True):
            np.testing.assert_allclose(row, [float(scale * entry) for entry in exact_row], rtol=4e-16)


def test_short_entries_give_an_exact_affine_map():
    m = output_to_source([[2, 0, 3], [0, 4, -5], [0, 0, 1]], **OPTIONS)
    np.testing.assert_array_equal(m / m[2, 2], [[0.5, 0, -1.5], [0, 0.25, 1.25], [0, 0, 1]])


def test_cancellation_at_far_origins_loses_nothing():
    far = np.array([[1, 0, 2.0**40], [0, 1, 2.0**40], [0, 0, 1]])
    m = output_to_source(far @ np.array([[1, 2.0**-12, 0], [0, 1, 0], [0, 0, 1]]), **OPTIONS)
    np.testing.assert_array_equal(m / m[2, 2], [[1, -(2.0**-12), -(2.0**40) + 2.0**28], [0, 1, -(2.0**40)], [0, 0, 1]])


@pytest.mark.parametrize("direction", ["source_to_output", "output_to_source"])
def test_w_is_positive_in_front(direction):
    options = {**OPTIONS, "direction": direction}
    for seed in range(20):
        homography = random_homography(np.random.default_rng(seed), (17, 13))
        m = output_to_source(homography, **options)
        forward, backward = naive.maps(homography, direction, "integer")
        sign = naive.front(forward, backward, (17, 13), (17, 13))
        for x, y in [(0, 0), (16, 0), (0, 12), (5, 7), (300, -200), (-400, 90)]:
            w = naive.source_point(forward, backward, x, y)[2] * sign
            assert (m[2] @ [x, y, 1] > 0) == (w > 0)


def test_the_side_of_the_source_centre_is_in_front():
    # The horizon x = 10 of the source cuts the image; the centre (8, 6) has x < 10.
    homography = np.array([[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]])
    m = output_to_source(homography, **OPTIONS)
    near, beyond = (homography @ [x, 6, 1] for x in (7, 11))
    assert m[2] @ (near / near[2]) > 0
    assert m[2] @ (beyond / beyond[2]) < 0


def test_a_horizon_through_the_centre_leaves_its_right_side_in_front():
    # Both sides are in the output: far points of the source come to its column 20 - 8.
    homography = np.array([[1, 0, 20], [0, 1, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, 1, 0], [-0.125, 0, 1]])
    m = output_to_source(homography, **OPTIONS)
    right = homography @ [9, 6, 1]
    assert m[2] @ (right / right[2]) > 0


def test_an_output_wholly_on_the_far_side_is_seen():
    homography = np.array([[1, 0, 0], [0, 1, 0], [-0.1, 0, 1]])
    corners = np.array([homography @ [x, y, 1] for x in (12, 16) for y in (2, 9)])
    corners = corners[:, :2] / corners[:, 2:]
    shift = np.eye(3)
    shift[:2, 2] = -corners.min(axis=0)
    m = output_to_source(shift @ homography, **{**OPTIONS, "output": (20, 20)})
    assert all(m[2] @ [x, y, 1] > 0 for x in (0, 19) for y in (0, 19))


def test_sign_of_the_homography_has_no_influence():
    np.testing.assert_array_equal(output_to_source(MILD, **OPTIONS), output_to_source(-MILD, **OPTIONS))
