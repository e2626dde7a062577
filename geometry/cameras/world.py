"""Projections written in a world whose origin and unit suit the cameras."""

from typing import NamedTuple

import numpy as np

from geometry.cameras.finite import CENTRE_STATUS, centre_status
from geometry.errors import Degenerate
from geometry.inputs import Array, kernel_view

_SPLIT = 134217729.0  # 2^27 + 1: splits a float64 into two halves whose products are exact
_ROUNDING = 2.0**-53
# An entry of P may be 4 roundings off (it came from K [R | t]); the sums below add as many.
_ENTRY_ERROR = 8 * _ROUNDING


class LocalCameras(NamedTuple):
    """N cameras in the world `X' = (X − origin) / unit`, each scaled so that its depth is in units of that world."""

    projections: Array
    """(N, 3, 4); the third row times a point in front is positive."""
    centers: Array
    """(N, 3)."""
    rays: Array
    """(N, 3, 3): M⁻¹, from a pixel (x, y, 1) to the direction that it looks in."""
    tolerances: Array
    """(N,): how far rounding may have moved the centre."""
    origin: Array
    """(3,)."""
    unit: float


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """Rounded products and their exact errors (Dekker 1971)."""
    product = a * b
    high = _SPLIT * a
    a_high = high - (high - a)
    high = _SPLIT * b
    b_high = high - (high - b)
    a_low, b_low = a - a_high, b - b_high
    return product, a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Rounded sums and their exact errors (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _last_columns(projections: Array, origin: Array) -> Array:
    """Compute p₄ + M s as if in twice the digits."""
    total, error = projections[:, :, 3], np.zeros(projections.shape[:2])
    for axis in range(3):
        product, product_error = _two_product(projections[:, :, axis], origin[axis])
        total, sum_error = _two_sum(total, product)
        error += product_error + sum_error
    return total + error


def local_cameras(projections: Array) -> LocalCameras:
    """Move projections (N, 3, 4), finite, N ≥ 1, to the mean of their centres; the unit is the widest distance from it.

    Raises
    ------
    Degenerate
        `camera_at_infinity`, `rank_deficient`: a projection has no finite centre, its left 3×3 part is singular.
    """
    scaled = np.ldexp(projections, -np.frexp(np.abs(projections).max(axis=(1, 2)))[1][:, np.newaxis, np.newaxis])
    M = scaled[:, :, :3]
    status = centre_status(scaled)
    if status.any():
        n = int(np.argmax(status != 0))
        raise Degenerate(CENTRE_STATUS[status[n]], f"projections/{n} has no finite centre")
    lengths = np.sqrt((M * M).sum(axis=2))
    # Depth in units of the world, positive in front.
    scaled = scaled * (np.sign(np.linalg.det(M / lengths[:, :, np.newaxis])) / lengths[:, 2])[:, np.newaxis, np.newaxis]
    inverses = np.linalg.inv(scaled[:, :, :3])
    origin = -np.einsum("nij,nj->ni", inverses, scaled[:, :, 3]).mean(axis=0)
    last = _last_columns(scaled, origin)
    centers = -np.einsum("nij,nj->ni", inverses, last)
    size = np.abs(scaled[:, :, 3]) + np.abs(scaled[:, :, :3]) @ np.abs(origin)
    tolerances = _ENTRY_ERROR * np.einsum("nij,nj->ni", np.abs(inverses), size).max(axis=1)
    spread = float(np.sqrt((centers * centers).sum(axis=1)).max())
    unit = 2.0 ** int(np.frexp(spread if spread > tolerances.max() else 1.0)[1])
    moved = np.concatenate([scaled[:, :, :3], last[:, :, np.newaxis] / unit], axis=2)
    return LocalCameras(kernel_view(moved), centers / unit, kernel_view(inverses), tolerances / unit, origin, unit)
