from contextlib import suppress

import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import Degenerate, InvalidInput
from geometry.relations import decompose_essential, essential, fundamental
from tests.geometry.cameras.rigs import IDENTITY, K, project, rig, rotations

R = rotations(1, seed=100)[0]
t = np.array([1.0, -0.4, 0.7])
K_RIGHT = np.array([[900.0, -1.5, 320.0], [0.0, 910.0, 250.0], [0.0, 0.0, 1.0]])


def cross(v):
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def test_a_relative_pose_gives_the_textbook_matrix():
    found = essential(IDENTITY, np.c_[R, t], normalization="none")
    # products of three numbers of size 1
    np.testing.assert_allclose(found.essential, cross(t) @ R, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.rotation, R, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.translation, t, rtol=0, atol=1e-14)
    unit = essential(IDENTITY, np.c_[R, t]).essential
    np.testing.assert_allclose(unit, found.essential / np.linalg.norm(found.essential), rtol=0, atol=1e-15)


@pytest.mark.parametrize("scales", [(1.0, 1.0), (-3.0, 1e-120), (1e100, -1e100)])
def test_projections_of_any_scale_give_the_relative_pose(scales):
    turns, shifts = rotations(2, seed=101), np.array([[3.0, 1, -2], [0.5, 5, 1]])
    left = scales[0] * projections_from_poses(K, shifts[:1], rotations=turns[:1])[0]
    right = scales[1] * projections_from_poses(K_RIGHT, shifts[1:], rotations=turns[1:])[0]
    found = essential(left, right, left_intrinsics=K, right_intrinsics=K_RIGHT)
    relative = turns[1] @ turns[0].T
    # dividing K out of a rounded projection costs its condition, about 2^11 roundings
    np.testing.assert_allclose(found.rotation, relative, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.translation, shifts[1] - relative @ shifts[0], rtol=0, atol=1e-11)


def test_the_fundamental_matrix_is_the_negative_of_it_between_pixels():
    left, right = projections_from_poses(K, rotations=rotations(2, seed=102), centers=[[0.0, 0, 0], [1, 2, 3]])
    E = essential(left, right, left_intrinsics=K, right_intrinsics=K).essential
    F = np.linalg.inv(K).T @ E @ np.linalg.inv(K)
    # inverting K twice costs its condition twice
    np.testing.assert_allclose(-F / np.linalg.norm(F), fundamental(left, right), rtol=0, atol=1e-12)


def test_map_coordinates_keep_a_millimetre():
    centers = np.array([5.1e6, 4.8e6, 120.0]) + np.array([[0, 0, 0], [0.001, 0, 0]])
    turns = rotations(2, seed=103)
    left, right = projections_from_poses(np.eye(3), rotations=turns, centers=centers)
    found = essential(left, right)
    # the poses' own t of 5e6 is rounded to 1e-9, which is all that is lost
    expected = turns[1] @ (centers[0] - centers[1])
    assert np.abs(found.translation - expected).max() < 1e-8


def test_singular_values_are_two_equal_ones_and_zero():
    rounded = np.round(np.c_[R, t], 4)
    values = np.linalg.svd(essential(IDENTITY, rounded).essential)[1]
    np.testing.assert_allclose(values, [0.5**0.5, 0.5**0.5, 0], rtol=0, atol=1e-15)


@pytest.mark.parametrize("with_intrinsics", [False, True])
def test_points_choose_among_the_four_poses(with_intrinsics):
    turn = projections_from_poses(np.eye(3), np.zeros((1, 3)), quaternions=[[1, 0.05, -0.1, 0.02]])[0, :, :3]
    left, right = (K, K_RIGHT) if with_intrinsics else (np.eye(3), np.eye(3))
    cameras = np.stack([left @ IDENTITY, right @ np.c_[turn, t]])
    points = np.random.default_rng(104).uniform([-2, -2, 4], [2, 2, 9], (40, 3))
    x = project(cameras, points)
    options = {"left_intrinsics": K, "right_intrinsics": K_RIGHT} if with_intrinsics else {}
    found = decompose_essential(-7 * fundamental(*cameras), *x, **options)
    assert sorted(found.counts.tolist()) == [0, 0, 0, 40]
    assert found.counts[found.best] == 40
    np.testing.assert_allclose(found.rotations[found.best], turn, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.translations[found.best], t / np.linalg.norm(t), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.singular_values, [0.5**0.5, 0.5**0.5, 0], rtol=0, atol=1e-10)


def test_each_of_the_four_poses_has_the_same_matrix():
    E = essential(IDENTITY, np.c_[R, t]).essential
    found = decompose_essential(E)
    assert found.best is None
    assert found.counts.tolist() == [0, 0, 0, 0]
    for rotation, translation in zip(found.rotations, found.translations, strict=True):
        assert np.linalg.det(rotation) == pytest.approx(1)
        again = cross(translation) @ rotation / 2**0.5
        assert min(np.abs(again - E).max(), np.abs(again + E).max()) < 1e-14
    assert np.array_equal(found.translations[0], -found.translations[1])
    assert np.array_equal(found.rotations[0], found.rotations[1])
    assert not np.allclose(found.rotations[0], found.rotations[2])


def test_points_that_leave_it_open_choose_none():
    E = essential(IDENTITY, np.c_[np.eye(3), [-1.0, 0, 0]]).essential
    parallel = decompose_essential(E, [[0.1, 0.2]], [[0.1, 0.2]])
    # rays along the same direction meet in two of the poses nowhere, in the two others on the baseline's half-way turn
    assert parallel.best is None
    assert decompose_essential(E, np.zeros((0, 2)), np.zeros((0, 2))).best is None


def test_no_baseline_and_no_rank_are_refused_by_name():
    for right, reason in ((np.c_[R, [0, 0, 0]], "same_centre"), (np.ones((3, 4)), "rank_deficient_camera")):
        with pytest.raises(Degenerate) as caught:
            essential(IDENTITY, right)
        assert caught.value.reason == reason
    for matrix in (np.zeros((3, 3)), np.ones((3, 3))):
        with pytest.raises(Degenerate, match="rank_deficient_essential"):
            decompose_essential(matrix)


def test_what_is_not_a_pose_with_these_intrinsics_is_refused():
    left, right = rig(2, seed=105)
    with pytest.raises(InvalidInput, match=r"^left: must be a rotation"):
        essential(left, right)
    with pytest.raises(InvalidInput, match=r"^right: must be a rotation"):
        essential(left, right, left_intrinsics=K, right_intrinsics=K_RIGHT)
    with pytest.raises(InvalidInput, match=r"^right: is not K"):
        essential(IDENTITY, [[1, 0, 0, 2], [0, 1, 0, 1], [0, 0, 0, 1]])
    with pytest.raises(InvalidInput, match=r"^left_intrinsics/1/0"):
        essential(left, right, left_intrinsics=np.ones((3, 3)))
    with pytest.raises(InvalidInput, match=r"^normalization: must be one of"):
        essential(IDENTITY, np.c_[R, t], normalization="unit")


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"left_points": [[0, 0]]}, "right_points"),
        ({"right_points": [[0, 0]]}, "left_points"),
        ({"left_intrinsics": K}, "right_intrinsics"),
        ({"right_intrinsics": K}, "left_intrinsics"),
        ({"left_points": [[0, 0]], "right_points": [[0, 0], [1, 1]]}, "right_points"),
    ],
)
def test_one_of_two_is_refused(options, place):
    with pytest.raises(InvalidInput) as caught:
        decompose_essential(cross(t) @ R, **options)
    assert caught.value.argument == place


@pytest.mark.parametrize("size", [1e-308, 1e160, 1e308])
def test_intrinsics_as_large_as_numbers_go_do_not_overflow(size):
    K = np.array([[size, 0.0, 1.0], [0.0, size, 1.0], [0.0, 0.0, 1.0]])
    matrix = np.array([[0.0, -1.0, 2.0], [1.0, 0.0, -3.0], [-2.0, 3.0, 0.0]])
    found = None
    with suppress(Degenerate):
        found = decompose_essential(matrix, left_intrinsics=K, right_intrinsics=K)
    assert found is None or np.isfinite(found.rotations).all()
