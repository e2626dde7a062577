import numpy as np
import pytest

from geometry.warp import warp_perspective
from tests.geometry.warp.homographies import random_homography, random_image
from tests.naive import warp as naive

HORIZON = np.array([[1, 0.1, 0], [0.05, 1, 0], [-0.11, 0.02, 1]])


@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
@pytest.mark.parametrize("border", ["constant", "replicate", "wrap"])
@pytest.mark.parametrize("seed", range(4))
def test_a_horizon_across_the_view_is_filled_behind_and_never_mirrored(seed, border, interpolation):
    rng = np.random.default_rng(seed)
    image = random_image(rng, (9, 10), np.float64)
    homography = HORIZON + rng.uniform(-0.01, 0.01, (3, 3))
    shift = np.array([[1, 0, 20], [0, 1, 20], [0, 0, 1]])
    options = {"size": (45, 40), "border": border, "fill": 77, "interpolation": interpolation}
    for h in (shift @ homography, -shift @ homography):
        got = warp_perspective(image, h, **options)
        expected, mask = naive.warp_perspective(image, h, **options)
        np.testing.assert_array_equal(got.mask, mask)
        # Next to the horizon coordinates reach 1e5 px; there they are known to their square times 2^-52.
        np.testing.assert_allclose(got.image, expected, rtol=0, atol=1e-5)
        behind = expected == 77
        assert 0.02 < behind.mean() < 0.98
        assert not got.mask[behind].any()


@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
def test_the_mask_is_where_all_weighted_taps_are_inside(interpolation):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        homography = random_homography(rng, (11, 8))
        image = np.zeros((8, 11), np.uint8)
        got = warp_perspective(image, homography, size=(13, 12), interpolation=interpolation)
        _, mask = naive.warp_perspective(image, homography, (13, 12), interpolation=interpolation)
        np.testing.assert_array_equal(got.mask, mask)
        assert got.mask.dtype == np.bool_


def test_outermost_pixel_centres_are_inside_and_half_a_pixel_more_is_only_for_the_nearest():
    image = np.full((4, 4), 200, np.uint8)
    for shift, interpolation, inside in [
        (0.0, "linear", True),
        (2.0**-31, "linear", True),
        (2.0**-29, "linear", False),
        (0.5, "nearest", True),
        (0.5 + 2.0**-40, "nearest", False),
    ]:
        got = warp_perspective(image, [[1, 0, shift], [0, 1, 0], [0, 0, 1]], interpolation=interpolation)
        assert got.mask[:, 0].all() == inside
        assert got.mask[:, 1:].all()
    got = warp_perspective(image, [[1, 0, -0.5], [0, 1, 0], [0, 0, 1]], interpolation="nearest")
    assert not got.mask[:, 3].any()


def test_an_output_far_away_is_empty():
    got = warp_perspective(np.ones((3, 3)), [[1, 0, 1e12], [0, 1, -1e12], [0, 0, 1]], fill=4)
    assert (got.image == 4).all()
    assert not got.mask.any()
