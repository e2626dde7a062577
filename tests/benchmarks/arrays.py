"""Stacks of matrices, contractions and correlations beside numpy and scipy."""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from geometry import contract, correlation_tree, matrix_rank, nearest, pairwise_distance, window_mean
from tests.benchmarks.paired import Row

THREE = "im,jm,km->ijk"


def rows() -> Iterator[Row]:
    """The array rows."""
    rng = np.random.default_rng(5)
    small = rng.normal(size=(1000, 1000, 2, 2))
    yield Row(
        "arrays",
        "matrix-rank of 1 000 000 matrices 2×2",
        lambda: matrix_rank(small),
        {"numpy.linalg.matrix_rank": lambda: np.linalg.matrix_rank(small)},
        {},
        rounds=5,
    )
    a, b, c = rng.normal(size=(3, 100, 300_000))
    yield Row(
        "arrays",
        f"contract {THREE}, N=100, M=300 000",
        lambda: contract(THREE, a, b, c),
        {"numpy.einsum, one i × 100": lambda: np.einsum(THREE, a[:1], b, c)},
        {"numpy.einsum, one i × 100": 100.0},
        peer_scales={"numpy.einsum, one i × 100": 1e5},
        rounds=3,
    )
    yield Row(
        "arrays",
        f"contract {THREE}, N=100, M=300 000, one matrix three times",
        lambda: contract(THREE, a, a, a),
        {"numpy.einsum, one i × 100": lambda: np.einsum(THREE, a[:1], a, a)},
        {},
        peer_scales={"numpy.einsum, one i × 100": 1e5},
        rounds=3,
    )
    short = [np.ascontiguousarray(matrix[:, :3000]) for matrix in (a, b, c)]
    yield Row(
        "arrays",
        f"contract {THREE}, N=100, M=3 000",
        lambda: contract(THREE, *short),
        {"numpy.einsum(optimize=True)": lambda: np.einsum(THREE, *short, optimize=True)},
        {},
        rounds=7,
    )
    series = rng.normal(size=(1000, 1500))
    yield Row(
        "arrays",
        "correlation-tree of 1500 series of 1000",
        lambda: correlation_tree(series),
        {
            "numpy.corrcoef + scipy minimum_spanning_tree": lambda: minimum_spanning_tree(
                np.sqrt(2 * np.clip(1 - np.corrcoef(series, rowvar=False), 0, None))
            )
        },
        {},
        rounds=7,
    )
    vectors = rng.normal(size=(20_000, 128)).astype(np.float32)
    yield Row(
        "arrays",
        "pairwise-distance f32, 20 000 × 20 000 × 128",
        lambda: pairwise_distance(vectors),
        {"scipy cdist, 1000 rows × 20": lambda: cdist(vectors[:1000], vectors)},
        {"scipy cdist, 1000 rows × 20": 3.0},
        peer_scales={"scipy cdist, 1000 rows × 20": 20e3},
        rounds=5,
    )
    yield Row(
        "arrays",
        "nearest f32, 5 000 × 5 000 × 128, k = 2",
        lambda: nearest(vectors[:5000], vectors[5000:10_000], k=2),
        {"OpenCV BFMatcher": lambda: cv2.BFMatcher().knnMatch(vectors[:5000], vectors[5000:10_000], k=2)},
        {},
        rounds=7,
    )
    clip, centers = rng.random((100, 80_000, 4), np.float32), rng.integers(0, 100, 80_000)
    yield Row(
        "arrays",
        "window-mean f32, 100×80 000×4, radius 3",
        lambda: window_mean(clip, centers, radius=3),
        {
            "numpy slices, 1000 elements × 80": lambda: [
                clip[max(0, center - 3) : center + 4, i].mean(0) for i, center in enumerate(centers[:1000])
            ]
        },
        {},
        peer_scales={"numpy slices, 1000 elements × 80": 80e3},
        rounds=7,
    )
