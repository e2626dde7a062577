import math

import numpy as np
import pytest

from geometry.arrays import correlation_tree
from geometry.errors import InvalidInput
from tests.naive import arrays as naive

SERIES = np.array([[1, 4, 7, 8], [2, 2, 8, 4], [1, 13, 1, 5]])
"""Three series of a public question, whose author passed their covariance instead."""

# centring, products and the square roots: some roundings of numbers up to 1, beside √T of them in the sums
ROUNDING = 64 * 2.0**-52


def series(times: int, count: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(times, 3)) @ rng.normal(size=(3, count)) + rng.normal(size=(times, count))


def agrees_with_naive(found, data) -> None:
    for i in range(data.shape[1]):
        for j in range(data.shape[1]):
            exact = naive.correlation(data[:, i], data[:, j])
            if exact is None:
                assert np.isnan(found.correlation[i, j])
            else:
                assert found.correlation[i, j] == pytest.approx(exact, rel=0, abs=ROUNDING)


def tree_of(found, *, maximum=False):
    i, j = np.nonzero(np.triu(~np.isnan(found.distance), 1))
    return naive.spanning_tree(
        {(int(a), int(b)): found.distance[a, b] for a, b in zip(i, j, strict=True)}, maximum=maximum
    )


def test_the_matrix_and_the_tree_of_the_question() -> None:
    found = correlation_tree(SERIES.T)
    expected = [[1, 0.67082039, 0], [0.67082039, 1, -0.5], [0, -0.5, 1]]
    np.testing.assert_allclose(found.correlation, expected, rtol=0, atol=1e-8)  # as it was printed
    np.testing.assert_allclose(found.distance[1, 2], math.sqrt(3), rtol=1e-15)
    assert found.edges.tolist() == [[0, 1], [0, 2]]
    np.testing.assert_array_equal(found.weights, found.distance[[0, 0], [1, 2]])
    assert found.component.tolist() == [0, 0, 0]
    assert found.status.tolist() == [0, 0, 0]
    covariance = correlation_tree(np.cov(SERIES)).correlation
    np.testing.assert_allclose(covariance[0, 1], 0.8660254, rtol=0, atol=1e-7)  # what the author got instead


def test_rows_may_be_the_series() -> None:
    for one, other in zip(correlation_tree(SERIES, variables="rows"), correlation_tree(SERIES.T), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(2, 3), (5, 1), (17, 6), (40, 9)])
def test_agrees_with_exact_sums_and_kruskal(shape) -> None:
    data = series(*shape)
    found = correlation_tree(data)
    agrees_with_naive(found, data)
    assert found.edges.tolist() == [list(edge) for edge in tree_of(found)]
    assert len(found.edges) == shape[1] - 1
    largest = correlation_tree(data, tree="maximum")
    assert largest.edges.tolist() == [list(edge) for edge in tree_of(largest, maximum=True)]


def test_agrees_with_numpy() -> None:
    data = series(200, 30)
    np.testing.assert_allclose(
        correlation_tree(data).correlation, np.corrcoef(data, rowvar=False), rtol=0, atol=ROUNDING
    )


@pytest.mark.parametrize(("scale", "offset"), [(1e150, 0), (1e-200, 0), (1.0, 1e9), (-3.0, -1e6)])
def test_units_and_offsets_of_a_series_do_not_matter(scale: float, offset: float) -> None:
    data = np.round(series(30, 4) * 1024) / 1024
    moved = data.copy()
    moved[:, 1] = data[:, 1] * scale + offset
    before, after = correlation_tree(data).correlation, correlation_tree(moved).correlation
    sign = np.ones(4)
    sign[1] = math.copysign(1, scale)
    # the offset's own rounding of the data, relative to their spread of about 1
    tolerance = ROUNDING + 4 * abs(offset) * 2.0**-52
    np.testing.assert_allclose(after, before * np.outer(sign, sign), rtol=0, atol=tolerance)


def test_distances_of_nearly_equal_series_are_exact() -> None:
    first = np.random.default_rng(1).normal(size=1000)
    second = first.copy()
    second[0] += 1e-9
    found = correlation_tree(np.stack([first, first, second], axis=1))
    assert found.distance[0, 1] == 0
    centred = first - first.mean()
    moved = 1e-9 * math.sqrt((1 - 1 / 1000 - centred[0] ** 2 / (centred @ centred)) / (centred @ centred))
    np.testing.assert_allclose(found.distance[0, 2], moved, rtol=1e-5)  # 1e-9 was added with a relative error of 1e-7
    assert found.edges.tolist() == [[0, 1], [0, 2]]
    assert found.weights[0] == 0


def test_the_kinds_of_distance() -> None:
    data = series(20, 5)
    r = correlation_tree(data).correlation
    for name, expected in (
        ("mantegna", np.sqrt(2 * (1 - r))),
        ("one_minus", 1 - r),
        ("one_minus_absolute", 1 - abs(r)),
    ):
        found = correlation_tree(data, distance=name).distance
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-15)
        assert (found >= 0).all()
        assert not np.diagonal(found).any()


def test_series_that_do_not_vary_have_no_correlation_and_no_edges() -> None:
    data = series(12, 5)
    data[:, 1] = 0.1
    data[:, 4] = 7
    found = correlation_tree(data)
    agrees_with_naive(found, data)
    assert found.status.tolist() == [0, 1, 0, 0, 1]
    assert found.component.tolist() == [0, 1, 0, 0, 2]
    assert len(found.edges) == 2
    assert not np.isin(found.edges, [1, 4]).any()


def test_of_equal_distances_the_lower_pair_is_taken() -> None:
    data = np.tile(np.random.default_rng(2).normal(size=(9, 1)), 5)
    for tree in ("minimum", "maximum"):
        assert correlation_tree(data, tree=tree).edges.tolist() == [[0, 1], [0, 2], [0, 3], [0, 4]]


def test_observations_that_lack_a_value_may_be_left_out() -> None:
    data = series(15, 4)
    data[3, 1] = data[9, 2] = np.nan
    found = correlation_tree(data, missing="complete")
    whole = correlation_tree(np.delete(data, [3, 9], axis=0))
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_pair_may_use_the_observations_that_both_have() -> None:
    data = series(25, 6)
    data[np.random.default_rng(3).random(data.shape) < 0.2] = np.nan
    found = correlation_tree(data, missing="pairwise")
    agrees_with_naive(found, data)
    assert found.edges.tolist() == [list(edge) for edge in tree_of(found)]


def test_pairs_that_meet_too_rarely_or_do_not_vary_where_they_meet_have_none() -> None:
    nan = math.nan
    data = np.array([[1, nan, 5, 0.1], [2, nan, 6, 0.1], [4, 3, nan, 0.1], [nan, 4, nan, 8], [nan, 6, nan, 9]])
    found = correlation_tree(data, missing="pairwise")
    agrees_with_naive(found, data)
    assert np.isnan(found.correlation[0, 1])
    assert np.isnan(found.correlation[0, 3])
    assert found.status.tolist() == [0, 0, 0, 0]
    assert found.component.tolist() == [0, 1, 0, 1]


def test_too_few_observations() -> None:
    for shape in ((0, 3), (1, 3)):
        found = correlation_tree(np.zeros(shape))
        assert found.status.tolist() == [2, 2, 2]
        assert found.edges.shape == (0, 2)
        assert found.component.tolist() == [0, 1, 2]
    nothing = correlation_tree(np.zeros((4, 0)))
    assert [part.shape for part in nothing] == [(0, 0), (0, 0), (0, 2), (0,), (0,), (0,)]
    lonely = correlation_tree([[1.0, math.nan], [2.0, 1.0]], missing="pairwise")
    assert lonely.status.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("argument", "data", "options"),
    [
        ("observations", [1.0, 2.0], {}),
        ("observations/1/0", [[1.0, 2.0], [math.nan, 1.0]], {}),
        ("observations/0/1", [[1.0, math.inf], [2.0, 1.0]], {"missing": "pairwise"}),
        ("variables", np.eye(3), {"variables": "both"}),
        ("distance", np.eye(3), {"distance": "euclidean"}),
        ("tree", np.eye(3), {"tree": "spanning"}),
        ("missing", np.eye(3), {"missing": "ignore"}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, data, options) -> None:
    with pytest.raises(InvalidInput) as refused:
        correlation_tree(data, **options)
    assert refused.value.argument == argument
