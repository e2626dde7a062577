"""How exact the determinants are: against rational arithmetic, with bounds derived from the order of the operations."""

from fractions import Fraction

import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import Degenerate
from geometry.relations import Rig, fundamental, fundamental_all
from tests.geometry.cameras.rigs import IDENTITY, K, U, rig, rotations
from tests.naive import cameras as naive

ULP = Fraction(2 * U)


def assert_within_four_ulp(left, right):
    """
    |F − exact| ≤ 4 ulp · Σ |products of minors| + ½ ulp · permanent, both in the world that was chosen for the pair.

    A minor comes out rounded once (½ ulp) whatever cancels in it, two of them are multiplied, and the sum of six
    products rounds its first term six times: 8 roundings or 4 ulp of the sum of absolute products. Where the world's
    origin moved, the last column t' = t + M s was rounded once, too, and every product of the determinant has one
    entry of that column: ½ ulp of the permanent. What is squared is below a hundredth of an ulp.
    """
    cameras = Rig([left, right])
    origin = cameras.prepared.world.origin
    matrices, status, _ = cameras.fundamental_pairs(np.array([[0, 1]]), normalization="none")
    assert status[0] in (0, 3)
    wanted = naive.fundamental_and_sizes(naive.moved(left, origin), naive.moved(right, origin))
    shifted = bool(origin.any())
    worst = 0.0
    for i in range(3):
        for j in range(3):
            value, size, permanent = wanted[i][j]
            bound = (4 * size + Fraction(shifted, 2) * permanent + permanent / 100_000) * ULP
            error = abs(Fraction(float(matrices[0, i, j])) - value)
            assert error <= bound
            worst = max(worst, float(error / bound) if bound else 0.0)
    return worst


def random_pair(rng, kind):
    if kind == "numbers":
        return rng.normal(size=(2, 3, 4))
    if kind == "decimals":
        return np.round(rng.normal(size=(2, 3, 4)), 2)
    if kind == "scales":
        return rng.normal(size=(2, 3, 4)) * 2.0 ** rng.integers(-30, 30, (2, 3, 4))
    centers = rng.uniform(-10, 10, (2, 3)) + (rng.uniform(-1e5, 1e5, 3) if kind == "map" else 0.0)
    return projections_from_poses(K, quaternions=rng.normal(size=(2, 4)), centers=centers)


@pytest.mark.parametrize("kind", ["numbers", "decimals", "scales", "rig", "map"])
def test_a_thousand_random_pairs_are_right_within_four_ulp(kind):
    rng = np.random.default_rng(1)
    worst = max(assert_within_four_ulp(*random_pair(rng, kind)) for _ in range(200))
    assert worst > 0.01  # the bound is of the size of what happens, not a loophole


MOVE = np.array([[1.0, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
PAIR = rig(2, seed=50)
MAP, STEP, HUNDRED = np.array([5.1e6, 4.8e6, 120.0]), np.array([0.001, 0, 0]), np.array([60.0, 80, 1])
NASTY = {
    "opposite sign": (-PAIR[0], PAIR[1]),
    "both signs opposite": (-PAIR[0], -PAIR[1]),
    "large and small": (PAIR[0] * 1e150, PAIR[1] * 1e-150),
    "small and large": (PAIR[0] * 1e-150, PAIR[1] * 1e150),
    "large and small, opposite sign": (PAIR[0] * -1e150, PAIR[1] * 1e-150),
    "epipole at infinity, sideways": (K @ IDENTITY, K @ IDENTITY @ MOVE),
    "epipole in the centre, ahead": (K @ IDENTITY, K @ np.c_[np.eye(3), [0, 0, 1.0]]),
    "F33 is 0": (IDENTITY, np.c_[np.eye(3), [1.0, 0, 0]]),
    "a camera at infinity": (PAIR[0], np.array([[1.0, 0, 0, 0.25], [0, 1, 0, 3], [0, 0, 0, 1]])),
    "two cameras at infinity": (
        np.array([[1.0, 0, 0, 0.1], [0, 1, 0, 0.7], [0, 0, 0, 1]]),
        np.array([[0.0, 0, 1, 5], [0, 1, 0, 0.3], [0, 0, 0, 1]]),
    ),
    "centres on a line through the origin": (
        projections_from_poses(K, rotations=rotations(1, 51), centers=[[1.0, 2, 3]])[0],
        projections_from_poses(K, rotations=rotations(1, 52), centers=[[3.0, 6, 9]])[0],
    ),
    "a nanometre of baseline": tuple(
        projections_from_poses(K, rotations=rotations(2, 53), centers=[[1.0, 2, 3], [1.0, 2, 3 + 1e-9]])
    ),
    "map coordinates, a millimetre of baseline": tuple(
        projections_from_poses(K, rotations=rotations(2, 54), centers=[MAP, MAP + STEP])
    ),
    "map coordinates, a millimetre ahead": tuple(
        projections_from_poses(K, rotations=np.tile(np.eye(3), (2, 1, 1)), centers=[MAP, MAP + STEP[::-1]])
    ),
    "map coordinates, a hundred metres": tuple(
        projections_from_poses(K, rotations=rotations(2, 55), centers=[MAP, MAP + HUNDRED])
    ),
    "one in map coordinates, one at the origin": tuple(
        projections_from_poses(K, rotations=rotations(2, 56), centers=[MAP, [0.0, 0, 0]])
    ),
    "almost parallel rows": (PAIR[0], np.array([[1.0, 1, 1, 1], [1, 1 + 1e-8, 1, 1], [1, 1, 1 + 1e-8, 2]])),
    "one row a million times the others": (PAIR[0] * [[1e6], [1], [1]], PAIR[1] * [[1], [1e6], [1]]),
    "a focal length of a micrometre": (np.diag([1e-6, 1e-6, 1]) @ PAIR[0], np.diag([1e-6, 1e-6, 1]) @ PAIR[1]),
    "whole numbers that cancel to the last bit": (
        np.array([[3.0, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]]),
        np.array([[9.0, 7, 9, 3], [2, 3, 8, 4], [6, 2, 6, 4]]),
    ),
}


@pytest.mark.parametrize("pair", NASTY.values(), ids=NASTY)
def test_nasty_pairs_are_right_within_four_ulp(pair):
    assert len(NASTY) == 20
    assert_within_four_ulp(*pair)
    exact = naive.unit_norm([[value for value, *_ in row] for row in naive.fundamental_and_sizes(*pair)])
    sign = np.sign((fundamental(*pair) * exact).sum())
    assert sign == 1


@pytest.mark.parametrize(
    "turned",
    [lambda P: -P, lambda P: 1e150 * P, lambda P: np.diag([3.0, -2, 0.7]) @ P, lambda P: rotations(1, 57)[0] @ P],
)
def test_nasty_pairs_with_one_centre_are_told_from_the_others(turned):
    for camera in (PAIR[0], *NASTY["map coordinates, a millimetre of baseline"]):
        with pytest.raises(Degenerate, match="same_centre"):
            fundamental(camera, turned(camera))


def epipolar_error(F, exact, points):
    """Largest distance in pixels between points on the exact epipolar lines and the lines of F."""
    x = np.c_[points, np.ones(len(points))]
    wanted, found = x @ exact.T, x @ F.T
    # three points of the exact line near the picture: the foot from its centre, and a thousand pixels to either side
    normal = wanted[:, :2] / np.hypot(wanted[:, 0], wanted[:, 1])[:, np.newaxis]
    middle = K[:2, 2]
    foot = (
        middle
        - normal * ((wanted[:, :2] @ middle + wanted[:, 2]) / np.hypot(wanted[:, 0], wanted[:, 1]))[:, np.newaxis]
    )
    along = np.c_[-normal[:, 1], normal[:, 0]]
    errors = [
        np.abs(((foot + step * along) * found[:, :2]).sum(axis=1) + found[:, 2]) / np.hypot(found[:, 0], found[:, 1])
        for step in (-1000, 0, 1000)
    ]
    return float(np.max(errors))


@pytest.mark.parametrize(
    ("offset", "baseline", "plain_at_least"), [(0.0, 1.0, 0.0), (0.0, 1e-3, 0.0), (5e6, 1.0, 1e-6), (5e6, 1e-3, 1e-2)]
)
def test_far_from_the_origin_lines_stay_where_they_belong(offset, baseline, plain_at_least):
    rng = np.random.default_rng(58)
    ours, plain = 0.0, 0.0
    for seed in range(12):
        near = np.tile(rotations(1, 60 + seed), (2, 1, 1))
        centers = offset * np.array([1.0, 0.9, 0.1]) + np.array([[0.0, 0, 0], baseline * rng.normal(size=3)])
        cameras = projections_from_poses(K, rotations=near, centers=centers)
        exact = np.array(naive.unit_norm(naive.fundamental(*cameras)))
        points = rng.uniform([0, 0], 2 * K[:2, 2], (20, 2))
        ours = max(ours, epipolar_error(fundamental(*cameras), exact, points))
        by_determinants = np.array(naive.plain_fundamental(*cameras))
        plain = max(plain, epipolar_error(by_determinants / np.linalg.norm(by_determinants), exact, points))
    assert ours < 5e-6  # px; the figure that moving the origin is known to reach
    assert plain >= plain_at_least  # what determinants in the caller's world do: the test notices if nothing is moved


def test_map_coordinates_and_a_millimetre_baseline_lose_nothing():
    centers = np.array([[5.1e6, 4.8e6, 120.0], [5.1e6 + 0.001, 4.8e6, 120.0]])
    cameras = projections_from_poses(K, rotations=rotations(2, seed=17), centers=centers)
    exact = naive.unit_norm(naive.fundamental(*cameras))
    # the change of origin is exact to one rounding of t', so what is left are roundings at the scale of the baseline
    assert np.abs(fundamental(*cameras) - exact).max() < 1e-12


def test_map_coordinates_in_a_large_rig_are_recentred():
    cameras = rig(20, seed=18, offset=5e6, spread=100.0)
    found = fundamental_all(cameras)
    for i, j in ((0, 1), (3, 19), (12, 7)):
        exact = naive.unit_norm(naive.fundamental(cameras[i], cameras[j]))
        assert np.abs(found.fundamental[i, j] - exact).max() < 1e-12  # as above
    assert not (found.status - np.eye(20, dtype=np.uint8)).any()


def test_one_camera_far_away_does_not_spoil_the_others():
    cameras = rig(20, seed=19, offset=5e6, spread=100.0)
    cameras[0] = IDENTITY
    found = fundamental_all(cameras).fundamental
    exact = naive.unit_norm(naive.fundamental(cameras[4], cameras[9]))
    assert np.abs(found[4, 9] - exact).max() < 1e-12
