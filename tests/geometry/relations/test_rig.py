import numpy as np
import pytest

from geometry.errors import InvalidInput
from geometry.relations import Rig, fundamental, fundamental_all, fundamental_block, fundamental_pairs
from tests.geometry.cameras.rigs import rig


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

    from geometry.kernel import _declared
    from geometry.relations import centres, epipoles, minors, products

    cameras = rig(3, seed=31)
    for normalization in ("frobenius", "none"):
        fundamental(cameras[0], cameras[1], normalization=normalization)
        for dtype in ("float64", "float32"):
            fundamental_all(cameras, dtype=dtype, normalization=normalization, layout="condensed", sizes=(4, 3))
    fundamental_pairs(cameras, [[0, 1]], sizes=np.ones((3, 2)))
    kernels = [
        k
        for k in _declared
        if k.dispatcher.py_func.__module__ in {module.__name__ for module in (centres, epipoles, minors, products)}
    ]
    assert len(kernels) == 8
    for declared in kernels:
        allowed = {numba.core.sigutils.normalize_signature(text)[0] for text in declared.signatures}
        assert set(declared.dispatcher.signatures) <= allowed


@pytest.mark.parametrize("offset", [0.0, 5e6])
@pytest.mark.parametrize("normalization", ["frobenius", "none"])
def test_a_block_is_that_of_all_pairs_to_the_last_bit(bands, offset, normalization):
    cameras = rig(60, seed=36, offset=offset)
    cameras[41] = -3 * cameras[12]
    full = fundamental_all(cameras, normalization=normalization)
    for rows, columns in (
        ((0, 60), (0, 60)),
        ((7, 19), (3, 50)),
        ((40, 42), None),
        ((5, 5), (0, 9)),
        ((9, 12), (30, 30)),
    ):
        found = fundamental_block(cameras, rows, columns, normalization=normalization)
        here = slice(*rows), slice(*(columns or (0, 60)))
        assert np.array_equal(found.fundamental, full.fundamental[here])
        assert np.array_equal(found.status, full.status[here])


@pytest.mark.parametrize("offset", [0.0, 5e6])
def test_cameras_that_join_change_no_bit_of_what_was_there(bands, offset):
    cameras, added = rig(50, seed=37, offset=offset), rig(3, seed=38, offset=offset, spread=500.0)
    before = Rig(cameras)
    grown = before.joined(added)
    assert grown.cameras == 53
    assert np.array_equal(grown.fundamental_block((0, 50), (0, 50)), before.fundamental_rows(0, 50))
    new = fundamental_block(cameras, (50, 53), added=added)
    assert np.array_equal(new.fundamental, grown.fundamental_rows(50, 53))
    assert np.array_equal(new.fundamental.transpose(1, 0, 3, 2), grown.fundamental_block((0, 53), (50, 53)))
    assert np.array_equal(new.status, grown.status(start=50))
    one_by_one = before.joined(added[:1]).joined(added[1:])
    assert np.array_equal(one_by_one.fundamental_rows(0, 53), grown.fundamental_rows(0, 53))
    together = fundamental_all(np.concatenate([cameras, added])).fundamental
    # another origin rounds t' otherwise: a few roundings, times what pixels cancel
    assert np.abs(together - grown.fundamental_rows(0, 53)).max() < 1e-9


def test_a_camera_joins_where_another_one_stands():
    cameras = rig(5, seed=39)
    grown = Rig(cameras).joined(-2 * cameras[3:4])
    assert grown.status(start=5).tolist() == [[0, 0, 0, 1, 0, 1]]
    assert not grown.fundamental_block((5, 6), (3, 4)).any()


def test_an_empty_rig_can_grow():
    cameras = rig(3, seed=40)
    grown = Rig(cameras[:0]).joined(cameras)
    assert grown.cameras == 3
    np.testing.assert_allclose(
        grown.fundamental_rows(0, 3), fundamental_all(cameras).fundamental, rtol=0, atol=1e-12
    )  # the world's unit differs


def test_blocks_go_into_out_as_float32():
    cameras = rig(9, seed=41)
    out = np.empty((2, 9, 3, 3), np.float32)
    found = Rig(cameras).fundamental_block((3, 5), (0, 9), dtype="float32", out=out)
    assert np.shares_memory(found, out)
    assert np.array_equal(out, fundamental_all(cameras, dtype="float32").fundamental[3:5])
    with pytest.raises(InvalidInput, match=r"^out: "):
        Rig(cameras).fundamental_block((3, 4), (0, 9), out=out)
