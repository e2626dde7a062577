import numpy as np
import pytest

from geometry.errors import Degenerate, InvalidInput
from geometry.relations import fundamental, fundamental_all, fundamental_block, fundamental_pairs
from geometry.relations.rig import Rig
from tests.geometry.cameras.rigs import IDENTITY, K, U, rig, rotations
from tests.naive import cameras as naive


def test_the_published_pair_comes_out_exactly():
    right = [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]
    found = fundamental(IDENTITY, right, normalization="none")
    assert found.tolist() == [[0, -3, -3], [0, 3, 3], [3, -3, 3]]


def test_whole_numbers_give_the_exact_determinants():
    rng = np.random.default_rng(1)
    for _ in range(200):
        left, right = rng.integers(-9, 10, (2, 3, 4))
        try:
            found = fundamental(left, right, normalization="none")
        except Degenerate:
            assert not np.any(naive.fundamental(left, right)) or min(map(np.linalg.matrix_rank, (left, right))) < 3
        else:
            # entries below 2000 from products of four digits and a shift of the origin by a few bits: all exact in
            # float64
            assert found.tolist() == naive.fundamental(left, right)


def test_unit_norm_keeps_the_sign():
    rng = np.random.default_rng(3)
    for _ in range(20):
        left, right = rng.normal(size=(2, 3, 4))
        plain, unit = fundamental(left, right, normalization="none"), fundamental(left, right)
        # one square root, one division, sums of nine: within 10 U of the norm
        np.testing.assert_allclose(unit, plain / np.linalg.norm(plain), rtol=0, atol=20 * U)
        assert abs(np.linalg.norm(unit) - 1) < 20 * U


def test_projected_points_satisfy_the_epipolar_constraint():
    cameras = rig(6, seed=4)
    points = np.random.default_rng(4).uniform(-30, 30, (50, 3))
    found = fundamental_all(cameras).fundamental
    pixels = np.einsum("nij,mj->nmi", cameras, np.c_[points, np.ones(50)])
    pixels /= np.linalg.norm(pixels, axis=2, keepdims=True)
    residual = np.einsum("bmi,abij,amj->abm", pixels, found, pixels)
    assert (
        np.abs(residual).max() < 1e-14
    )  # unit vectors against a unit matrix: 9 roundings of products below 1, with margin


def test_agrees_with_the_essential_matrix_of_the_poses():
    R, t = rotations(1, seed=5)[0], np.array([0.3, -1.0, 0.2])
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    textbook = np.linalg.inv(K).T @ cross @ R @ np.linalg.inv(K)
    found = fundamental(K @ IDENTITY, K @ np.c_[R, t])
    textbook /= np.linalg.norm(textbook) * np.sign((textbook * found).sum())
    np.testing.assert_allclose(found, textbook, rtol=0, atol=1e-9)  # inverting K twice costs cond(K)² = 4e6 roundings


def test_agrees_with_the_epipole_and_pseudo_inverse():
    left, right = rig(2, seed=6)
    center = np.linalg.svd(left)[2][3]
    e = right @ center
    cross = np.array([[0, -e[2], e[1]], [e[2], 0, -e[0]], [-e[1], e[0], 0]])
    textbook = cross @ right @ np.linalg.pinv(left)
    found = fundamental(left, right)
    textbook /= np.linalg.norm(textbook) * np.sign((textbook * found).sum())
    np.testing.assert_allclose(found, textbook, rtol=0, atol=1e-9)  # cond(left)² = 1e7 roundings


def test_pure_sideways_translation_has_its_epipole_at_infinity():
    right = np.c_[np.eye(3), [1.0, 0, 0]]
    found = fundamental(IDENTITY, right, normalization="none")
    assert found.tolist() == naive.fundamental(IDENTITY, right)
    assert found[2, 2] == 0
    assert np.count_nonzero(found) == 2


@pytest.mark.parametrize("scale", [-1.0, 1e150, -1e-150, 1e300, 1e-300])
def test_the_scale_of_a_projection_changes_nothing(scale):
    cameras = rig(4, seed=13)
    scaled = cameras * np.array([1, scale, 1 / scale, 1])[:, np.newaxis, np.newaxis]
    for i, j in ((0, 1), (1, 2), (0, 3)):
        # scaling by a decimal number rounds the twelve entries: 64 U times the cancellation of about 2^12 in pixel
        # units; every determinant takes two rows of each camera, so not even the sign changes
        np.testing.assert_allclose(
            fundamental(scaled[i], scaled[j]), fundamental(cameras[i], cameras[j]), rtol=0, atol=2**18 * U
        )


def test_scaling_by_a_power_of_two_changes_no_bit():
    cameras = rig(2, seed=14)
    assert np.array_equal(fundamental(cameras[0] * 2.0**500, cameras[1] * 2.0**-500), fundamental(*cameras))
    plain = fundamental(*cameras, normalization="none")
    assert np.array_equal(
        fundamental(cameras[0] * 2.0**600, cameras[1] * 2.0**-500, normalization="none"), plain * 2.0**200
    )


@pytest.mark.parametrize(("power", "dtype"), [(300, "float64"), (-300, "float64"), (40, "float32"), (-30, "float32")])
def test_plain_determinants_beyond_the_dtype_are_refused(power, dtype):
    cameras = rig(3, seed=15) * 2.0**power
    with pytest.raises(InvalidInput, match="normalization"):
        fundamental_all(cameras, normalization="none", dtype=dtype)
    assert fundamental_all(cameras, dtype=dtype).fundamental.any()


def test_a_change_of_world_changes_only_the_scale():
    cameras = rig(3, seed=16)
    world = np.random.default_rng(16).normal(size=(4, 4))
    moved = cameras @ world
    for i, j in ((0, 1), (1, 2)):
        sign = np.sign(np.linalg.det(world))
        # entries are rounded after the change; pixel units make sums cancel by about 2^12 and the world adds its
        # condition
        np.testing.assert_allclose(
            fundamental(moved[i], moved[j]), sign * fundamental(cameras[i], cameras[j]), rtol=0, atol=1e-9
        )


def test_tiny_entries_still_get_unit_norm():
    left = np.array([[1.0, 0, 0, 1], [0, 1e-90, 0, 0], [0, 0, 1e-90, 0]])
    right = np.array([[1.0, 0, 0, 2], [0, 1e-90, 0, 0], [0, 0, 1e-90, 1e-90]])
    exact = naive.unit_norm(naive.fundamental(left, right))
    for found in (fundamental(left, right), fundamental_all([left, right]).fundamental[0, 1]):
        np.testing.assert_allclose(found, exact, rtol=0, atol=64 * U)


def test_few_cameras_give_small_results():
    for count in (0, 1, 2):
        cameras = rig(2, seed=24)[:count]
        full = fundamental_all(cameras)
        assert full.fundamental.shape == (count, count, 3, 3)
        assert full.status.shape == (count, count)
        condensed = fundamental_all(cameras, layout="condensed")
        assert condensed.fundamental.shape == (count * (count - 1) // 2, 3, 3)
        assert condensed.status.shape == (count * (count - 1) // 2,)
        assert fundamental_pairs(cameras, np.zeros((0, 2))).fundamental.shape == (0, 3, 3)


def test_inputs_may_be_read_only_strided_and_of_other_types():
    cameras = rig(3, seed=25)
    expected = fundamental_all(cameras).fundamental
    cameras.setflags(write=False)
    assert np.array_equal(fundamental_all(cameras).fundamental, expected)
    assert np.array_equal(fundamental_all(np.asfortranarray(cameras)).fundamental, expected)
    assert np.array_equal(fundamental_all(cameras.tolist()).fundamental, expected)
    assert np.array_equal(fundamental_all(cameras.astype(">f8")).fundamental, expected)


def test_results_go_into_out():
    cameras = rig(9, seed=26)
    out = np.empty((9, 9, 3, 3), np.float32)
    found = fundamental_all(cameras, dtype="float32", out=out)
    assert np.shares_memory(found.fundamental, out)
    assert np.array_equal(out, fundamental_all(cameras, dtype="float32").fundamental)


@pytest.mark.parametrize(
    "out",
    [
        np.empty((9, 9, 3, 3), np.float32),
        np.empty((8, 9, 3, 3)),
        np.empty((9, 9, 3, 6))[..., ::2],
        np.broadcast_to(0.0, (9, 9, 3, 3)),
    ],
    ids=["dtype", "shape", "strides", "read-only"],
)
def test_an_out_that_does_not_fit_is_refused(out):
    with pytest.raises(InvalidInput, match=r"^out: "):
        fundamental_all(rig(9, seed=26), out=out)


def test_bad_projections_are_named():
    cameras = rig(20, seed=27)
    cameras[17, 0, 3] = np.nan
    with pytest.raises(InvalidInput, match=r"^projections/17/0/3: "):
        fundamental_all(cameras)
    with pytest.raises(InvalidInput, match=r"^right/0/3: "):
        fundamental(cameras[0], cameras[17])
    with pytest.raises(InvalidInput, match=r"^left: must have shape \(3, 4\)"):
        fundamental(cameras[0, :, :3], cameras[1])
    with pytest.raises(InvalidInput, match=r"^projections: must have shape \(N, 3, 4\)"):
        Rig(cameras[0])


@pytest.mark.parametrize(
    ("pairs", "place"),
    [([[0, 1], [3, 0]], "pairs/1/0"), ([[0, -1]], "pairs/0/1"), ([[0.5, 1]], "pairs/0/0"), ([0, 1], "pairs")],
)
def test_bad_pairs_are_named(pairs, place):
    with pytest.raises(InvalidInput) as caught:
        fundamental_pairs(rig(3, seed=28), pairs)
    assert caught.value.argument == place


@pytest.mark.parametrize("option", [{"layout": "square"}, {"dtype": "float16"}, {"normalization": "f33"}])
def test_unknown_options_are_named(option):
    with pytest.raises(InvalidInput, match=f"^{next(iter(option))}: must be one of"):
        fundamental_all(rig(2, seed=29), **option)


@pytest.mark.parametrize(
    ("rows", "columns", "place"),
    [((0, 4), None, "rows"), ((2, 1), None, "rows"), ((0, 1), (-1, 2), "columns"), ((0.5, 1), None, "rows")],
)
def test_blocks_out_of_range_are_refused(rows, columns, place):
    with pytest.raises(InvalidInput, match=f"^{place}: "):
        fundamental_block(rig(3, seed=32), rows, columns)
    with pytest.raises(InvalidInput, match=r"^added: "):
        fundamental_block(rig(3, seed=32), (0, 1), added=np.zeros((2, 4, 3)))
