import numpy as np
import pytest

from geometry.warp import warp_perspective

PADDING = {
    "constant": {"mode": "constant", "constant_values": 9},
    "replicate": {"mode": "edge"},
    "reflect": {"mode": "symmetric"},
    "reflect_101": {"mode": "reflect"},
    "wrap": {"mode": "wrap"},
}


@pytest.mark.parametrize("border", PADDING)
@pytest.mark.parametrize("interpolation", ["nearest", "linear"])
@pytest.mark.parametrize("shape", [(4, 5), (1, 3), (2, 1), (1, 1)])
def test_borders_continue_the_image_as_padding_does(shape, interpolation, border):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    homography = [[1, 0, 13], [0, 1, 11], [0, 0, 1]]
    size = (shape[1] + 26, shape[0] + 22)
    got = warp_perspective(image, homography, size=size, interpolation=interpolation, border=border, fill=9)
    expected = np.pad(image, ((11, 11), (13, 13), (0, 0)), **PADDING[border])
    np.testing.assert_array_equal(got.image, expected)
    assert got.mask.sum() == shape[0] * shape[1]


@pytest.mark.parametrize("border", ["reflect", "reflect_101", "wrap", "replicate"])
def test_coordinates_beyond_any_integer_are_harmless(border):
    homography = np.array([[1, 0, 0], [0, 1, 0], [-1 / 16 + 1e-18, 0, 1]])
    shifted = np.array([[1, 0, 16], [0, 1, 16], [0, 0, 1]]) @ homography
    got = warp_perspective(np.ones((5, 5)), shifted, border=border, size=(64, 64), fill=1)
    np.testing.assert_allclose(got.image, 1, rtol=1e-15)


def test_a_pixel_half_outside_mixes_in_the_fill():
    image = np.full((2, 2), 100.0)
    got = warp_perspective(image, [[1, 0, 0.25], [0, 1, 0], [0, 0, 1]], fill=20)
    np.testing.assert_array_equal(got.image, [[80, 100], [80, 100]])
    np.testing.assert_array_equal(got.mask, [[False, True], [False, True]])
