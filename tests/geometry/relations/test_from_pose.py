from contextlib import suppress

import numpy as np
import pytest

from geometry import fundamental, fundamental_from_pose, projections_from_poses
from geometry.errors import Degenerate, InvalidInput

LEFT = np.array([[800.0, 0.5, 320.0], [0.0, 790.0, 240.0], [0.0, 0.0, 1.0]])
RIGHT = np.array([[610.0, 0.0, 300.0], [0.0, 620.0, 255.0], [0.0, 0.0, 1.0]])


def turn(seed, angle):
    x, y, z = np.random.default_rng(seed).normal(size=3)
    axis = np.array([x, y, z]) / np.sqrt(x * x + y * y + z * z)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def test_is_the_matrix_of_the_two_projections_wherever_the_world_is():
    R1, R2, t1, t2 = turn(1, 0.7), turn(2, 0.9), np.array([0.5, -2.0, 3.0]), np.array([-1.0, 0.25, 2.0])
    P = projections_from_poses(np.stack([LEFT, RIGHT]), np.stack([t1, t2]), rotations=np.stack([R1, R2]))
    R = R2 @ R1.T
    got = fundamental_from_pose(LEFT, RIGHT, R, t2 - R @ t1)
    # A dozen roundings of unit-norm entries, amplified by the condition of the intrinsics, about 1e3.
    np.testing.assert_allclose(got, fundamental(*P), rtol=0, atol=1e-12)


def test_is_minus_the_textbook_product():
    R, t = turn(3, 0.3), np.array([0.3, -0.1, 0.05])
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    product = -np.linalg.inv(RIGHT).T @ cross @ R @ np.linalg.inv(LEFT)
    got = fundamental_from_pose(LEFT, RIGHT, R, t)
    np.testing.assert_allclose(got, product / np.linalg.norm(product), rtol=0, atol=1e-12)


def test_a_point_lies_on_the_line_of_its_match():
    R, t, X = turn(4, 0.2), np.array([0.4, 0.1, -0.1]), np.array([0.3, -0.2, 4.0])
    left, right = LEFT @ X, RIGHT @ (R @ X + t)
    line = fundamental_from_pose(LEFT, RIGHT, R, t) @ (left / left[2])
    assert abs(line @ (right / right[2])) <= 1e-10 * np.hypot(*line[:2])


def test_no_translation_has_no_matrix():
    with pytest.raises(Degenerate) as caught:
        fundamental_from_pose(LEFT, RIGHT, turn(5, 0.2), np.zeros(3))
    assert caught.value.reason == "same_centre"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("left_intrinsics", np.ones((3, 3))),
        ("right_intrinsics", np.eye(4)),
        ("rotation", 2 * np.eye(3)),
        ("rotation", np.eye(4)),
        ("translation", [1.0, np.nan, 0.0]),
        ("translation", [1.0, 2.0]),
        ("normalization", "f33"),
    ],
)
def test_wrong_arguments_are_named(name, value):
    given = {"left_intrinsics": LEFT, "right_intrinsics": RIGHT, "rotation": np.eye(3), "translation": [1.0, 0, 0]}
    given[name] = value
    normalization = given.pop("normalization", "frobenius")
    with pytest.raises(InvalidInput) as caught:
        fundamental_from_pose(*given.values(), normalization=normalization)
    assert caught.value.argument.split("/")[0] == name


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e300])
def test_extreme_focal_lengths_give_a_matrix_or_a_reason(size):
    K = np.diag([size, size, 1.0])
    found = None
    with suppress(Degenerate):
        found = fundamental_from_pose(K, K, turn(6, 0.4), [1.0, 2.0, 3.0])
    assert found is None or np.isfinite(found).all()
