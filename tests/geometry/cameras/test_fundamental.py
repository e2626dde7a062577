from fractions import Fraction

import numpy as np
import pytest

from geometry.cameras import (
    PAIR_STATUS,
    Rig,
    fundamental,
    fundamental_all,
    fundamental_pairs,
    projections_from_poses,
)
from geometry.errors import Degenerate, InvalidInput
from tests.naive import cameras as naive

U = 2.0**-53  # unit roundoff of float64
K = np.array([[1500.0, 0.5, 1010.0], [0.0, 1490.0, 770.0], [0.0, 0.0, 1.0]])
IDENTITY = np.eye(4)[:3]


def rotations(count, seed):
    quaternions = np.random.default_rng(seed).normal(size=(count, 4))
    return projections_from_poses(np.eye(3), np.zeros((count, 3)), quaternions=quaternions)[:, :, :3]


def rig(count, seed, offset=0.0, spread=10.0):
    rng = np.random.default_rng(seed)
    centers = offset + spread * rng.uniform(-1, 1, (count, 3))
    return projections_from_poses(K, rotations=rotations(count, seed), centers=centers)


def assert_as_exact(found, left, right, factor=16):
    # Minors come out with 2 U, a sum of six products adds 1 U for each product and 3 U for the additions; the same on
    # both sides of a product: below 16 U of the sum of absolute products, which the permanent bounds.
    wanted, sizes = naive.fundamental(left, right), naive.fundamental(left, right, of=naive.permanent)
    for i in range(3):
        for j in range(3):
            assert abs(Fraction(float(found[i, j])) - wanted[i][j]) <= factor * Fraction(U) * sizes[i][j]


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


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e-30])
def test_random_determinants_are_right_to_their_last_bits(scale):
    rng = np.random.default_rng(2)
    for _ in range(50):
        left, right = scale * rng.normal(size=(2, 3, 4))
        # float64 of random cameras may be recentred: t' is rounded once more, hence the wider factor
        assert_as_exact(fundamental(left, right, normalization="none"), left, right, factor=64)


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


def test_swapping_the_cameras_transposes_to_the_last_bit(bands):
    cameras = rig(70, seed=7)
    for normalization in ("frobenius", "none"):
        found = fundamental_all(cameras, normalization=normalization).fundamental
        assert np.array_equal(found, found.transpose(1, 0, 3, 2))


def test_all_rows_pairs_and_layouts_agree_to_the_last_bit(bands):
    cameras = rig(75, seed=8)
    cameras[30] = 2 * cameras[20]
    upper = np.triu_indices(75, 1)
    for normalization in ("frobenius", "none"):
        full = fundamental_all(cameras, normalization=normalization)
        condensed = fundamental_all(cameras, normalization=normalization, layout="condensed")
        assert np.array_equal(full.fundamental[upper], condensed.fundamental)
        assert np.array_equal(full.status[upper], condensed.status)
        pairs = fundamental_pairs(cameras, np.argwhere(np.ones((75, 75))), normalization=normalization)
        assert np.array_equal(full.fundamental.reshape(-1, 3, 3), pairs.fundamental)
        assert np.array_equal(full.status.ravel(), pairs.status)
        prepared = Rig(cameras)
        rows = [prepared.fundamental_rows(*edges, normalization=normalization) for edges in ((0, 1), (1, 66), (66, 75))]
        assert np.array_equal(np.concatenate(rows), full.fundamental)
        rows = [
            prepared.fundamental_rows(*edges, layout="condensed", normalization=normalization)
            for edges in ((0, 5), (5, 75), (75, 75))
        ]
        assert np.array_equal(np.concatenate(rows), condensed.fundamental)
        assert np.array_equal(prepared.status("full", start=3, stop=9), full.status[3:9])


def test_one_pair_equals_the_pair_in_a_rig_near_the_origin():
    cameras = rig(5, seed=9)
    # each call chooses origin and unit for its own cameras; near the origin only the unit differs, by powers of two
    assert np.array_equal(fundamental(cameras[1], cameras[3]), fundamental_all(cameras).fundamental[1, 3])


def test_results_do_not_depend_on_bands(bands):
    cameras = rig(70, seed=10)
    prepared = Rig(cameras)
    expected = fundamental_pairs(cameras, [[i, j] for i in range(70) for j in range(70)]).fundamental
    assert np.array_equal(prepared.fundamental_rows(0, 70).reshape(-1, 3, 3), expected)


def test_float32_is_the_rounded_float64():
    cameras = rig(40, seed=11)
    found = fundamental_all(cameras, dtype="float32").fundamental
    assert found.dtype == np.float32
    assert np.array_equal(found, fundamental_all(cameras).fundamental.astype(np.float32))


def test_pure_sideways_translation_has_its_epipole_at_infinity():
    right = np.c_[np.eye(3), [1.0, 0, 0]]
    found = fundamental(IDENTITY, right, normalization="none")
    assert found.tolist() == naive.fundamental(IDENTITY, right)
    assert found[2, 2] == 0
    assert np.count_nonzero(found) == 2


def test_cameras_at_infinity_have_a_fundamental_matrix():
    affine = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    other = np.array([[0.0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    for left, right in ((affine, other), (affine, rig(1, seed=12)[0]), (rig(1, seed=12)[0], other)):
        assert_as_exact(fundamental(left, right, normalization="none"), left, right, factor=64)
    with pytest.raises(Degenerate, match="same_centre"):
        fundamental(affine, np.add(affine, [[0, 0, 0, 5.0], [0, 0, 0, -2], [0, 0, 0, 0]]))


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


def test_map_coordinates_and_a_millimetre_baseline_lose_nothing():
    centers = np.array([[5.1e6, 4.8e6, 120.0], [5.1e6 + 0.001, 4.8e6, 120.0]])
    cameras = projections_from_poses(K, rotations=rotations(2, seed=17), centers=centers)
    exact = naive.unit_norm(naive.fundamental(*cameras))
    # the change of origin is exact to one rounding of t', so what is left are roundings at the scale of the baseline
    assert np.abs(fundamental(*cameras) - exact).max() < 1e-12
    plain = np.array(naive.plain_fundamental(*cameras))
    plain /= np.linalg.norm(plain)
    assert np.abs(plain - exact).max() > 1e-9  # so the test would notice if the origin stayed where it is


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
    assert np.array_equal(found.status, same)
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


def test_rows_out_of_range_are_refused():
    prepared = Rig(rig(3, seed=30))
    for edges in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(InvalidInput, match=r"^start: "):
            prepared.fundamental_rows(*edges)
    with pytest.raises(InvalidInput, match=r"^start: "):
        prepared.status(start=4)


@pytest.mark.jit
def test_kernels_meet_only_the_types_they_declare():
    import numba

    from geometry.cameras import centres, minors, products
    from geometry.kernel import _declared

    cameras = rig(3, seed=31)
    for normalization in ("frobenius", "none"):
        fundamental(cameras[0], cameras[1], normalization=normalization)
        for dtype in ("float64", "float32"):
            fundamental_all(cameras, dtype=dtype, normalization=normalization, layout="condensed")
    kernels = [
        k
        for k in _declared
        if k.dispatcher.py_func.__module__ in {module.__name__ for module in (centres, minors, products)}
    ]
    assert len(kernels) == 6
    for declared in kernels:
        allowed = {numba.core.sigutils.normalize_signature(text)[0] for text in declared.signatures}
        assert set(declared.dispatcher.signatures) <= allowed
