"""From points in space to cells of a grid: the linear forms of a camera, or of a choice of axes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, finite_number, real_array

_DEFICIENT = 1e-12  # volume that three directions, or area that two, span, relative to their lengths


class GridView(NamedTuple):
    """Column `(p·X / w·X − x₀) / c_x`, row `(q·X / w·X − y₀) / c_y` and depth `d·X` of X = (X, Y, Z, 1)."""

    forms: Array
    """(4, 4) float64: p, q, w, d. Points with w·X ≤ 0 are behind the camera."""
    frame: Array
    """(5,) float64: x₀, y₀, c_x, c_y, and what is added before rounding down."""


def _axis_forms(axes: Sequence[int]) -> Array:
    try:
        chosen = [int(axis) for axis in axes]
        whole = all(int(axis) == axis for axis in axes)
    except (TypeError, ValueError):
        whole, chosen = False, []
    if not whole or len(chosen) not in (2, 3) or not set(chosen) <= {0, 1, 2} or chosen[0] == chosen[1]:
        raise InvalidInput("axes", f"must be (row, column[, value]), of 0, 1, 2, row and column apart; came as {axes}")
    row, column = chosen[:2]
    value = chosen[2] if len(chosen) == 3 else 3 - row - column
    return np.eye(4)[[column, row, 3, value]]


def _affine_forms(rows: Array) -> Array:
    lengths = np.linalg.norm(rows[:, :3], axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = rows[:, :3] / lengths
        direction = np.cross(x, y)
        area = float(np.linalg.norm(direction))
    if not area > _DEFICIENT:
        raise Degenerate("rank_deficient_camera", "the two rows of an affine projection must not be parallel")
    return np.stack([*rows, [0, 0, 0, 1], [*(direction / area), 0]])


def _projection_forms(projection: ArrayLike) -> Array:
    P = real_array(projection, "projection", ("2 or 3", 4))
    if len(P) not in (2, 3):
        raise InvalidInput("projection", f"must have shape (3, 4) or (2, 4), came as {P.shape}")
    if len(P) == 2:
        return _affine_forms(P)
    largest = np.abs(P).max()
    if largest == 0:
        raise Degenerate("rank_deficient_camera", "the projection is zero")
    P = P / largest
    if not P[2, :3].any():
        if P[2, 3] == 0:
            raise Degenerate("rank_deficient_camera", "the last row of the projection is zero")
        return _affine_forms(P[:2] / P[2, 3])
    M = P[:, :3]
    lengths = np.linalg.norm(M, axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        volume = float(np.linalg.det(M / lengths))
    if not abs(volume) > _DEFICIENT:
        raise Degenerate("rank_deficient_camera", "the projection has no centre: its first three columns are singular")
    forward = P[2] * (np.sign(volume) / lengths[2])
    # The sign of P is free; w·X > 0 in front of the camera makes all of it positive there.
    return np.stack([*(P[:2] * (np.sign(volume) / lengths[2])), forward, forward])


def grid_view(
    projection: ArrayLike | None,
    axes: Sequence[int] | None,
    origin: Sequence[float],
    cell: float | Sequence[float],
    half: bool,
) -> GridView:
    """Check what says where points go; `half`: cells have their edges at integers, not their centres.

    Raises
    ------
    InvalidInput
        Neither or both of projection and axes, or something that is not as `scatter_points` documents.
    Degenerate
        `rank_deficient_camera`.
    """
    if (projection is None) == (axes is None):
        raise InvalidInput("projection" if axes is None else "axes", "give either a projection or axes")
    forms = _projection_forms(projection) if projection is not None else _axis_forms(axes or ())
    start = real_array(origin, "origin", (2,))
    sides = [cell, cell] if np.ndim(cell) == 0 else cell
    steps = [finite_number(side, "cell") for side in sides]  # type: ignore[union-attr, arg-type]
    if len(steps) != 2 or not min(steps) > 0:
        raise InvalidInput("cell", f"must be a positive number, or two (x, y); came as {cell}")
    return GridView(np.ascontiguousarray(forms), np.array([*start, *steps, 0.0 if half else 0.5]))
