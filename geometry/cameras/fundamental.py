"""Fundamental matrices of one pair, of listed pairs, and of all pairs of a rig."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.centres import PAIR_STATUS
from geometry.cameras.rig import Float, Layout, Normalization, Rig
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, real_array


class FundamentalPairs(NamedTuple):
    """Fundamental matrices of M pairs."""

    fundamental: Array
    """(M, 3, 3) float64; 0 where `status` is not 0."""
    status: Array
    """(M,) uint8, codes of `PAIR_STATUS`."""


class FundamentalAll(NamedTuple):
    """Fundamental matrices of all pairs of N cameras."""

    fundamental: Array
    """(N, N, 3, 3) by left and right camera, or (N (N−1) / 2, 3, 3) for the pairs left < right in row-major order."""
    status: Array
    """(N, N) or (N (N−1) / 2,), uint8, codes of `PAIR_STATUS`."""


def fundamental(left: ArrayLike, right: ArrayLike, *, normalization: Normalization = "frobenius") -> Array:
    """Compute the fundamental matrix of two cameras: `x_rightᵀ F x_left = 0`.

    `F[i, j] = det [rows of left without j; rows of right without i]`, the remaining rows in cyclic order:
    (1, 2), (2, 0), (0, 1).

    Parameters
    ----------
    left, right
        (3, 4), real, finite; projections from world to image, up to scale. Centres may be at infinity.
    normalization
        `"frobenius"`: unit Frobenius norm, sign kept; `"none"`: exactly the determinants. Never divided by F[2, 2].

    Returns
    -------
    (3, 3), float64. Swapping the cameras transposes it.

    Raises
    ------
    InvalidInput
        Not a (3, 4) matrix of finite numbers; an unknown normalization; plain determinants outside 2^-900 … 2^1015.
    Degenerate
        `same_centre`: the centres differ by no more than the rounding of the projections explains, F would be 0;
        `rank_deficient_camera`: a projection has rank below 3.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 17.1, equation (17.3).
    """
    cameras = np.stack([real_array(left, "left", (3, 4)), real_array(right, "right", (3, 4))])
    matrices, status = Rig(cameras).fundamental_pairs(np.array([[0, 1]]), normalization=normalization)
    if status[0]:
        detail = (
            "the two cameras have the same centre, so their fundamental matrix is 0"
            if PAIR_STATUS[status[0]] == "same_centre"
            else "a projection has rank below 3"
        )
        raise Degenerate(PAIR_STATUS[status[0]], detail)
    F: Array = matrices[0]
    return F


def fundamental_pairs(
    projections: ArrayLike, pairs: ArrayLike, *, normalization: Normalization = "frobenius"
) -> FundamentalPairs:
    """Compute the fundamental matrices of listed pairs of cameras.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite.
    pairs
        (M, 2), whole numbers 0 … N−1: left and right camera.
    normalization
        See `fundamental`.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, a pair names no camera (`pairs/17/0`), plain determinants out of range.
    """
    rig = Rig(projections)
    matrices, status = rig.fundamental_pairs(_pair_numbers(pairs, rig.cameras), normalization=normalization)
    return FundamentalPairs(matrices, status)


def fundamental_all(
    projections: ArrayLike,
    *,
    layout: Layout = "full",
    dtype: Float = "float64",
    normalization: Normalization = "frobenius",
    out: Array | None = None,
) -> FundamentalAll:
    """Compute the fundamental matrices of all pairs of cameras.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite, N ≥ 0.
    layout
        `"full"`: (N, N, 3, 3), the left camera first; its diagonal is 0, with status `same_centre`.
        `"condensed"`: (N (N−1) / 2, 3, 3), pairs (0, 1), (0, 2), …, (1, 2), …
    dtype
        Of the result; computed in float64 either way.
    normalization
        See `fundamental`.
    out
        Where to write the matrices: C-contiguous, of the result's shape and dtype.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, an unknown option, `out` does not fit, plain determinants outside the range of `dtype`.
    """
    rig = Rig(projections)
    matrices = rig.fundamental_rows(0, rig.cameras, layout=layout, dtype=dtype, normalization=normalization, out=out)
    return FundamentalAll(matrices, rig.status(layout))


def _pair_numbers(pairs: ArrayLike, cameras: int) -> Array:
    numbers = real_array(pairs, "pairs", ("M", 2))
    wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= cameras)
    if wrong.any():
        m, side = np.argwhere(wrong)[0]
        raise InvalidInput(
            f"pairs/{m}/{side}", f"must be a whole number from 0 to {cameras - 1}, came as {numbers[m, side]:g}"
        )
    return numbers.astype(np.int64)
