import sys

import numpy as np
import pytest

from geometry import InvalidInput, fundamental_pairs, projections_from_poses, view_graph
from geometry.bands import band_count
from geometry.graph import VIEW_STATUS
from geometry.graph.spanning import graph_components, spanning_forest
from tests.naive import view_graph as naive

MEASURES = ("baseline_angle", "direction_angle", "overlap", "scale_ratio", "distance")


def ring(count, seed, *, spread=0.3):
    """Cameras around a scene, looking at it, each with an image and a depth range of its own."""
    rng = np.random.default_rng(seed)
    cameras = []
    for _ in range(count):
        C = rng.normal(size=3)
        C[2] += 3
        C *= rng.uniform(8, 12) / np.linalg.norm(C)
        z = -C / np.linalg.norm(C) + rng.normal(size=3) * spread
        z /= np.linalg.norm(z)
        x = np.cross(z, rng.normal(size=3))
        x /= np.linalg.norm(x)
        f = rng.uniform(400, 900)
        K = [[f, 0.01 * f, rng.uniform(200, 400)], [0, f * 1.1, rng.uniform(150, 300)], [0, 0, 1]]
        size, near = rng.integers(200, 800, 2), rng.uniform(4, 7)
        cameras.append((K, np.stack([x, np.cross(z, x), z]).tolist(), C.tolist(), size.tolist(), [near, near * 2.5]))
    return cameras


def arrays(cameras):
    K, R, C, sizes, ranges = (np.array(column) for column in zip(*cameras, strict=True))
    return projections_from_poses(K, rotations=R, centers=C), sizes, ranges


def row(*places, f=800.0):
    """Cameras side by side that look along z, 640 × 480."""
    K = [[f, 0, 319.5], [0, f, 239.5], [0, 0, 1]]
    centers = [[x, 0, 0] if np.ndim(x) == 0 else x for x in places]
    return projections_from_poses(K, quaternions=[[1, 0, 0, 0]] * len(places), centers=centers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_agree_with_plain_loops_over_intrinsics_and_poses(seed, bands):
    cameras = ring(7, seed)
    weights = (1.0, 0.5, 2.0, 1.5)
    found = view_graph(
        *arrays(cameras),
        neighbours=6,
        best_angle=0.4,
        overlap_weight=weights[0],
        baseline_weight=weights[1],
        direction_weight=weights[2],
        scale_weight=weights[3],
        grid=4,
        depths=3,
    )
    table = np.zeros((7, 7))
    for i in range(7):
        for j in range(i + 1, 7):
            expected = naive.measures(cameras[i], cameras[j], 4, 3)
            table[i, j] = naive.score(*expected[:4], 0.4, weights)
            at = np.flatnonzero((found.pairs == (i, j)).all(axis=1))
            assert len(at) == (table[i, j] > 0)
            for name, value in zip(MEASURES, expected, strict=True):
                # P is taken apart again: some tens of roundings of numbers near 1, of centres near 10
                assert len(at) == 0 or getattr(found, name)[at[0]] == pytest.approx(value, abs=1e-12)
            assert len(at) == 0 or found.scores[at[0]] == pytest.approx(table[i, j], abs=1e-12)
    assert len(found.pairs) > 5
    edges, parts = naive.greatest_forest(table)
    assert found.maximum_tree.tolist() == [list(edge) for edge in edges]
    assert found.components == len(set(parts))


def test_results_do_not_depend_on_bands_or_blocks(monkeypatch):
    rig = arrays(ring(40, 4))
    expected = view_graph(*rig, neighbours=5, grid=3, depths=2)
    for count, block in ((1, 40), (3, 130), (7, 10_000)):
        monkeypatch.setattr(sys.modules[view_graph.__module__], "_BLOCK_PAIRS", block)
        with band_count(count):
            found = view_graph(*rig, neighbours=5, grid=3, depths=2)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)


def test_neighbours_are_the_best_partners_and_the_tree_is_that_of_all_pairs():
    rig = arrays(ring(30, 5))
    everything = view_graph(*rig, neighbours=29, grid=3, depths=2)
    table = np.zeros((30, 30))
    table[tuple(everything.pairs.T)] = everything.scores
    table += table.T
    found = view_graph(*rig, neighbours=3, grid=3, depths=2)
    for camera in range(30):
        order = sorted(np.flatnonzero(table[camera]), key=lambda other: (-table[camera, other], other))[:3]
        assert found.neighbours[camera, : len(order)].tolist() == order
        assert found.neighbour_scores[camera, : len(order)].tolist() == table[camera, order].tolist()
        assert (found.neighbours[camera, len(order) :] == -1).all()
        assert (found.neighbour_scores[camera, len(order) :] == 0).all()
    edges, _ = naive.greatest_forest(table.tolist())
    assert found.maximum_tree.tolist() == [list(edge) for edge in edges]
    np.testing.assert_array_equal(found.maximum_tree_weights, table[tuple(found.maximum_tree.T)])
    assert len(found.pairs) < len(everything.pairs)
    assert found.components == everything.components


def test_a_row_of_cameras_has_the_values_of_geometry_class():
    # a camera sees 8 wide at depth 10 (f = 800, 640 px), so a shift of 2 leaves 3/4 at that depth
    found = view_graph(row(0, 2), (640, 480), (9.999999, 10.000001), grid=8, depths=1)
    assert found.pairs.tolist() == [[0, 1]]
    assert found.overlap[0] == 0.75
    # seen from the point 10 in front of one of them
    assert found.baseline_angle[0] == pytest.approx(np.arctan2(2, 10), abs=1e-12)
    assert found.direction_angle[0] == 0
    assert found.scale_ratio[0] == pytest.approx(1, abs=1e-12)
    assert found.distance[0] == pytest.approx(2, abs=1e-12)


def test_scale_compares_pixels_per_unit_of_the_scene():
    half = np.concatenate([row(0), row(1, f=400.0)])
    found = view_graph(half, (640, 480), (5, 20))
    assert found.scale_ratio[0] == pytest.approx(0.5, abs=1e-12)


def test_a_scene_behind_a_camera_has_no_scale_there():
    found = view_graph(row([0, 0, 0], [0.5, 0, 15]), (640, 480), (5, 25), neighbours=1)
    middle = np.sqrt(5 * 25)  # 11.2: behind the second camera, which stands 15 ahead
    assert found.scale_ratio[0] == pytest.approx(middle / (15 + middle) / 2, abs=1e-12)
    nobody = view_graph(row([0, 0, 0], [0, 0, 15]), (640, 480), (5, 25), overlap_weight=2)
    assert len(nobody.pairs) == 0  # exactly ahead there is no baseline angle


def test_pixel_centres_move_the_image_by_half_a_pixel():
    moved = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    rig, sizes, ranges = arrays(ring(6, 6))
    expected = view_graph(rig, sizes, ranges)
    found = view_graph(moved @ rig, sizes, ranges, pixel_center="half")
    np.testing.assert_array_equal(found.pairs, expected.pairs)
    np.testing.assert_array_equal(found.overlap, expected.overlap)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-12)


@pytest.mark.parametrize("factor", [-1.0, 1e150, -1e-150, 3.0])
def test_scale_and_sign_of_projections_do_not_matter(factor):
    rig, sizes, ranges = arrays(ring(8, 7))
    expected = view_graph(rig, sizes, ranges)
    found = view_graph(factor * rig, sizes, ranges)
    np.testing.assert_array_equal(found.pairs, expected.pairs)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-12)


def test_cameras_at_map_coordinates_score_as_at_the_origin():
    rig, sizes, ranges = arrays(ring(8, 8))
    offset = np.eye(4)
    offset[:3, 3] = [-5e5, -5e6, -300]
    expected = view_graph(rig, sizes, ranges)
    found = view_graph(rig @ offset, sizes, ranges)
    np.testing.assert_array_equal(found.pairs, expected.pairs)
    # centres of 5e6 are stored in P to 1e-9; angles and logarithms of scores differ by as much
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-7)


def test_cameras_with_one_centre_are_no_pair_unless_the_baseline_does_not_count():
    twins = row(0, 0, 1)
    found = view_graph(twins, (640, 480), (5, 20))
    assert found.pairs.tolist() == [[0, 2], [1, 2]]
    assert not fundamental_pairs(twins, found.pairs).status.any()
    assert [0, 1] in view_graph(twins, (640, 480), (5, 20), baseline_weight=0).pairs.tolist()


@pytest.mark.parametrize("place", [[0.1, 0.2, 0.3], [5e5, 5e6, 300.0]])
def test_one_centre_in_two_projections_is_one_centre_whatever_their_roundings(place):
    rng = np.random.default_rng(11)
    K, R, _, sizes, ranges = ring(1, 12)[0]
    x, y, z = rng.normal(size=3) * 0.05
    left, _, right = np.linalg.svd([[1, -z, y], [z, 1, -x], [-y, x, 1]])
    turned = left @ right @ R
    rig = projections_from_poses(K, rotations=[R, turned], centers=[place] * 2)
    found = view_graph(rig, sizes, ranges)
    assert len(found.pairs) == 0
    assert len(view_graph(rig, sizes, ranges, baseline_weight=0).pairs) == 1


def test_degenerate_cameras_have_a_status_and_no_pairs():
    affine = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    flat = [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    far = row(1e80)[0]
    rig = np.stack([row(0)[0], affine, row(1)[0], flat, np.zeros((3, 4)), far])
    found = view_graph(rig, (640, 480), (5, 20))
    names = [VIEW_STATUS[code] for code in found.status]
    assert names == ["ok", "centre_at_infinity", "ok", "rank_deficient_camera", "rank_deficient_camera", "out_of_range"]
    assert found.pairs.tolist() == [[0, 2]]
    assert found.component.tolist() == [0, -1, 0, -1, -1, -1]
    assert found.components == 1
    for values in found:
        assert np.isfinite(values).all()


def test_groups_that_see_different_things_are_components_and_the_trees_a_forest():
    found = view_graph(row(0, 500, 1, 501, 2, 900), (640, 480), (5, 20))
    assert found.component.tolist() == [0, 1, 0, 1, 0, 2]
    assert found.components == 3
    assert len(found.maximum_tree) == len(found.minimum_tree) == 6 - 3
    assert found.neighbours[5].tolist() == [-1] * 5


def test_cameras_that_look_away_from_each_other_are_no_pair():
    apart = projections_from_poses(
        [[800, 0, 320], [0, 800, 240], [0, 0, 1]], quaternions=[[1, 0, 0, 0], [0, 0, 1, 0]], centers=[[0, 0, 0]] * 2
    )
    assert len(view_graph(apart, (640, 480), (5, 20), direction_weight=0, baseline_weight=0).pairs) == 0


def test_trees_follow_the_weight_that_is_asked_for():
    rig = row(0, 1, 3, 7)
    found = view_graph(rig, (640, 480), (20, 60), tree_weight="distance")
    assert found.minimum_tree.tolist() == [[0, 1], [1, 2], [2, 3]]
    np.testing.assert_allclose(found.minimum_tree_weights, [1, 2, 4], atol=1e-12)
    assert found.maximum_tree.tolist() == [[0, 3], [1, 3], [2, 3]]


def test_low_scores_are_dropped():
    rig = arrays(ring(12, 9))
    everything = view_graph(*rig, neighbours=11)
    bound = float(np.median(everything.scores))
    found = view_graph(*rig, neighbours=11, min_score=bound)
    np.testing.assert_array_equal(found.pairs, everything.pairs[everything.scores >= bound])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_rigs_of_few_cameras(count):
    found = view_graph(row(*range(count)).reshape(-1, 3, 4) if count else np.empty((0, 3, 4)), (640, 480), (5, 20))
    assert found.pairs.shape == (max(0, count - 1), 2)
    assert found.pairs.dtype == found.maximum_tree.dtype == found.neighbours.dtype == np.int64
    assert found.neighbours.shape == (count, max(0, count - 1))
    assert found.components == min(count, 1)


def test_equal_scores_go_to_lower_numbers():
    # three cameras at one place are equally good for the first, to the last bit
    found = view_graph(row(0, 1, 1, 1), (640, 480), (5, 20), neighbours=2)
    assert len(set(found.neighbour_scores[0].tolist())) == 1
    assert found.neighbours[0].tolist() == [1, 2]
    assert found.pairs.tolist() == [[0, 1], [0, 2], [0, 3]]


@pytest.mark.parametrize("maximum", [True, False])
def test_forests_are_exact_and_do_not_drop_weights_of_zero(maximum):
    rng = np.random.default_rng(10)
    edges = np.array([(i, j) for i in range(12) for j in range(i + 1, 12) if rng.random() < 0.5 and (i < 6) == (j < 6)])
    weights = rng.integers(0, 3, len(edges)).astype(float)  # many ties, many zeros
    table = np.zeros((12, 12))
    table[tuple(edges.T)] = (weights if maximum else 2 - weights) + 1
    expected, parts = naive.greatest_forest(table.tolist())
    kept = spanning_forest(edges, weights, 12, maximum=maximum)
    assert edges[kept].tolist() == [list(edge) for edge in expected]
    count, numbers = graph_components(edges, 12)
    assert count == len(set(parts))
    assert sorted(set(numbers.tolist())) == list(range(count))
    assert numbers[0] == 0


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"projections": np.zeros((2, 3, 3))}, "projections"),
        ({"projections": np.full((2, 3, 4), np.nan)}, "projections/0/0/0"),
        ({"sizes": (640, 0)}, "sizes/1"),
        ({"sizes": [[640, 480]] * 3}, "sizes"),
        ({"depth_range": (0, 5)}, "depth_range/0"),
        ({"depth_range": (5, 5)}, "depth_range"),
        ({"depth_range": [[1, 2], [3, 2]]}, "depth_range/1"),
        ({"neighbours": 0}, "neighbours"),
        ({"neighbours": 1.5}, "neighbours"),
        ({"min_score": 1.5}, "min_score"),
        ({"best_angle": 0}, "best_angle"),
        ({"scale_weight": -1}, "scale_weight"),
        ({f"{name}_weight": 0 for name in ("overlap", "baseline", "direction", "scale")}, "overlap_weight"),
        ({"tree_weight": "length"}, "tree_weight"),
        ({"grid": 65}, "grid"),
        ({"depths": 0}, "depths"),
        ({"pixel_center": "corner"}, "pixel_center"),
    ],
)
def test_wrong_arguments_are_named(change, argument):
    given = {"projections": row(0, 1), "sizes": (640, 480), "depth_range": (5, 20), **change}
    arrays_ = [given.pop(name) for name in ("projections", "sizes", "depth_range")]
    with pytest.raises(InvalidInput) as caught:
        view_graph(*arrays_, **given)
    assert caught.value.argument == argument
