import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import InvalidInput

K = np.array([[1500.0, 0.5, 1010.0], [0.0, 1490.0, 770.0], [0.0, 0.0, 1.0]])
TURN = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])  # a quarter turn about z


def test_a_projection_is_k_times_r_and_t():
    P = projections_from_poses(K, [[1.0, 2, 3]], rotations=[TURN])
    assert P.shape == (1, 3, 4)
    assert np.array_equal(P[0], K @ np.c_[TURN, [1.0, 2, 3]])


def test_centers_are_projected_to_nothing():
    rng = np.random.default_rng(1)
    centers = rng.normal(size=(5, 3))
    P = projections_from_poses(K, quaternions=rng.normal(size=(5, 4)), centers=centers)
    residual = np.einsum("nij,nj->ni", P, np.c_[centers, np.ones(5)])
    assert np.abs(residual).max() < 1e-11  # sums of terms up to 5000 pixels, each rounded to 1e-12


def test_quaternions_are_w_x_y_z_of_any_length():
    half = np.sqrt(0.5)
    for scale in (1.0, -3.0, 1e200, 1e-200):
        P = projections_from_poses(np.eye(3), [[0.0, 0, 0]], quaternions=[[scale * half, 0, 0, scale * half]])
        np.testing.assert_allclose(P[0, :, :3], TURN, rtol=0, atol=4 * 2.0**-53)  # cos² + sin², each rounded


def test_intrinsics_may_differ_and_are_scaled():
    P = projections_from_poses(np.stack([K, 2 * K]), np.ones((2, 3)), rotations=[TURN, TURN])
    assert np.array_equal(P[0], P[1])


def test_printed_rotations_are_taken_as_they_are():
    rounded = np.round(np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]]) + 3e-5, 4)
    assert np.array_equal(projections_from_poses(np.eye(3), [[0, 0, 0]], rotations=[rounded])[0, :, :3], rounded)


def test_no_poses_give_no_projections():
    assert projections_from_poses(K, np.zeros((0, 3)), rotations=np.zeros((0, 3, 3))).shape == (0, 3, 4)
    assert projections_from_poses(np.zeros((0, 3, 3)), np.zeros((0, 3)), quaternions=np.zeros((0, 4))).shape == (
        0,
        3,
        4,
    )


def bad_intrinsics(i, j, value):
    matrix = K.copy()
    matrix[i, j] = value
    return matrix


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"rotations": None}, "rotations"),
        ({"quaternions": [[1.0, 0, 0, 0]]}, "rotations"),
        ({"translations": None}, "translations"),
        ({"centers": [[0.0, 0, 0]]}, "translations"),
        ({"rotations": [1.002 * TURN]}, "rotations/0"),
        ({"rotations": [-TURN]}, "rotations/0"),
        ({"rotations": [1e200 * TURN]}, "rotations/0"),
        ({"rotations": None, "quaternions": [[0.0, 0, 0, 0]]}, "quaternions/0"),
        ({"translations": [[0.0, 0, 0]] * 2}, "translations"),
        ({"translations": [[0.0, np.inf, 0]]}, "translations/0/1"),
        ({"intrinsics": bad_intrinsics(1, 0, 1.0)}, "intrinsics/1/0"),
        ({"intrinsics": bad_intrinsics(0, 0, -1.0)}, "intrinsics/0/0"),
        ({"intrinsics": bad_intrinsics(1, 1, 0.0)}, "intrinsics/1/1"),
        ({"intrinsics": bad_intrinsics(2, 2, 0.0)}, "intrinsics/2/2"),
        ({"intrinsics": [bad_intrinsics(2, 1, 1.0)]}, "intrinsics/0/2/1"),
        ({"intrinsics": [K, K]}, "intrinsics"),
    ],
)
def test_what_is_no_pose_is_named(arguments, place):
    given = {"intrinsics": K, "translations": [[0.0, 0, 0]], "rotations": [TURN]} | arguments
    with pytest.raises(InvalidInput) as caught:
        projections_from_poses(given.pop("intrinsics"), given.pop("translations"), **given)
    assert caught.value.argument == place
