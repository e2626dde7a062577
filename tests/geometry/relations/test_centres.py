from fractions import Fraction

import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import Degenerate
from geometry.relations import PAIR_STATUS, Rig, fundamental, fundamental_all, fundamental_pairs
from geometry.relations.centres import coincident_cameras
from tests.geometry.cameras.rigs import K, rig, rotations
from tests.naive import cameras as naive

ILL = PAIR_STATUS.index("ill_conditioned")


@pytest.mark.parametrize("offset", [0.0, 5e6])
def test_the_same_camera_behind_any_homography_is_flagged(offset):
    rng = np.random.default_rng(20)
    cameras = rig(30, seed=20, offset=offset)
    for camera in cameras:
        other = rng.normal(size=(3, 3)) @ camera
        with pytest.raises(Degenerate, match="same_centre") as caught:
            fundamental(camera, other)
        assert caught.value.reason == "same_centre"
    turned = np.concatenate([cameras, rng.normal(size=(30, 3, 3)) @ cameras])
    found = fundamental_all(turned)
    same = np.tile(np.eye(30, dtype=np.uint8), (2, 2))
    # a homography without regard for pixels spoils most digits so far from the origin: some are ill conditioned
    assert np.array_equal(found.status == PAIR_STATUS.index("same_centre"), same == 1)
    assert not (found.status == PAIR_STATUS.index("rank_deficient_camera")).any()
    assert not found.fundamental[same == 1].any()
    assert np.linalg.norm(found.fundamental[same == 0].reshape(-1, 9), axis=1) == pytest.approx(1)


@pytest.mark.parametrize(("offset", "baseline"), [(0.0, 1e-9), (5e6, 1e-3)])
def test_a_baseline_that_the_digits_resolve_is_not_flagged(offset, baseline):
    centers = offset + np.array([[0.0, 0, 0], [baseline, 0, 0], [10, 20, 30], [-20, 10, 5]])
    cameras = projections_from_poses(K, rotations=rotations(4, seed=21), centers=centers)
    assert not fundamental_all(cameras, layout="condensed").status.any()
    fundamental(cameras[0], cameras[1])


def test_a_rig_that_only_turns_has_no_fundamental_matrices():
    centers = np.tile([3.0, -2.0, 7.0], (70, 1))
    cameras = projections_from_poses(K, rotations=rotations(70, seed=22), centers=centers)
    found = fundamental_all(cameras)
    assert (found.status == PAIR_STATUS.index("same_centre")).all()
    assert not found.fundamental.any()


def test_rank_deficient_cameras_are_flagged_at_any_scale():
    rng = np.random.default_rng(23)
    cameras = rig(4, seed=23)
    deficient = rng.normal(size=(3, 2)) @ rng.normal(size=(2, 4))
    for broken in (deficient, 1e120 * deficient, 1e-120 * deficient, np.zeros((3, 4)), np.ones((3, 4))):
        cameras[2] = broken
        found = fundamental_all(cameras)
        expected = np.eye(4, dtype=np.uint8)
        expected[2] = expected[:, 2] = PAIR_STATUS.index("rank_deficient_camera")
        assert np.array_equal(found.status, expected)
        assert not found.fundamental[expected > 0].any()
        assert np.isfinite(found.fundamental).all()
        listed = fundamental_pairs(cameras, [[0, 2], [2, 2], [0, 1]])
        assert listed.status.tolist() == [2, 2, 0]
        assert not listed.fundamental[:2].any()
        with pytest.raises(Degenerate, match="rank_deficient_camera"):
            fundamental(cameras[0], broken)


@pytest.mark.parametrize(("offset", "baseline", "ill"), [(0.0, 1e-10, True), (5e6, 1e-4, True), (5e6, 0.1, False)])
def test_a_baseline_that_the_digits_hardly_resolve_is_ill_conditioned_and_has_a_matrix(offset, baseline, ill):
    centers = offset + np.array([[0.0, 0, 0], [baseline, 0, 0], [10, 20, 30], [-20, 10, 5]])
    cameras = projections_from_poses(K, rotations=rotations(4, seed=21), centers=centers)
    listed, everything = fundamental_pairs(cameras, [[0, 1], [2, 3]]), fundamental_all(cameras)
    assert listed.status.tolist() == [ILL if ill else 0, 0]
    assert everything.status[0, 1] == everything.status[1, 0] == listed.status[0]
    assert np.array_equal(everything.fundamental[0, 1], listed.fundamental[0])
    assert np.linalg.norm(listed.fundamental[0]) == pytest.approx(1)
    # the status is the condition against 1 in 1024
    assert (listed.condition * 2.0**-53 > 2.0**-10).tolist() == [ill, False]
    assert np.linalg.norm(fundamental(cameras[0], cameras[1])) == pytest.approx(1)


def shaken(camera, signs):
    """The camera with each entry wrong by four roundings, exactly."""
    wrong = Fraction(4, 2**53)
    return [
        [Fraction(float(v)) * (1 + int(s) * wrong) for v, s in zip(row, row_signs, strict=True)]
        for row, row_signs in zip(camera, signs, strict=True)
    ]


@pytest.mark.parametrize(("offset", "baseline"), [(0.0, 10.0), (0.0, 1e-6), (5e6, 10.0), (5e6, 1e-3), (1e3, 1e-5)])
def test_the_condition_bounds_what_wrong_entries_do_to_the_matrix(offset, baseline):
    rng = np.random.default_rng(33)
    centers = offset + np.array([[0.0, 0, 0], baseline * rng.normal(size=3)])
    left, right = projections_from_poses(K, rotations=rotations(2, seed=33), centers=centers)
    condition = fundamental_pairs([left, right], [[0, 1]]).condition[0]
    # rows as large as they are in the projections, so that pixels and 1 count alike
    sizes = [np.abs(P[:, :3]).max(axis=1) for P in (left, right)]
    weights = 1 / np.outer(*[[v[1] * v[2], v[2] * v[0], v[0] * v[1]] for v in sizes[::-1]])
    exact = naive.fundamental(left, right)
    length = np.linalg.norm(np.array(exact, float) * weights)
    errors = []
    for _ in range(12):
        signs = rng.choice([-1, 1], size=(2, 3, 4))
        moved = naive.determinants(shaken(left, signs[0]), shaken(right, signs[1]))
        change = [[float(a - b) for a, b in zip(*rows, strict=True)] for rows in zip(moved, exact, strict=True)]
        errors.append(np.linalg.norm(np.array(change) * weights) / length)
    # a bound over all signs and for any camera: random signs reach some hundredths of it
    assert 0.005 < max(errors) / (condition * 2.0**-53) < 1


def test_pairs_without_a_baseline_have_no_condition():
    cameras = np.stack([*rig(2, seed=34), np.zeros((3, 4))])
    found = fundamental_pairs(cameras, [[0, 0], [0, 1], [0, 2]])
    assert found.status.tolist() == [1, 0, 2]
    assert np.isnan(found.condition[[0, 2]]).all()
    assert np.isfinite(found.condition[1])


def test_the_search_along_one_direction_finds_what_comparing_all_pairs_finds(bands):
    rng = np.random.default_rng(35)
    centers = rng.integers(-2, 3, (150, 3)) + rng.choice([0.0, 1e-13, 1e-11], (150, 1))
    cameras = projections_from_poses(K, rotations=rotations(150, seed=35), centers=centers.astype(float))
    prepared = Rig(cameras).prepared
    pairs = np.argwhere(~np.eye(150, dtype=bool))
    status = fundamental_pairs(cameras, pairs).status
    expected = np.zeros(150, bool)
    expected[pairs[status > 0]] = True
    assert np.array_equal(coincident_cameras(prepared), expected)
    assert 0 < expected.sum() < 150


def test_a_crowd_at_one_centre_does_not_hide_the_others():
    rng = np.random.default_rng(46)
    crowd = rng.normal(size=(9, 3, 3)) @ rig(1, seed=46)[0]
    center = -np.linalg.solve(crowd[0][:, :3], crowd[0][:, 3])
    # two that are on a line with the crowd, so that only their distance tells them apart
    others = np.array([[3.0, 2, 1], [30, 20, 10]])
    others = projections_from_poses(K, rotations=rotations(2, seed=46), centers=center + others)
    found = fundamental_all(np.concatenate([crowd, others]))
    expected = np.eye(11, dtype=np.uint8)
    expected[:9, :9] = 1
    assert np.array_equal(found.status, expected)
