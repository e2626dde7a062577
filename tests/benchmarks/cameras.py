"""All pairs of a rig beside filling the same memory, a compiled loop of 4×4 determinants, and numpy's determinants."""

from collections.abc import Iterator

import numba
import numpy as np

from geometry import fundamental_all
from tests.benchmarks.inputs import rig
from tests.benchmarks.paired import Row

CAMERAS = 5000
FEW = 60


@numba.njit(cache=True)
def _determinant_loop(projections: np.ndarray, out: np.ndarray) -> None:
    """The compiled form of the usual answer: nine stacked 4×4 determinants for each pair."""
    rows = ((1, 2), (2, 0), (0, 1))
    stack = np.empty((4, 4))
    for left in range(len(projections)):
        for right in range(len(projections)):
            for i in range(3):
                for j in range(3):
                    stack[0], stack[1] = projections[left, rows[j][0]], projections[left, rows[j][1]]
                    stack[2], stack[3] = projections[right, rows[i][0]], projections[right, rows[i][1]]
                    out[left, right, i, j] = np.linalg.det(stack)


def _numpy_pairs(projections: np.ndarray, out: np.ndarray) -> None:
    rows = ((1, 2), (2, 0), (0, 1))
    for left, one in enumerate(projections):
        for right, other in enumerate(projections):
            for i in range(3):
                for j in range(3):
                    out[left, right, i, j] = np.linalg.det(np.vstack([one[list(rows[j])], other[list(rows[i])]]))


def rows() -> Iterator[Row]:
    """The camera rows; nanoseconds a pair."""
    projections, few = rig(CAMERAS), rig(FEW)
    out = np.empty((CAMERAS, CAMERAS, 3, 3))
    condensed = np.empty((CAMERAS * (CAMERAS - 1) // 2, 3, 3))
    small = np.empty((FEW, FEW, 3, 3))
    pairs, few_pairs = 1e9 / CAMERAS**2, 1e9 / FEW**2
    fill = "ndarray.fill of the same memory"
    yield Row(
        "cameras",
        f"fundamental-all, {CAMERAS} cameras, f64, full, frobenius",
        lambda: fundamental_all(projections, out=out),
        {
            fill: lambda: out.fill(0.0),
            "compiled determinants": lambda: _determinant_loop(few, small),
            "numpy determinants": lambda: _numpy_pairs(few, small),
        },
        {fill: 1 / 1.6, "compiled determinants": 300.0},
        unit="ns a pair",
        scale=pairs,
        peer_scales={"compiled determinants": few_pairs, "numpy determinants": few_pairs},
        rounds=7,
    )
    yield Row(
        "cameras",
        f"fundamental-all, {CAMERAS} cameras, f64, condensed (a pair of the full layout)",
        lambda: fundamental_all(projections, layout="condensed", out=condensed),
        {"full layout": lambda: fundamental_all(projections, out=out)},
        {"full layout": 1.8},
        unit="ns a pair",
        scale=pairs,
        rounds=7,
    )
