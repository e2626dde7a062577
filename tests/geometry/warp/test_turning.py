import numpy as np
import pytest

from geometry import warp_affine, warp_perspective
from geometry.errors import Degenerate, InvalidInput
from tests.geometry.warp.homographies import rotation


def a_field(homography, points):
    """Where short steps to the right and down go, as directions, by the homography itself."""

    def moved(p):
        q = np.concatenate([p, np.ones((*p.shape[:-1], 1))], axis=-1) @ np.asarray(homography).T
        return q[..., :2] / q[..., 2:]

    step = 1e-6
    steps = np.array([[step, 0.0], [0.0, step]])
    right, down = ((moved(points + by) - moved(points - by)) / (2 * step) for by in steps)
    return right, down


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, 250])
@pytest.mark.parametrize("vectors", ["down", "up"])
def test_a_rotation_turns_all_vectors_by_its_angle(degrees, vectors):
    image = np.zeros((9, 9, 3))
    image[..., :2] = 0.6, -0.2
    image[..., 2] = 7
    homography = rotation(degrees, (4, 4))
    got, mask = warp_perspective(image, homography, vectors=vectors, border="replicate")
    flip = np.diag([1, 1 if vectors == "down" else -1])
    expected = flip @ homography[:2, :2] @ flip @ [0.6, -0.2]
    np.testing.assert_allclose(got[..., :2], np.broadcast_to(expected, (9, 9, 2)), rtol=0, atol=1e-14)
    np.testing.assert_array_equal(got[..., 2], 7)
    assert mask[4, 4]


def test_a_perspective_map_turns_each_vector_by_its_local_rotation():
    homography = np.array([[0.9, -0.4, 9.0], [0.5, 1.1, -3.0], [2e-3, 1e-3, 1.0]])
    image = np.zeros((40, 40, 2))
    image[..., 0] = 1.0
    got, mask = warp_perspective(image, homography, vectors="down", border="replicate", size=(50, 45))
    y, x = np.mgrid[:45, :50]
    q = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(homography).T
    right, down = a_field(homography, q[..., :2] / q[..., 2:])
    # The nearest rotation to [right down] has the direction of right + down turned back by a right angle.
    along = right + np.stack([down[..., 1], -down[..., 0]], axis=-1)
    expected = along / np.linalg.norm(along, axis=-1, keepdims=True)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-8)  # differences over steps of 1e-6
    assert 0.2 < mask.mean() < 0.9


def test_a_part_of_the_output_is_the_crop_of_the_whole_and_fills_stay():
    rng = np.random.default_rng(5)
    image = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    homography = np.array([[0.9, -0.4, 9.0], [0.5, 1.1, -3.0], [2e-3, 1e-3, 1.0]])
    options = {"vectors": "up", "encoding": "unorm128", "fill": (1, 2, 3)}
    whole = warp_perspective(image, homography, **options)
    part = warp_perspective(image, homography, roi=(3, 5, 20, 17), **options)
    np.testing.assert_array_equal(part.image, whole.image[5:22, 3:23])
    nothing = warp_perspective(np.ones((30, 40)), homography).image == 0
    assert nothing.any()
    np.testing.assert_array_equal(whole.image[nothing], np.broadcast_to([1, 2, 3], (nothing.sum(), 3)))


def test_mirrored_maps_and_images_without_vectors_are_refused():
    with pytest.raises(Degenerate) as caught:
        warp_affine(np.zeros((4, 4, 2)), [[-1, 0, 3], [0, 1, 0]], vectors="down")
    assert caught.value.reason == "mirrored_map"
    with pytest.raises(InvalidInput) as refused:
        warp_affine(np.zeros((4, 4)), [[1, 0, 3], [0, 1, 0]], vectors="down")
    assert refused.value.argument == "vectors"
