"""Stacks of matrices beside numpy."""

from collections.abc import Iterator

import numpy as np

from geometry import matrix_rank
from tests.benchmarks.paired import Row


def rows() -> Iterator[Row]:
    """The array rows."""
    small = np.random.default_rng(5).normal(size=(1000, 1000, 2, 2))
    yield Row(
        "arrays",
        "matrix-rank of 1 000 000 matrices 2×2",
        lambda: matrix_rank(small),
        {"numpy.linalg.matrix_rank": lambda: np.linalg.matrix_rank(small)},
        {},
        rounds=5,
    )
