"""The homography that a plane induces: between two cameras, or from its own coordinates to a picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import check_rotation, intrinsic_matrix
from geometry.errors import Degenerate, InvalidInput
from geometry.homographies.condition import SINGULAR, reciprocal_condition
from geometry.homographies.rational import Rows, determinant, product, unit_matrix, whole_numbers
from geometry.inputs import Array, finite_number, real_array


class _View(NamedTuple):
    """A projection in whole numbers, and the sign that makes its w positive in front."""

    rows: Rows
    front: int


def _projection(value: ArrayLike, name: str, R: Array | None = None, t: Array | None = None) -> Array:
    if np.shape(value) == (3, 3):
        K = intrinsic_matrix(value, name)
        R, t = (np.eye(3), np.zeros(3)) if R is None or t is None else (R, t)
        with np.errstate(over="ignore", invalid="ignore"):
            P: Array = K @ np.column_stack([R, t])
        if not np.isfinite(P).all():
            raise Degenerate("overflow", f"the projection of {name} exceeds what floats hold")
        return P
    if np.shape(value) != (3, 4):
        raise InvalidInput(name, f"must have shape (3, 3) or (3, 4), came as {np.shape(value)}")
    P = real_array(value, name, (3, 4))
    if not P.any() or reciprocal_condition(P) < SINGULAR:
        raise Degenerate("rank_deficient_camera", f"{name} has no single centre: its rank is below 3")
    return P


def _view(P: Array) -> _View:
    rows = whole_numbers(P)
    return _View(rows, 1 if determinant([row[:3] for row in rows]) >= 0 else -1)


def _through_centre(name: str) -> Degenerate:
    return Degenerate("plane_through_centre", f"the plane goes through the centre of {name}: it is seen as a line")


def _unit_homography(h: Rows, sign: int, name: str) -> Array:
    H = unit_matrix([[sign * entry for entry in row] for row in h])
    if reciprocal_condition(H) < SINGULAR:
        raise _through_centre(name)
    return H


def _between(source: Array, target: Array, plane: Array) -> Array:
    """`H = P₂ B` with B (4, 3) such that `P₁ B = I` and `π·B = 0`: B takes a pixel to its point of the plane."""
    stacked = np.vstack([source, plane])
    if reciprocal_condition(stacked) < SINGULAR:
        raise _through_centre("source")
    first, second = _view(source), _view(target)
    rows = [*first.rows, *whole_numbers(plane[np.newaxis])]

    def minor(without_row: int, without_column: int) -> int:
        left = [[row[c] for c in range(4) if c != without_column] for r, row in enumerate(rows) if r != without_row]
        return determinant(left) if (without_row + without_column) % 2 == 0 else -determinant(left)

    back = [[minor(j, i) for j in range(3)] for i in range(4)]
    volume = sum(rows[3][k] * minor(3, k) for k in range(4))
    sign = first.front * second.front * (1 if volume > 0 else -1)
    return _unit_homography(product(second.rows, back), sign, "target")


def _from_axes(source: Array, origin: Array, axes: Array) -> Array:
    """`H = P [e₁ e₂ o; 0 0 1]`."""
    if not axes.any(axis=1).all() or reciprocal_condition(axes) < SINGULAR:
        raise InvalidInput("axes", "must not be zero or parallel")
    view = _view(source)
    columns = np.vstack([np.column_stack([axes[0], axes[1], origin]), [0.0, 0.0, 1.0]])
    return _unit_homography(product(view.rows, whole_numbers(columns)), view.front, "source")


def homography_from_plane(
    source: ArrayLike,
    target: ArrayLike | None = None,
    *,
    normal: ArrayLike | None = None,
    distance: float | None = None,
    rotation: ArrayLike | None = None,
    translation: ArrayLike | None = None,
    origin: ArrayLike | None = None,
    axes: ArrayLike | None = None,
) -> Array:
    """Compute the homography that a plane induces.

    From source to target pixels, for the plane n·X = d: with intrinsics and the target's pose `X₂ = R X₁ + t`, the
    plane in the source camera's frame, `H = K₂ (R + t nᵀ/d) K₁⁻¹`; with two projections, the plane in their world,
    `H = P₂ B` with `P₁ B = I`, `(n, −d)·B = 0`. Without n and d the plane at infinity.

    From plane coordinates (a, b) to source pixels, for the plane of the points o + a e₁ + b e₂:
    `H = P [e₁ e₂ o; 0 0 1]`. With the steps of a map's pixels as e₁, e₂, `warp_perspective(image, H,
    direction="output_to_source")` draws that map: the ground from above.

    H has unit Frobenius norm. w > 0 where the plane's point is in front of the camera; between two, in front of both
    (or behind both). Computed in whole numbers and rounded at the end.

    Parameters
    ----------
    source
        (3, 3) intrinsics K₁, in whose camera's frame the plane is, or (3, 4) projection P₁ from the plane's world.
    target
        The second camera, of the same kind. None: from plane coordinates to the source.
    normal
        (3,), not zero, any length.
    distance
        d of n·X = d, in the world's unit times the normal's length; of any sign.
    rotation, translation
        (3, 3), (3,): pose of the target from the source, for intrinsics only.
    origin, axes
        (3,), (2, 3): a point and two directions of the plane, without a target only.

    Returns
    -------
    (3, 3), float64.

    Raises
    ------
    InvalidInput
        An argument is not as described above, missing, or of the other use.
    Degenerate
        `plane_through_centre`: a camera sees the plane as a line. `rank_deficient_camera`: a projection has no single
        centre. `overflow`: the numbers are too large.

    References
    ----------
    Hartley, Zisserman, Multiple View Geometry, 2nd ed., result 13.1 (there n·X + d = 0) and section 8.1.1.
    """
    if target is None:
        for name, given in (
            ("normal", normal),
            ("distance", distance),
            ("rotation", rotation),
            ("translation", translation),
        ):
            if given is not None:
                raise InvalidInput(name, "is for a plane between two cameras; target is missing")
        if origin is None or axes is None:
            raise InvalidInput("origin" if origin is None else "axes", "is needed where there is no target")
        return _from_axes(
            _projection(source, "source"), real_array(origin, "origin", (3,)), real_array(axes, "axes", (2, 3))
        )
    for name, given in (("origin", origin), ("axes", axes)):
        if given is not None:
            raise InvalidInput(name, "is for plane coordinates, without a target")
    if np.shape(source) != np.shape(target):
        raise InvalidInput("target", f"must be of the source's kind, {np.shape(source)}, came as {np.shape(target)}")
    R = t = None
    if np.shape(source) == (3, 3):
        if rotation is None or translation is None:
            name = "rotation" if rotation is None else "translation"
            raise InvalidInput(name, "is needed where cameras are given by intrinsics")
        R, t = real_array(rotation, "rotation", (3, 3)), real_array(translation, "translation", (3,))
        check_rotation(R, "rotation")
    elif rotation is not None or translation is not None:
        name = "translation" if rotation is None else "rotation"
        raise InvalidInput(name, "is for intrinsics; projections hold their poses")
    if (normal is None) != (distance is None):
        raise InvalidInput("normal" if normal is None else "distance", "is needed: give both, or none for infinity")
    plane = np.array([0.0, 0.0, 0.0, 1.0])
    if normal is not None and distance is not None:
        plane = np.append(real_array(normal, "normal", (3,)), -finite_number(distance, "distance"))
        if not plane[:3].any():
            raise InvalidInput("normal", "must not be zero")
    return _between(_projection(source, "source"), _projection(target, "target", R, t), plane)
