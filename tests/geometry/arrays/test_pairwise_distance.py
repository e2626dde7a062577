import math

import numpy as np
import pytest

from geometry.arrays import pairwise_distance
from geometry.errors import InvalidInput
from tests.naive import arrays as naive

METRICS = ("euclidean", "squared", "cosine")


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (7, 4, 16)])
def test_agrees_with_a_loop(metric: str, dtype, shape) -> None:
    m, n, d = shape
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(m, d)).astype(dtype), rng.normal(size=(n, d)).astype(dtype)
    found = pairwise_distance(x, y, metric=metric)
    assert found.dtype == dtype
    expected = [[naive.distance(a.tolist(), b.tolist(), metric) for b in y] for a in x]
    # what is left of |x|² + |y|² is 1/64 (1/1024) of it at least, with D + 4 roundings of it
    lost = (64 if dtype == np.float32 else 1024) * (d + 4) * np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=lost, atol=4 * np.finfo(dtype).eps if metric == "cosine" else 0)


@pytest.mark.jit
def test_blocks_are_joined_without_a_seam() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(300, 3)), rng.normal(size=(1100, 3))
    found = pairwise_distance(x, y, metric="squared")
    expected = ((x[:, np.newaxis] - y) ** 2).sum(axis=2)
    np.testing.assert_allclose(found, expected, rtol=1024 * 8 * 2**-52)  # as above


def test_close_points_far_from_the_origin_keep_their_digits() -> None:
    rng = np.random.default_rng(2)
    near = rng.normal(size=(20, 3)) * 1e-3
    x = np.concatenate([near + np.array([4e5, 5e6, 100]), near - np.array([4e5, 0, 0])])
    found = pairwise_distance(x)
    exact = np.sqrt(((x[:, np.newaxis] - x) ** 2).sum(axis=2))
    # coordinates about the mean of 4e5 are rounded to 6e-11, for differences of 1e-3
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=2e-10)
    assert not np.diagonal(found).any()
    assert (found >= 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_equal_rows_are_at_distance_zero_and_nothing_is_negative(metric: str) -> None:
    x = np.random.default_rng(3).normal(size=(30, 8)).astype(np.float32) + 100
    x[7] = x[3]
    found = pairwise_distance(x, metric=metric)
    assert not np.diagonal(found).any()
    assert found[7, 3] == 0
    assert (found >= 0).all()


def test_cosine_ignores_the_lengths() -> None:
    x = np.array([[1e-200, 0], [0, 3e150], [-5.0, 0]])
    np.testing.assert_allclose(pairwise_distance(x, metric="cosine"), [[0, 1, 2], [1, 0, 1], [2, 1, 0]], rtol=1e-15)


def test_the_distances_of_the_question() -> None:
    a, b = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]), np.array([[1.0, 1.0], [0.0, 0.0]])
    expected = [[1, 1], [math.sqrt(5), math.sqrt(13)], [5, math.sqrt(41)]]
    np.testing.assert_allclose(pairwise_distance(a, b), expected, rtol=1e-14)  # few terms, nothing cancels


@pytest.mark.parametrize("shape", [(0, 3, 2), (3, 0, 2), (2, 3, 0), (0, 0, 0)])
def test_nothing_is_at_distance_zero_of_nothing(shape) -> None:
    m, n, d = shape
    found = pairwise_distance(np.zeros((m, d)), np.zeros((n, d)))
    assert found.shape == (m, n)
    assert not found.any()


def test_bands_do_not_change_a_byte(bands: int) -> None:
    from geometry.bands import band_count

    x = np.random.default_rng(4).normal(size=(600, 5)).astype(np.float32)
    found = pairwise_distance(x, x[:30])
    with band_count(1):
        assert pairwise_distance(x, x[:30]).tobytes() == found.tobytes()


@pytest.mark.parametrize(
    ("argument", "x", "y", "metric"),
    [
        ("metric", np.eye(2), None, "manhattan"),
        ("x", [1.0, 2.0], None, "euclidean"),
        ("x", [[1], [1, 2]], None, "euclidean"),
        ("x", [[1j]], None, "euclidean"),
        ("y", np.eye(2), np.eye(3), "euclidean"),
        ("y/1/0", np.eye(2), [[1, 1], [np.nan, 1]], "euclidean"),
        ("y/1", np.eye(2), [[1, 1], [0, 0]], "cosine"),
        ("x", np.array([[1e200], [-1e200]]), None, "euclidean"),
        ("x", np.array([[1e25], [-1e25]], np.float32), None, "squared"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(argument: str, x, y, metric: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pairwise_distance(x, y, metric=metric)
    assert refused.value.argument == argument
