"""Projections taken apart into intrinsics and poses."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.finite import CENTRE_STATUS, centre_status
from geometry.inputs import Array, real_array

DECOMPOSITION_STATUS = CENTRE_STATUS
"""What the codes in `status` of decomposed projections mean."""

_OK = CENTRE_STATUS.index("ok")


class DecomposedProjections(NamedTuple):
    """N cameras, `P = scale · K [R | t]`; NaN where `status` is not 0."""

    intrinsics: Array
    """(N, 3, 3) float64, px: K, upper triangular, positive diagonal, K[2, 2] = 1."""
    rotations: Array
    """(N, 3, 3) float64: R of `X_c = R X_w + t`, determinant +1."""
    translations: Array
    """(N, 3) float64, world units."""
    centers: Array
    """(N, 3) float64, world units: C with `P (C, 1) = 0`."""
    quaternions: Array
    """(N, 4) float64: R as w, x, y, z of unit length, w ≥ 0."""
    scales: Array
    """(N,) float64: what P was multiplied by; negative if its sign was turned."""
    status: Array
    """(N,) uint8, codes of `DECOMPOSITION_STATUS`."""


def _quaternions(R: Array) -> Array:
    """Rotations (N, 3, 3) as quaternions, by the largest of the four squares (Shepperd 1978)."""
    xx, yy, zz = R[:, 0, 0], R[:, 1, 1], R[:, 2, 2]
    squares = np.stack([1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], axis=1)
    wx, wy, wz = R[:, 2, 1] - R[:, 1, 2], R[:, 0, 2] - R[:, 2, 0], R[:, 1, 0] - R[:, 0, 1]
    xy, xz, yz = R[:, 0, 1] + R[:, 1, 0], R[:, 0, 2] + R[:, 2, 0], R[:, 1, 2] + R[:, 2, 1]
    w, x, y, z = squares.T
    products = np.stack([w, wx, wy, wz, wx, x, xy, xz, wy, xy, y, yz, wz, xz, yz, z], axis=1).reshape(-1, 4, 4)
    found = products[np.arange(len(R)), squares.argmax(axis=1)]
    found = found / np.sqrt((found * found).sum(axis=1, keepdims=True))
    quaternions: Array = np.where(found[:, :1] < 0, -found, found)
    return quaternions


def _triangle_and_rotation(M: Array) -> tuple[Array, Array]:
    """Split M (N, 3, 3) = K Q, K upper triangular with a diagonal ≥ 0, Q orthogonal: QR of the reversed rows."""
    Q, T = np.linalg.qr(M[:, ::-1].transpose(0, 2, 1))
    K, R = T.transpose(0, 2, 1)[:, ::-1, ::-1], Q.transpose(0, 2, 1)[:, ::-1]
    signs = np.where(np.diagonal(K, axis1=1, axis2=2) < 0, -1.0, 1.0)
    return K * signs[:, np.newaxis], R * signs[:, :, np.newaxis]


def decompose_projection(projections: ArrayLike) -> DecomposedProjections:
    """Take projections apart: `P = scale · K [R | t]`, the inverse of `projections_from_poses`.

    K has a positive diagonal and K[2, 2] = 1, R has determinant +1; that makes the five unique, and `scale` takes
    what is left, its sign included. Printed rotations that are orthonormal to a few digits give an exact rotation,
    and a K that makes up for it.

    Parameters
    ----------
    projections
        (N, 3, 4), or (3, 4) for one; real, finite.

    Returns
    -------
    DecomposedProjections
        Status `camera_at_infinity`: rank 3, but no finite centre (affine cameras); `rank_deficient`: rank below 3;
        both within the rounding of the projection.

    Raises
    ------
    InvalidInput
        Another shape, or not finite.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 6.2.4.
    """
    P = real_array(projections, "projections", ("N", 3, 4) if np.ndim(projections) != 2 else (3, 4)).reshape(-1, 3, 4)
    _, powers = np.frexp(np.abs(P).max(axis=(1, 2), initial=0.0))
    scaled = np.ldexp(P, -powers[:, np.newaxis, np.newaxis])
    status = centre_status(scaled)
    scaled[status != _OK] = np.eye(3, 4)
    K, R = _triangle_and_rotation(scaled[:, :, :3])
    mirrored = np.where(np.linalg.det(R) < 0, -1.0, 1.0)
    R = R * mirrored[:, np.newaxis, np.newaxis]
    scales = mirrored * K[:, 2, 2]
    K = K / K[:, 2:, 2:]
    x, y, z = (scaled[:, :, 3] / scales[:, np.newaxis]).T
    y = (y - K[:, 1, 2] * z) / K[:, 1, 1]
    t = np.stack([(x - K[:, 0, 1] * y - K[:, 0, 2] * z) / K[:, 0, 0], y, z], axis=1)
    with np.errstate(over="ignore"):  # a projection at the end of the range has an infinite scale
        scales = np.ldexp(scales, powers)
    found = [K, R, t, -np.einsum("nji,nj->ni", R, t), _quaternions(R), scales]
    for values in found:
        values += 0.0  # no negative zeros
        values[status != _OK] = np.nan
    K, R, t, C, q, scales = found
    return DecomposedProjections(K, R, t, C, q, scales, status)
