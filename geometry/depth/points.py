"""Depth as points in space."""

import math
from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.cameras.poses import intrinsic_matrix
from geometry.depth.views import DepthKind, depth_readings, inverse_intrinsics, rigid_motion, unit_length
from geometry.inputs import Array, choice
from geometry.kernel import kernel

_BAND_PIXELS = 65536


class DepthPoints(NamedTuple):
    """One point a pixel."""

    points: Array
    """(H, W, 3): float64 for float64 and int32 depth, otherwise float32; NaN where there is no reading."""
    valid: Array
    """(H, W) bool: where there is a reading."""


@kernel(
    "void(u2[:,::1], f8[::1], f8[:,::1], f8[:,::1], f8[::1], b1, i8, i8, f4[:,::1], b1[:,::1])",
    "void({T}[:,::1], f8[::1], f8[:,::1], f8[:,::1], f8[::1], b1, i8, i8, {T}[:,::1], b1[:,::1])",
    types=("f4", "f8"),
)
def _points(depth, absent, inverse, A, b, ray, start, stop, points, valid):  # type: ignore[no-untyped-def]
    columns = depth.shape[1]
    lengths = np.empty(columns)
    lengths[:] = 1.0
    for y in range(start, stop):
        readings, kept, row = depth[y], valid[y], points[y]
        for x in range(columns):
            kept[x] = (readings[x] > 0) & (np.float64(readings[x]) < np.inf)
        for m in range(len(absent)):
            unwanted = absent[m]
            for x in range(columns):
                kept[x] &= readings[x] != unwanted
        if ray:
            Y = inverse[1, 1] * y + inverse[1, 2]
            for x in range(columns):
                X = inverse[0, 0] * x + (inverse[0, 1] * y + inverse[0, 2])
                lengths[x] = 1.0 / math.sqrt(X * X + Y * Y + 1.0)
        c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
        a0, a1, a2, b0, b1, b2 = A[0, 0], A[1, 0], A[2, 0], b[0], b[1], b[2]
        for x in range(columns):
            z = np.float64(readings[x]) * lengths[x] if kept[x] else np.nan
            row[3 * x] = z * (a0 * x + c0) + b0
            row[3 * x + 1] = z * (a1 * x + c1) + b1
            row[3 * x + 2] = z * (a2 * x + c2) + b2


def depth_to_points(
    depth: ArrayLike,
    intrinsics: ArrayLike,
    *,
    transform: ArrayLike | None = None,
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
) -> DepthPoints:
    """Turn every depth reading into a point: `X = R K⁻¹ (x, y, 1) z + t`.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
    intrinsics
        (3, 3), pixels, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    transform
        (4, 4), rigid, from the camera to the frame of the points (the camera's pose: camera to world); default: none.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel.
    depth_scale
        Length of one depth unit in units of the points: 0.001 for millimetres to metres. > 0.
    no_reading
        More values that mean no reading, such as 65535.

    Raises
    ------
    InvalidInput
        A shape, dtype, intrinsic matrix, transform or option that is not as above; more than 2^31 − 1 pixels.
    """
    ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
    readings = depth_readings(depth, no_reading)
    inverse = inverse_intrinsics(intrinsic_matrix(intrinsics, "intrinsics"))
    rotation, translation = rigid_motion(np.eye(4) if transform is None else transform)
    A = rotation @ inverse * unit_length(depth_scale)
    rows, columns = readings.depth.shape
    points = np.empty((rows, 3 * columns), "float64" if readings.depth.dtype == np.float64 else "float32")
    valid = np.empty((rows, columns), np.bool_)
    run_bands(
        lambda start, stop: _points(
            readings.depth, readings.absent, inverse, A, translation, ray, start, stop, points, valid
        ),
        rows,
        grain=max(1, _BAND_PIXELS // columns),
    )
    return DepthPoints(points.reshape(rows, columns, 3), valid)
