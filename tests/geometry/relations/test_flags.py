import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import InvalidInput
from geometry.relations import Rig, epipole_flags, fundamental_all, fundamental_pairs
from geometry.relations.flags import centres_seen
from tests.geometry.cameras.rigs import IDENTITY, K, rig

SIZE = (2020, 1540)


def test_epipoles_are_the_null_vectors():
    cameras = rig(12, seed=42)
    pairs = np.argwhere(~np.eye(12, dtype=bool))
    found = fundamental_pairs(cameras, pairs)
    left, right = found.epipoles[:, 0], found.epipoles[:, 1]
    # unit vectors and unit matrices: nine roundings and those of the centres
    assert np.abs(np.einsum("mij,mj->mi", found.fundamental, left)).max() < 1e-13
    assert np.abs(np.einsum("mij,mi->mj", found.fundamental, right)).max() < 1e-13
    assert np.abs(np.linalg.norm(found.epipoles, axis=2) - 1).max() < 1e-15
    assert (found.epipoles[:, :, 2] >= 0).all()
    swapped = fundamental_pairs(cameras, pairs[:, ::-1]).epipoles
    assert np.array_equal(swapped, found.epipoles[:, ::-1])


def test_epipoles_in_the_image_are_told_from_those_outside():
    centers = [[0, 0, 0], [0, 0, 1], [1, 0, 0], [0.5, 0.25, 1], [0.7, 0, 1], [0, 0, -1]]
    cameras = projections_from_poses(K, rotations=np.tile(np.eye(3), (6, 1, 1)), centers=centers)
    found = fundamental_pairs(cameras, [[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 0]], sizes=SIZE)
    # straight ahead; at infinity; at (1760, 1142); at (2060, 770), to the right of the image; behind; none
    assert found.epipole_in_left.tolist() == [True, False, True, False, True, False]
    assert np.array_equal(found.epipole_in_left, found.epipole_in_right)
    assert fundamental_pairs(cameras, [[0, 1]]).epipole_in_left is None


def test_pixels_end_half_a_step_outside_their_centres():
    cameras = np.stack([IDENTITY, np.c_[np.eye(3), [0, 0, -1.0]]])
    for x, inside in ((-0.5, True), (-0.501, False), (9.5, True), (9.501, False)):
        cameras[1, :, 3] = [-x, -2.0, -1.0]
        flags = fundamental_pairs(cameras, [[0, 1]], sizes=(10, 5))
        assert flags.epipole_in_left[0] == inside
        assert epipole_flags(Rig(cameras), (10, 5))[0][0, 1] == inside


def test_all_pairs_and_layouts_agree(bands):
    cameras = rig(300, seed=43)
    cameras[17] = 4 * cameras[250]
    sizes = np.random.default_rng(43).integers(200, 4000, (300, 2))
    full = fundamental_all(cameras, sizes=sizes)
    pairs = np.argwhere(np.ones((300, 300)))
    listed = fundamental_pairs(cameras, pairs, sizes=sizes)
    # sums of four products in another order, so a point within a rounding of the edge could differ: there is none
    assert np.array_equal(full.epipole_in_left.ravel(), listed.epipole_in_left)
    assert np.array_equal(full.epipole_in_right.ravel(), listed.epipole_in_right)
    condensed = fundamental_all(cameras, sizes=sizes, layout="condensed")
    upper = np.triu_indices(300, 1)
    assert np.array_equal(full.epipole_in_left[upper], condensed.epipole_in_left)
    assert np.array_equal(full.epipole_in_right[upper], condensed.epipole_in_right)
    assert 0.1 < full.epipole_in_left.mean() < 0.9
    assert not full.epipole_in_left[17, 250]
    seen = centres_seen(Rig(cameras), (20, 70), (3, 290), sizes)
    assert np.array_equal(seen, full.epipole_in_left[20:70, 3:290])


@pytest.mark.parametrize(
    ("sizes", "place"),
    [((0, 5), "sizes/0"), ([[5, 5], [5, -1]], "sizes/1/1"), ([[5, 5]], "sizes"), ((5, np.nan), "sizes/1")],
)
def test_bad_sizes_are_named(sizes, place):
    for call in (lambda P: fundamental_pairs(P, [[0, 1]], sizes=sizes), lambda P: fundamental_all(P, sizes=sizes)):
        with pytest.raises(InvalidInput) as caught:
            call(rig(2, seed=44))
        assert caught.value.argument == place


def test_no_cameras_have_no_flags():
    found = fundamental_all(np.zeros((0, 3, 4)), sizes=(5, 5), layout="condensed")
    assert found.epipole_in_left.shape == (0,)
    listed = fundamental_pairs(rig(2, seed=45), np.zeros((0, 2)), sizes=(5, 5))
    assert listed.epipoles.shape == (0, 2, 3)
    assert listed.epipole_in_right.shape == (0,)
