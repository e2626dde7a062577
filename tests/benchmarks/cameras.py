"""All pairs of a rig beside filling the same memory, a compiled loop of 4×4 determinants, and numpy's determinants;
blocks of them; trifocal tensors and homographies of lists of cameras beside numpy."""

from collections.abc import Iterator

import numba
import numpy as np

from geometry import fundamental_all, fundamental_block, homography_between_views, trifocal
from tests.benchmarks.inputs import rig
from tests.benchmarks.paired import Row

CAMERAS = 5000
FEW = 60
LISTED = 20_000


@numba.njit(cache=True)
def determinant_loop(projections: np.ndarray, out: np.ndarray) -> None:
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


def numpy_pairs(projections: np.ndarray, out: np.ndarray) -> None:
    rows = ((1, 2), (2, 0), (0, 1))
    for left, one in enumerate(projections):
        for right, other in enumerate(projections):
            for i in range(3):
                for j in range(3):
                    out[left, right, i, j] = np.linalg.det(np.vstack([one[list(rows[j])], other[list(rows[i])]]))


def _textbook_tensors(projections: np.ndarray, triplets: np.ndarray) -> np.ndarray:
    """T_i = a_i b₄ᵀ − a₄ b_iᵀ after the change of world that makes the first camera [I | 0], all at once."""
    first, second, third = (projections[triplets[:, n]] for n in range(3))
    last = np.broadcast_to([0.0, 0, 0, 1], (len(triplets), 1, 4))
    world = np.linalg.inv(np.concatenate([first, last], axis=1))
    a, b = second @ world, third @ world
    tensors = np.einsum("mji,mk->mijk", a[:, :, :3], b[:, :, 3]) - np.einsum("mj,mki->mijk", a[:, :, 3], b[:, :, :3])
    return tensors / np.linalg.norm(tensors.reshape(-1, 27), axis=1)[:, None, None, None]


def _textbook_homographies(projections: np.ndarray, pairs: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """H = P₂ B with P₁ B = I and plane·B = 0, for all pairs at once."""
    left, right = projections[pairs[:, 0]], projections[pairs[:, 1]]
    back = np.linalg.inv(np.concatenate([left, np.broadcast_to(plane, (len(pairs), 1, 4))], axis=1))[:, :, :3]
    found = right @ back
    return found / np.linalg.norm(found.reshape(-1, 9), axis=1)[:, None, None]


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
            "compiled determinants": lambda: determinant_loop(few, small),
            "numpy determinants": lambda: numpy_pairs(few, small),
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
    part = np.empty((1, CAMERAS, 3, 3))
    yield Row(
        "cameras",
        f"fundamental-block, one camera against {CAMERAS}",
        lambda: fundamental_block(projections, (17, 18)),
        {"all pairs, and one row of them": lambda: part.__setitem__(0, fundamental_all(projections, out=out)[0][17])},
        {},
        rounds=7,
    )
    rng = np.random.default_rng(4)
    triplets = rng.permuted(np.tile(np.arange(60), (LISTED, 1)), axis=1)[:, :3]
    each = 1e9 / LISTED
    yield Row(
        "cameras",
        f"trifocal, {LISTED} triplets",
        lambda: trifocal(few, triplets),
        {"numpy: inverses and einsum, all at once": lambda: _textbook_tensors(few, triplets)},
        {},
        unit="ns a triplet",
        scale=each,
    )
    pairs_listed = triplets[:, :2].copy()
    plane = np.array([0.2, -0.1, 1.0, 30.0])
    yield Row(
        "cameras",
        f"homography-between-views, {LISTED} pairs, one plane",
        lambda: homography_between_views(few, pairs_listed, planes=plane),
        {
            "numpy: inverses and products, all at once": lambda: _textbook_homographies(
                few, pairs_listed, plane * [1, 1, 1, -1]
            )
        },
        {},
        unit="ns a pair",
        scale=each,
    )
