import numpy as np
import pytest

from geometry.arrays import nearest, pairwise_distance
from geometry.errors import InvalidInput
from tests.naive import arrays as naive


@pytest.mark.parametrize("metric", ["euclidean", "squared", "cosine"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("m", "n", "k"), [(1, 1, 1), (5, 7, 3), (9, 4, 4)])
def test_agrees_with_sorted_distances(metric: str, dtype, m: int, n: int, k: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(m, 3)).astype(dtype), rng.normal(size=(n, 3)).astype(dtype)
    found = nearest(x, y, k=k, metric=metric)
    table = pairwise_distance(x, y, metric=metric)
    assert found.indices.tolist() == [naive.nearest(row.tolist(), k) for row in table]
    np.testing.assert_array_equal(found.distances, np.take_along_axis(table, found.indices, axis=1))
    assert not found.status.any()


@pytest.mark.jit
def test_blocks_are_searched_without_a_seam() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(300, 4)), rng.normal(size=(2500, 4))
    found = nearest(x, y, k=5)
    assert found.indices.tolist() == [naive.nearest(row.tolist(), 5) for row in pairwise_distance(x, y)]


def test_of_equal_points_the_lower_row_comes_first() -> None:
    points = np.array([[3.0, 0], [1, 0], [1, 0], [-1, 0]])
    assert nearest([[0.0, 0]], points, k=4).indices.tolist() == [[1, 2, 3, 0]]
    assert nearest([[1.0, 0]], points, k=2).distances.tolist() == [[0, 0]]


def test_matches_are_tested() -> None:
    queries = np.array([[0.0], [10], [10.4], [4]])
    points = np.array([[0.5], [10.5], [7.0]])
    plain = nearest(queries, points)
    assert plain.indices.tolist() == [[0], [1], [1], [2]]
    assert plain.distances.tolist() == pytest.approx(np.array([[0.5], [0.5], [0.1], [3]]))
    assert nearest(queries, points, ratio=0.8).status.tolist() == [0, 0, 0, 1]  # 3 is not below 0.8 · 3.5
    assert nearest(queries, points, mutual=True).status.tolist() == [0, 2, 0, 2]  # of 7.0 the nearest is 10
    assert nearest(queries, points[:1], ratio=0.1).status.tolist() == [0, 0, 0, 0]
    assert nearest(queries, np.repeat(points, 2, axis=0), ratio=1.0).status.tolist() == [1, 1, 1, 1]


def test_no_queries_have_no_neighbours() -> None:
    found = nearest(np.zeros((0, 2)), np.zeros((3, 2)), k=2, ratio=0.5, mutual=True)
    assert [part.shape for part in found] == [(0, 2), (0, 2), (0,)]


def test_bands_do_not_change_a_byte(bands: int) -> None:
    from geometry.bands import band_count

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(600, 3)), rng.normal(size=(50, 3))
    found = nearest(x, y, k=2, mutual=True)
    with band_count(1):
        for one, other in zip(found, nearest(x, y, k=2, mutual=True), strict=True):
            assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("argument", "queries", "points", "options"),
    [
        ("k", np.eye(2), np.eye(2), {"k": 0}),
        ("k", np.eye(2), np.eye(2), {"k": 3}),
        ("k", np.eye(2), np.zeros((0, 2)), {}),
        ("ratio", np.eye(2), np.eye(2), {"ratio": 1.5}),
        ("ratio", np.eye(2), np.eye(2), {"ratio": np.nan}),
        ("metric", np.eye(2), np.eye(2), {"metric": "hamming"}),
        ("queries/0/1", [[1, np.inf]], np.eye(2), {}),
        ("points", np.eye(2), np.eye(3), {}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, queries, points, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        nearest(queries, points, **options)
    assert refused.value.argument == argument
