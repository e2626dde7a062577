"""Which projections have a finite centre."""

import numpy as np

from geometry.inputs import Array

CENTRE_STATUS = ("ok", "camera_at_infinity", "rank_deficient")
"""What a projection is: with a finite centre, without one (affine), or of rank below 3."""

_OK, _AT_INFINITY, _RANK_DEFICIENT = range(3)
# Of a singular value with rows of unit length: 128 roundings. A lens of 1e5 px focal length is 1e9 above that.
_SINGULAR = 2.0**-46


def centre_status(projections: Array) -> Array:
    """Codes (N,) of `CENTRE_STATUS` for projections (N, 3, 4), finite, entries of about 1.

    The left 3×3 part M decides, with its rows scaled to unit length; where it is singular, `uᵀ M = 0`, the projection
    has rank 3 only if `uᵀ p₄` does not vanish.
    """
    M = projections[:, :, :3]
    lengths = np.sqrt((M * M).sum(axis=2, keepdims=True))
    lengths[lengths == 0] = 1
    scaled = M / lengths
    status = np.full(len(M), _OK, np.uint8)
    # The largest singular value is √3 at most, so the smallest is a third of the determinant at least.
    doubtful = ~(np.abs(np.linalg.det(scaled)) > 4 * _SINGULAR)
    if not doubtful.any():
        return status
    U, s, _ = np.linalg.svd(scaled[doubtful])
    u, p = U[:, :, 2], projections[doubtful, :, 3] / lengths[doubtful, :, 0]
    reach = np.abs((u * p).sum(axis=1)) > _SINGULAR * np.abs(u * p).sum(axis=1)
    singular = np.where((s[:, 1] > _SINGULAR) & reach, _AT_INFINITY, _RANK_DEFICIENT)
    status[doubtful] = np.where(s[:, 2] > _SINGULAR, _OK, singular)
    return status
