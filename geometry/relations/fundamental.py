"""Fundamental matrices of one pair, of listed pairs, of all pairs of a rig, and of blocks of them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, real_array
from geometry.relations.centres import PAIR_STATUS
from geometry.relations.epipoles import epipoles_of_pairs
from geometry.relations.flags import epipole_flags, pair_epipole_flags
from geometry.relations.rig import Float, Layout, Normalization, Rig


class FundamentalPairs(NamedTuple):
    """Fundamental matrices of M pairs."""

    fundamental: Array
    """(M, 3, 3) float64; 0 where `status` is `same_centre` or `rank_deficient_camera`."""
    status: Array
    """(M,) uint8, codes of `PAIR_STATUS`."""
    condition: Array
    """(M,) float64: bound of the relative error of the baseline, and so about that of F, if every entry of the
    projections is wrong by up to four roundings; in units of 2^-53. NaN where there is no baseline."""
    epipoles: Array
    """(M, 2, 3) float64: left epipole (`F e = 0`) and right one (`Fᵀ e = 0`); homogeneous, unit length, w ≥ 0."""
    epipole_in_left: Array | None
    """(M,) bool: whether the epipole lies in the left image, whichever side of the camera it is on; with `sizes`."""
    epipole_in_right: Array | None
    """(M,) bool, the same of the right image."""


class FundamentalAll(NamedTuple):
    """Fundamental matrices of all pairs of N cameras."""

    fundamental: Array
    """(N, N, 3, 3) by left and right camera, or (N (N−1) / 2, 3, 3) for the pairs left < right in row-major order."""
    status: Array
    """(N, N) or (N (N−1) / 2,), uint8, codes of `PAIR_STATUS`."""
    epipole_in_left: Array | None
    """bool, as `status`: whether the epipole lies in the left image, whichever side of the camera it is on; with
    `sizes`."""
    epipole_in_right: Array | None
    """bool, the same of the right image."""


class FundamentalBlock(NamedTuple):
    """Fundamental matrices of each of R left with each of C right cameras."""

    fundamental: Array
    """(R, C, 3, 3)."""
    status: Array
    """(R, C) uint8, codes of `PAIR_STATUS`."""


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
    matrices, status, _ = Rig(cameras).fundamental_pairs(np.array([[0, 1]]), normalization=normalization)
    if PAIR_STATUS[status[0]] in ("same_centre", "rank_deficient_camera"):
        detail = (
            "the two cameras have the same centre, so their fundamental matrix is 0"
            if PAIR_STATUS[status[0]] == "same_centre"
            else "a projection has rank below 3"
        )
        raise Degenerate(PAIR_STATUS[status[0]], detail)
    F: Array = matrices[0]
    return F


def fundamental_pairs(
    projections: ArrayLike,
    pairs: ArrayLike,
    *,
    normalization: Normalization = "frobenius",
    sizes: ArrayLike | None = None,
) -> FundamentalPairs:
    """Compute the fundamental matrices of listed pairs of cameras, how well they are determined, and their epipoles.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite.
    pairs
        (M, 2), whole numbers 0 … N−1: left and right camera.
    normalization
        See `fundamental`.
    sizes
        (2,) for all or (N, 2): width and height of the images, to tell which epipoles lie in them; pixel centres lie
        at integers.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, a pair names no camera (`pairs/17/0`), plain determinants out of range, a size below 1.
    """
    rig = Rig(projections)
    numbers = pair_numbers(pairs, rig.cameras)
    matrices, status, condition = rig.fundamental_pairs(numbers, normalization=normalization)
    epipoles = epipoles_of_pairs(rig.prepared, numbers, status)
    inside = (None, None) if sizes is None else pair_epipole_flags(rig, numbers, epipoles, sizes)
    return FundamentalPairs(matrices, status, condition, epipoles, *inside)


def fundamental_all(
    projections: ArrayLike,
    *,
    layout: Layout = "full",
    dtype: Float = "float64",
    normalization: Normalization = "frobenius",
    out: Array | None = None,
    sizes: ArrayLike | None = None,
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
    sizes
        See `fundamental_pairs`.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, an unknown option, `out` does not fit, plain determinants outside the range of
        `dtype`, a size below 1.
    """
    rig = Rig(projections)
    matrices = rig.fundamental_rows(0, rig.cameras, layout=layout, dtype=dtype, normalization=normalization, out=out)
    flags = (None, None) if sizes is None else epipole_flags(rig, sizes, layout)
    return FundamentalAll(matrices, rig.status(layout), *flags)


def fundamental_block(
    projections: ArrayLike,
    rows: Sequence[int],
    columns: Sequence[int] | None = None,
    *,
    added: ArrayLike | None = None,
    dtype: Float = "float64",
    normalization: Normalization = "frobenius",
) -> FundamentalBlock:
    """Compute the fundamental matrices of a block of the full layout: left cameras `rows`, right cameras `columns`.

    One camera against all is `rows=(i, i + 1)`. Cameras that join a rig of N are `added`, and their pairs the block
    `rows=(N, N + A)`: N pairs for one more camera. Those of the other order are its transposes.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite.
    rows, columns
        (start, stop) camera numbers, stop not included; `columns=None` for all.
    added
        (A, 3, 4): cameras numbered from N on. The world's origin and unit are chosen for `projections` alone, so that
        every block equals, bit for bit, that of the rig before it grew, wherever that had it.
    dtype, normalization
        See `fundamental_all`.

    Returns
    -------
    Equal to `fundamental_all(projections).fundamental[rows, columns]` to the last bit.

    Raises
    ------
    InvalidInput
        As `fundamental_all`; a range of cameras that are not there.
    """
    rig = Rig(projections)
    if added is not None:
        rig = rig.joined(added)
    left = camera_range(rows, "rows")
    right = (0, rig.cameras) if columns is None else camera_range(columns, "columns")
    matrices = rig.fundamental_block(left, right, dtype=dtype, normalization=normalization)
    return FundamentalBlock(matrices, rig.status_block(left, right))


def camera_range(span: Sequence[int], name: str) -> tuple[int, int]:
    """Read (start, stop). Raises InvalidInput where it is not two whole numbers."""
    numbers = real_array(span, name, (2,))
    if (numbers != np.floor(numbers)).any():
        raise InvalidInput(name, "must be two whole numbers (start, stop)")
    return int(numbers[0]), int(numbers[1])


def pair_numbers(pairs: ArrayLike, cameras: int) -> Array:
    """Read pairs (M, 2) of cameras as int64. Raises InvalidInput where one is no camera."""
    numbers = real_array(pairs, "pairs", ("M", 2))
    wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= cameras)
    if wrong.any():
        m, side = np.argwhere(wrong)[0]
        raise InvalidInput(
            f"pairs/{m}/{side}", f"must be a whole number from 0 to {cameras - 1}, came as {numbers[m, side]:g}"
        )
    return numbers.astype(np.int64)
