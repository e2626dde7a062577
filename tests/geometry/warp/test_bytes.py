import numpy as np
import pytest

from geometry.warp import warp_perspective
from tests.geometry.warp.homographies import random_homography, random_image, rotation

# Rounding, and what 15-bit fractions and float32 coordinates leave: below 2e-4 px at a scale of 1, 1/1024 px at the
# most before float64 takes over; the gradient is at most 255 in both directions.
FINE = 0.5 + 2 * 255 * 2e-4
COARSE = 0.5 + 2 * 255 / 1024


def exact(image, homography, **options):
    """The same through float64, whose kernel is another."""
    return warp_perspective(image.astype(np.float64), homography, **options)


@pytest.mark.jit  # larger than an interpreter should walk through
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_bytes_agree_with_float64_over_many_chunks(seed, channels):
    rng = np.random.default_rng(seed)
    image = random_image(rng, (400, 700, channels), np.uint8)
    homography = random_homography(rng, (700, 400))
    got, expected = warp_perspective(image, homography), exact(image, homography)
    np.testing.assert_allclose(got.image.astype(float), expected.image, rtol=0, atol=COARSE)
    np.testing.assert_array_equal(got.mask, expected.mask)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_turned_image_agrees_with_float64(channels):
    image = random_image(np.random.default_rng(1), (24, 30, channels), np.uint8)
    turn = rotation(33, (15, 12))
    got, expected = warp_perspective(image, turn), exact(image, turn)
    np.testing.assert_allclose(got.image.astype(float), expected.image, rtol=0, atol=FINE)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("factor", [0.5, 3, 40, 700])
def test_any_reduction_agrees_with_float64(factor, channels):
    image = random_image(np.random.default_rng(2), (3, 2000, channels), np.uint8)
    homography = np.diag([1 / factor, 1, 1]) @ np.array([[1, 0.3, 0.1], [0, 1, 0.2], [0, 0, 1]])
    options = {"size": (min(1000, int(2000 / factor)), 3)}
    got, expected = warp_perspective(image, homography, **options), exact(image, homography, **options)
    np.testing.assert_allclose(got.image.astype(float), expected.image, rtol=0, atol=COARSE)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_last_bytes_of_the_image_are_read_and_none_behind(channels):
    rng = np.random.default_rng(3)
    for shape in [(1, 1), (2, 1), (1, 2), (2, 2), (3, 3), (5, 2)]:
        image = random_image(rng, (*shape, channels), np.uint8)
        homography = [[1, 0, -0.25], [0, 1, -0.5], [0, 0, 1]]
        got, expected = warp_perspective(image, homography), exact(image, homography)
        np.testing.assert_allclose(got.image.astype(float), expected.image, rtol=0, atol=FINE)
        full = warp_perspective(image, np.eye(3))
        np.testing.assert_array_equal(full.image, image)


def test_halves_round_up():
    image = np.array([[10, 11, 13, 255, 254]], np.uint8)
    got = warp_perspective(image, [[1, 0, -0.5], [0, 1, 0], [0, 0, 1]], size=(4, 1))
    np.testing.assert_array_equal(got.image, [[11, 12, 134, 255]])


def test_a_strong_perspective_within_one_chunk_agrees_with_float64():
    image = random_image(np.random.default_rng(4), (6, 256, 3), np.uint8)
    homography = np.array([[1, 0, 0], [0, 1, 0], [0.02, 0, 1]])
    options = {"size": (44, 6)}
    got, expected = warp_perspective(image, homography, **options), exact(image, homography, **options)
    np.testing.assert_allclose(got.image.astype(float), expected.image, rtol=0, atol=COARSE)
    assert got.mask.any()
