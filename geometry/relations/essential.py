"""Essential matrices: from cameras to relative poses, and back."""

from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import check_rotation, intrinsic_matrix
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, choice, real_array
from geometry.relations.centres import PAIR_STATUS, status_pairs
from geometry.relations.minors import plucker_minors
from geometry.relations.rig import Normalization

_RANK_ONE = 1e-9  # second over first singular value, below which a matrix has no direction of translation
_PARALLEL = 1e-12  # sine between two rays below which they do not meet at any finite depth


class Essential(NamedTuple):
    """The essential matrix of two cameras and the relative pose that it stands for."""

    essential: Array
    """(3, 3) float64."""
    rotation: Array
    """(3, 3) float64: R of X_right = R X_left + t."""
    translation: Array
    """(3,) float64: t of X_right = R X_left + t, in units of the world."""


class RelativePoses(NamedTuple):
    """The four relative poses that an essential matrix leaves open, and what points say about them."""

    rotations: Array
    """(4, 3, 3) float64: R of X_right = R X_left + t."""
    translations: Array
    """(4, 3) float64, unit length: t of the same; the matrix does not tell its length."""
    singular_values: Array
    """(3,) float64, of unit norm; √½, √½, 0 for a true essential matrix."""
    counts: Array
    """(4,) int64: how many of the points are in front of both cameras; 0 without points."""
    best: int | None
    """Number of the pose with the most points in front; None without points, or if two have as many."""


def essential(
    left: ArrayLike,
    right: ArrayLike,
    *,
    left_intrinsics: ArrayLike | None = None,
    right_intrinsics: ArrayLike | None = None,
    normalization: Normalization = "frobenius",
) -> Essential:
    """Compute the essential matrix of two cameras: `x_rightᵀ E x_left = 0` in normalized coordinates `K⁻¹ (x, y, 1)`.

    `E = [t]ₓ R` for the relative pose X_right = R X_left + t. The sign is that of this product; F by the determinants
    of `fundamental` is −K_right⁻ᵀ E K_left⁻¹, up to a positive factor.

    Parameters
    ----------
    left, right
        (3, 4), real, finite: K [R | t] of any scale and sign. With a relative pose, left is [I | 0].
    left_intrinsics, right_intrinsics
        (3, 3) K of each; upper triangular, positive focal lengths. None: the identity, the camera is a pose [R | t].
    normalization
        `"frobenius"`: unit norm; `"none"`: [t]ₓ R in units of the world, whose norm is √2 ‖t‖.

    Returns
    -------
    Rotations are the nearest ones to what the projections hold, and E is made from them: its singular values are
    two equal ones and 0.

    Raises
    ------
    InvalidInput
        Wrong shapes, not finite, not an intrinsic matrix; a projection that is not K [R | t] with the given K to 1e-3.
    Degenerate
        `same_centre`: no more baseline than the rounding of the projections explains; `rank_deficient_camera`.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 9.6.
    """
    unit_norm = choice(normalization, "normalization", get_args(Normalization)) == "frobenius"
    given = np.stack([real_array(left, "left", (3, 4)), real_array(right, "right", (3, 4))])
    intrinsics = [
        np.eye(3) if K is None else intrinsic_matrix(K, name)
        for K, name in ((left_intrinsics, "left_intrinsics"), (right_intrinsics, "right_intrinsics"))
    ]
    prepared = plucker_minors(given)
    status, _ = status_pairs(prepared, np.array([[0, 1]]))
    reason = PAIR_STATUS[status[0]]
    if reason == "same_centre":
        raise Degenerate(reason, "the two cameras have the same centre, so their essential matrix is 0")
    if reason == "rank_deficient_camera":
        raise Degenerate(reason, "a projection has rank below 3")
    rotations, centres = [], []
    for K, P, name in zip(intrinsics, prepared.projections, ("left", "right"), strict=True):
        pose = np.linalg.solve(K, P)
        scale = np.cbrt(np.linalg.det(pose[:, :3]))
        if abs(scale) <= 1e-9 * np.abs(pose[:, :3]).max():
            raise InvalidInput(name, "is not K [R | t] with these intrinsics: its first three columns are singular")
        pose /= scale
        check_rotation(pose[:, :3], name)
        U, _, V = np.linalg.svd(pose[:, :3])
        rotations.append(U @ V)
        centres.append(-np.linalg.solve(pose[:, :3], pose[:, 3]))
    R = rotations[1] @ rotations[0].T
    # the world of the minors has its origin near both centres, so their difference loses nothing
    t = np.ldexp(rotations[1] @ (centres[0] - centres[1]), prepared.world.exponent)
    E = _cross(t) @ R
    return Essential(E / (np.sqrt(2) * np.linalg.norm(t)) if unit_norm else E, R, t)


def decompose_essential(
    matrix: ArrayLike,
    left_points: ArrayLike | None = None,
    right_points: ArrayLike | None = None,
    *,
    left_intrinsics: ArrayLike | None = None,
    right_intrinsics: ArrayLike | None = None,
) -> RelativePoses:
    """Find the four relative poses that share an essential matrix; with matching points, the one that shows them.

    `E = U diag(1, 1, 0) Vᵀ`, `t = ±u₃`, `R = U W^±1 Vᵀ` with W the quarter turn about the third axis.

    Parameters
    ----------
    matrix
        (3, 3), any scale and sign: E if there are no intrinsics, otherwise F, and `E = K_rightᵀ F K_left`.
    left_points, right_points
        (M, 2): matching points, both or none; pixels with intrinsics, otherwise normalized coordinates.
    left_intrinsics, right_intrinsics
        (3, 3) K of each, both or none.

    Returns
    -------
    Poses in the order (R₁, t), (R₁, −t), (R₂, t), (R₂, −t). A matrix that is not quite essential is taken as the
    nearest one that is; `singular_values` tell how far that is. Points whose two rays are parallel count for none.

    Raises
    ------
    InvalidInput
        Wrong shapes, not finite, one of two, not an intrinsic matrix.
    Degenerate
        `rank_deficient_essential`: the matrix is 0 or has rank 1.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, result 9.19.
    """
    E = real_array(matrix, "matrix", (3, 3))
    E = E / (np.abs(E).max() or 1.0)
    _both("left_points", left_points, "right_points", right_points)
    _both("left_intrinsics", left_intrinsics, "right_intrinsics", right_intrinsics)
    inverses = [np.eye(3), np.eye(3)]
    if left_intrinsics is not None and right_intrinsics is not None:
        K_left = intrinsic_matrix(left_intrinsics, "left_intrinsics")
        K_right = intrinsic_matrix(right_intrinsics, "right_intrinsics")
        # scaled, since products of what float64 just holds would overflow; E has no scale of its own
        E = (K_right / np.abs(K_right).max()).T @ E @ (K_left / np.abs(K_left).max())
        inverses = [np.linalg.inv(K_left), np.linalg.inv(K_right)]
    U, values, V = np.linalg.svd(E)
    if not values[1] > _RANK_ONE * values[0]:
        raise Degenerate("rank_deficient_essential", "the matrix is 0 or has rank 1, so there is no relative pose")
    U, V = U * np.sign(np.linalg.det(U)), V * np.sign(np.linalg.det(V))
    W = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    turns = [U @ W @ V, U @ W.T @ V]
    rotations = np.array([turns[0], turns[0], turns[1], turns[1]])
    translations = np.array([U[:, 2], -U[:, 2], U[:, 2], -U[:, 2]])
    counts, best = np.zeros(4, np.int64), None
    if left_points is not None and right_points is not None:
        left = real_array(left_points, "left_points", ("M", 2))
        right = real_array(right_points, "right_points", (len(left), 2))
        left_rays = np.c_[left, np.ones(len(left))] @ inverses[0].T
        right_rays = np.c_[right, np.ones(len(right))] @ inverses[1].T
        counts = np.array(
            [_in_front(left_rays, right_rays, R, t) for R, t in zip(rotations, translations, strict=True)]
        )
        most = np.flatnonzero(counts == counts.max())
        best = int(most[0]) if len(most) == 1 else None
    return RelativePoses(rotations, translations, values / np.linalg.norm(values), counts, best)


def _in_front(left: Array, right: Array, R: Array, t: Array) -> int:
    """How many pairs of rays (M, 3) with z = 1 meet at positive depths: z₂ x₂ = z₁ R x₁ + t."""
    turned = left @ R.T
    normal = np.cross(right, turned)
    squares = (normal**2).sum(axis=1)
    meet = squares > _PARALLEL**2 * (turned**2).sum(axis=1) * (right**2).sum(axis=1)
    left_depth = -(normal * np.cross(right, t)).sum(axis=1)
    right_depth = -(normal * np.cross(turned, t)).sum(axis=1)
    return int((meet & (left_depth > 0) & (right_depth > 0)).sum())


def _cross(t: Array) -> Array:
    return np.array([[0.0, -t[2], t[1]], [t[2], 0.0, -t[0]], [-t[1], t[0], 0.0]])


def _both(one_name: str, one: ArrayLike | None, other_name: str, other: ArrayLike | None) -> None:
    if (one is None) != (other is None):
        missing = one_name if one is None else other_name
        raise InvalidInput(missing, "is needed: give both, or none")
