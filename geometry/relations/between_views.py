"""Homographies between the views of pairs of cameras: of a plane, or of what is infinitely far away."""

from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, real_array
from geometry.kernel import kernel
from geometry.relations.fundamental import pair_numbers
from geometry.relations.minors import Minors, plucker_minors, two_product, two_sum
from geometry.relations.wedges import planes_meet, row_pair_with, scale_to_unit_norm

PlaneFrame = Literal["world", "left"]
PLANE_STATUS = (
    "ok",
    "plane_through_left_centre",
    "plane_through_right_centre",
    "rank_deficient_camera",
    "camera_at_infinity",
)
"""What the codes in `status` mean. A camera at infinity has no frame that a plane could be given in."""

_OK, _LEFT, _RIGHT, _RANK_DEFICIENT, _AT_INFINITY = range(5)
_ROUNDING = 2.0**-53
_BAND_PAIRS = 2000


class ViewHomographies(NamedTuple):
    """Homographies from the left to the right view of M pairs."""

    homographies: Array
    """(M, 3, 3) float64, unit Frobenius norm: x_right ~ H x_left; 0 where `status` is not 0."""
    status: Array
    """(M,) uint8, codes of `PLANE_STATUS`."""


@kernel("void(f8[:,::1], f8[::1], f8, f8[:,::1], f8[::1])")
def _move_planes(planes, origin, unit, moved, slack):  # type: ignore[no-untyped-def]
    """Planes n·X = d as (n, n·s − d) in the world X' = (X − s) / unit, and the relative rounding of that."""
    for m in range(len(planes)):
        total, error, size = -planes[m, 3], 0.0, abs(planes[m, 3])
        for c in range(3):
            product, product_error = two_product(planes[m, c], origin[c])
            total, sum_error = two_sum(total, product)
            error += product_error + sum_error
            size += abs(product)
            moved[m, c] = planes[m, c]
        moved[m, 3] = (total + error) / unit
        square = 0.0
        for c in range(4):
            square += moved[m, c] ** 2
        slack[m] = _ROUNDING * (4.0 + size / unit / np.sqrt(square))


@kernel(
    "void(f8[:,::1], f8[:,:,::1], f8[:,::1], f8[::1], f8[:,::1], f8[::1], i8[:,::1], u1[::1], f8[:,::1])",
)
def _homographies(  # type: ignore[no-untyped-def]
    minors, projections, centres, tolerances, planes, slack, pairs, status, homographies
):
    line = np.empty(6)
    for m in range(len(pairs)):
        left, right, plane, H = pairs[m, 0], pairs[m, 1], planes[m], homographies[m]
        H[:] = 0.0
        if status[m] != _OK:
            continue
        square, to_left, to_right = 0.0, 0.0, 0.0
        for c in range(4):
            square += plane[c] * plane[c]
            to_left += plane[c] * centres[c, left]
            to_right += plane[c] * centres[c, right]
        length = np.sqrt(square)
        if abs(to_left) <= (tolerances[left] + slack[m]) * length:
            status[m] = _LEFT
            continue
        if abs(to_right) <= (tolerances[right] + slack[m]) * length:
            status[m] = _RIGHT
            continue
        for k in range(3):
            planes_meet(plane, projections[right, k], line)
            for i in range(3):
                H[3 * k + i] = row_pair_with(minors, 3 * left + i, line)
        scale_to_unit_norm(H)
        if (to_left < 0.0) ^ (centres[3, left] < 0.0) ^ (centres[3, right] < 0.0):
            for q in range(9):
                H[q] = -H[q]


def homography_between_views(
    projections: ArrayLike,
    pairs: ArrayLike,
    *,
    planes: ArrayLike | None = None,
    frame: PlaneFrame = "world",
) -> ViewHomographies:
    """Compute the homographies from left to right views that a plane induces, or the plane at infinity.

    `H[k, i] = det [rows of left without i, in cyclic order; plane; row k of right]`. With left K₁ [I | 0], right
    K₂ [R | t] and the plane n·X = d it is `K₂ (R + t nᵀ / d) K₁⁻¹`, and `K₂ R K₁⁻¹` for the plane at infinity: what a
    camera that only turns sees, and where points far away come to lie.

    Parameters
    ----------
    projections
        (N, 3, 4), real, finite; from world to image, up to scale.
    pairs
        (M, 2), whole numbers 0 … N−1: left and right camera, which may be the same.
    planes
        (4,) for all or (M, 4): n and d of n·X = d, any scale. Default: the plane at infinity, (0, 0, 0, 1).
    frame
        `"world"`: of the projections. `"left"`: planes are given in the frame of each pair's left camera,
        X_c = R X + t.

    Returns
    -------
    H has w > 0 at pixels whose point of the plane is in front of both cameras, or behind both; w ≤ 0 where it is
    between: no pixel of one view is seen in the other there, and warps mask it.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, a pair names no camera (`pairs/17/0`), a plane of zeros.

    Notes
    -----
    Hartley and Zisserman, Multiple View Geometry, 2nd edition, result 13.1 (there n·X + d = 0).
    """
    cameras = real_array(projections, "projections", ("N", 3, 4))
    numbers = pair_numbers(pairs, len(cameras))
    choice(frame, "frame", get_args(PlaneFrame))
    each = planes is not None and np.ndim(planes) == 2
    given = real_array(
        [0.0, 0.0, 0.0, 1.0] if planes is None else planes, "planes", (len(numbers), 4) if each else (4,)
    )
    if not given.any(axis=-1).all():
        raise InvalidInput(f"planes/{int(np.argmin(given.any(axis=-1)))}" if each else "planes", "must not be zero")
    given = np.ldexp(given, -np.frexp(np.abs(given).max(axis=-1, keepdims=True))[1])
    given = np.broadcast_to(given, (len(numbers), 4)).copy()

    prepared = plucker_minors(cameras)
    status = np.full(len(numbers), _OK, np.uint8)
    moved, slack = np.empty((len(numbers), 4)), np.empty(len(numbers))
    if frame == "left":
        at_infinity = np.abs(prepared.centres[3]) <= prepared.tolerances
        status[at_infinity[numbers[:, 0]]] = _AT_INFINITY
        _planes_of_cameras(prepared, at_infinity, numbers[:, 0], given, moved, slack)
    else:
        _move_planes(given, prepared.world.origin, float(np.ldexp(1.0, prepared.world.exponent)), moved, slack)
    status[np.isinf(prepared.tolerances)[numbers].any(axis=1)] = _RANK_DEFICIENT
    homographies = np.empty((len(numbers), 9))
    run_bands(
        lambda start, stop: _homographies(
            prepared.minors,
            prepared.projections,
            prepared.centres,
            prepared.tolerances,
            moved[start:stop],
            slack[start:stop],
            numbers[start:stop],
            status[start:stop],
            homographies[start:stop],
        ),
        len(numbers),
        grain=_BAND_PAIRS,
    )
    return ViewHomographies(homographies.reshape(-1, 3, 3), status)


def _planes_of_cameras(
    prepared: Minors, at_infinity: Array, lefts: Array, planes: Array, moved: Array, slack: Array
) -> None:
    """Write planes from frames of cameras in the world: `(n, −d) [R t; 0 1]`."""
    poses = np.zeros((len(prepared.projections), 3, 4))
    finite = ~at_infinity
    poses[finite] = _poses(prepared.projections[finite])
    distances = np.ldexp(planes[:, 3], -prepared.world.exponent)
    moved[:] = np.einsum("mi,mic->mc", planes[:, :3], poses[lefts])
    # t enters with the rounding of the projection's last column, which the tolerance of the centre stands for
    slack[:] = 16 * _ROUNDING
    moved[:, 3] -= distances


def _poses(projections: Array) -> Array:
    """[R | t] of finite cameras P = K [R | t], by the QR decomposition of M turned around."""
    Q, upper = np.linalg.qr(np.ascontiguousarray(projections[:, ::-1, :3].transpose(0, 2, 1)))
    R = Q.transpose(0, 2, 1)[:, ::-1]
    K = upper.transpose(0, 2, 1)[:, ::-1, ::-1]
    signs = np.sign(np.einsum("nii->ni", K))
    R, K = signs[:, :, np.newaxis] * R, K * signs[:, np.newaxis, :]
    t = np.linalg.solve(K, projections[:, :, 3:])
    mirrored = np.linalg.det(R) < 0
    poses: Array = np.concatenate([R, t], axis=2) * np.where(mirrored, -1.0, 1.0)[:, np.newaxis, np.newaxis]
    return poses
