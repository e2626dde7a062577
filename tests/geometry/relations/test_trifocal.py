from fractions import Fraction

import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import InvalidInput
from geometry.relations import TRIPLET_STATUS, Rig, trifocal
from tests.geometry.cameras.rigs import IDENTITY, K, U, project, rig, rotations
from tests.naive import cameras as naive

ULP = Fraction(2 * U)


def status_of(name):
    return TRIPLET_STATUS.index(name)


def assert_within_three_ulp(cameras):
    """
    Minors of two rows, and of two planes, come out rounded once each; they are multiplied, and the sum of two sums of
    three products rounds each at most four times: 6 roundings or 3 ulp of the sum of absolute products. A moved origin
    rounds t' once, an entry of which is in every product of the determinant: ½ ulp of the permanent.
    """
    origin = Rig(cameras).prepared.world.origin
    found = trifocal(cameras, normalization="none")
    assert found.status[0] == 0
    wanted = naive.trifocal_and_sizes(*(naive.moved(camera, origin) for camera in cameras))
    for i in range(3):
        for j in range(3):
            for k in range(3):
                value, size, permanent = wanted[i][j][k]
                bound = (3 * size + Fraction(bool(origin.any()), 2) * permanent + permanent / 100_000) * ULP
                assert abs(Fraction(float(found.trifocal[0, i, j, k])) - value) <= bound


@pytest.mark.parametrize("kind", ["numbers", "rig", "map"])
def test_tensors_are_the_exact_determinants_within_three_ulp(kind):
    rng = np.random.default_rng(70)
    for seed in range(20):
        if kind == "numbers":
            assert_within_three_ulp(rng.normal(size=(3, 3, 4)))
        else:
            assert_within_three_ulp(rig(3, seed=seed, offset=5e6 if kind == "map" else 0.0))


@pytest.mark.parametrize("scales", [(-1.0, 1.0, 1.0), (1e150, 1e-150, 1e-150), (1.0, 1e150, -1e-150)])
def test_tensors_of_scaled_projections_are_exact_too(scales):
    assert_within_three_ulp(rig(3, seed=71) * np.array(scales)[:, np.newaxis, np.newaxis])


def test_whole_numbers_give_whole_tensors():
    cameras = [IDENTITY, [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]], [[1, 0, 0, -1], [0, 1, 0, 2], [0, 0, 1, 4]]]
    found = trifocal(cameras, normalization="none").trifocal[0]
    second, third = np.array(cameras[1]), np.array(cameras[2])
    # with the first camera [I | 0]: T_i = a_i b_4ᵀ − a_4 b_iᵀ
    textbook = [np.outer(second[:, i], third[:, 3]) - np.outer(second[:, 3], third[:, i]) for i in range(3)]
    assert np.array_equal(found, textbook)


def test_lines_and_points_of_three_views_satisfy_the_incidences():
    cameras = rig(3, seed=72)
    T = trifocal(cameras).trifocal[0]
    points = np.random.default_rng(72).uniform(-30, 30, (40, 3))
    x = np.concatenate([project(cameras, points), np.ones((3, 40, 1))], axis=2)
    lines = np.cross(x[:, :20], x[:, 20:])
    lines /= np.linalg.norm(lines, axis=2, keepdims=True)
    x /= np.linalg.norm(x, axis=2, keepdims=True)
    first = np.einsum("mj,ijk,mk->mi", lines[1], T, lines[2])
    # parallel to the line of the first view; pixels make sums of 27 products cancel by about 2^20
    assert np.abs(np.cross(first / np.linalg.norm(first, axis=1, keepdims=True), lines[0])).max() < 1e-9
    point_line_line = np.einsum("mi,mj,ijk,mk->m", x[0, :20], lines[1], T, lines[2])
    assert np.abs(point_line_line).max() < 1e-14


def test_the_default_is_the_first_three_and_unit_norm_keeps_the_sign():
    cameras = rig(4, seed=73)
    unit, plain = trifocal(cameras), trifocal(cameras, [[0, 1, 2]], normalization="none")
    assert unit.trifocal.shape == (1, 3, 3, 3)
    # one root, two divisions, sums of 27: within 20 U of the norm
    expected = plain.trifocal / np.linalg.norm(plain.trifocal)
    np.testing.assert_allclose(unit.trifocal, expected, rtol=0, atol=40 * U)


def test_swapping_the_others_transposes_every_slice_with_the_other_sign():
    cameras = rig(3, seed=74)
    found = trifocal(cameras, [[0, 1, 2], [0, 2, 1]], normalization="none").trifocal
    assert np.array_equal(found[0], -found[1].transpose(0, 2, 1))


def test_lists_do_not_depend_on_bands_and_equal_single_triplets(bands):
    cameras = rig(12, seed=75)
    triplets = np.random.default_rng(75).permuted(np.tile(np.arange(12), (40, 1)), axis=1)[:, :3]
    found = trifocal(cameras, triplets)
    assert not found.status.any()
    for m in (0, 11, 39):
        np.testing.assert_allclose(
            found.trifocal[m], trifocal(cameras[triplets[m]]).trifocal[0], rtol=0, atol=1e-13
        )  # another unit of the world


def test_shared_centres_are_told():
    cameras = rig(3, seed=76)
    turned = [np.diag([2.0, -1, 3]) @ cameras[0], -cameras[0]]
    stacked = np.stack([*cameras, *turned, np.ones((3, 4))])
    triplets = [[0, 1, 2], [0, 3, 4], [0, 3, 1], [1, 0, 3], [0, 1, 3], [0, 1, 5], [5, 0, 0], [0, 0, 0]]
    found = trifocal(stacked, triplets)
    names = ["ok", "same_centre", *["two_same_centres"] * 3, *["rank_deficient_camera"] * 2, "same_centre"]
    assert [TRIPLET_STATUS[code] for code in found.status] == names
    empty = [1, 5, 6, 7]
    assert not found.trifocal[empty].any()
    norms = np.linalg.norm(np.delete(found.trifocal, empty, axis=0).reshape(4, -1), axis=1)
    assert norms == pytest.approx(1)


def test_a_baseline_that_the_digits_hardly_resolve_is_told():
    centers = 5e6 + np.array([[0.0, 0, 0], [1e-4, 0, 0], [10, 20, 30]])
    cameras = projections_from_poses(K, rotations=rotations(3, seed=77), centers=centers)
    found = trifocal(cameras)
    assert found.status[0] == status_of("ill_conditioned")
    assert np.linalg.norm(found.trifocal) == pytest.approx(1)


def test_no_triplets_and_no_cameras():
    assert trifocal(rig(3, seed=78), np.zeros((0, 3))).trifocal.shape == (0, 3, 3, 3)
    assert trifocal(np.zeros((0, 3, 4)), np.zeros((0, 3))).status.shape == (0,)


@pytest.mark.parametrize(
    ("triplets", "place"),
    [
        ([[0, 1, 3]], "triplets/0/2"),
        ([[0, 1, 2], [-1, 0, 1]], "triplets/1/0"),
        ([[0, 1]], "triplets"),
        (None, "triplets/0/2"),
    ],
)
def test_bad_triplets_are_named(triplets, place):
    with pytest.raises(InvalidInput) as caught:
        trifocal(rig(2 if triplets is None else 3, seed=79), triplets)
    assert caught.value.argument == place


def test_other_errors_are_named():
    cameras = rig(3, seed=80)
    with pytest.raises(InvalidInput, match=r"^normalization: must be one of"):
        trifocal(cameras, normalization="f33")
    with pytest.raises(InvalidInput, match=r"^normalization: the plain determinants"):
        trifocal(cameras * 1e250, normalization="none")
    assert trifocal(cameras * 1e250).trifocal.any()
    with pytest.raises(InvalidInput, match=r"^projections: must have shape"):
        trifocal(cameras[0])
