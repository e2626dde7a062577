"""Depth as points in space."""

import math
from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.depth.jumps import MAX_JUMP
from geometry.depth.optics import Optics, camera_optics
from geometry.depth.surfaces.normals import normals_of
from geometry.depth.views import DepthKind, Readings, depth_readings, inverse_intrinsics, rigid_motion, unit_length
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, pixels
from geometry.kernel import kernel

_BAND_PIXELS = 65536
_NO_RAYS = np.empty((0, 0, 2))


class DepthPoints(NamedTuple):
    """One point a pixel."""

    points: Array
    """(H, W, 3): float64 for float64 and int32 depth, otherwise float32; NaN where there is none."""
    valid: Array
    """(H, W) bool: where there is a point: a reading, and a ray that the lens sees before the camera."""
    colors: Array | None
    """(H, W, C), dtype of the image: the pixels of `image`; None without one."""
    normals: Array | None
    """(H, W, 3) float32: unit vectors towards the camera, as of `depth_normals`; None unless asked for."""


@kernel(
    "void(u2[:,::1], f8[::1], f8[:,:,::1], i8, f8[:,::1], f8[:,::1], f8[::1], b1, i8, i8, f4[:,::1], b1[:,::1])",
    "void({T}[:,::1], f8[::1], f8[:,:,::1], i8, f8[:,::1], f8[:,::1], f8[::1], b1, i8, i8, {T}[:,::1], b1[:,::1])",
    types=("f4", "f8"),
)
def _points(depth, absent, rays, top, inverse, A, b, ray, start, stop, points, valid):  # type: ignore[no-untyped-def]
    columns = depth.shape[1]
    lengths = np.empty(columns)
    lengths[:] = 1.0
    a0, a1, a2, b0, b1, b2 = A[0, 0], A[1, 0], A[2, 0], b[0], b[1], b[2]
    for y in range(start, stop):
        readings, kept, row = depth[y], valid[y], points[y]
        for x in range(columns):
            kept[x] = (readings[x] > 0) & (np.float64(readings[x]) < np.inf)
        for m in range(len(absent)):
            unwanted = absent[m]
            for x in range(columns):
                kept[x] &= readings[x] != unwanted
        if len(rays) > 0:
            seen = rays[y - top]
            for x in range(columns):
                X, Y = seen[x, 0], seen[x, 1]
                kept[x] &= X == X
                z = np.float64(readings[x]) if kept[x] else np.nan
                if ray:
                    z /= math.sqrt(X * X + Y * Y + 1.0)
                row[3 * x] = z * (a0 * X + A[0, 1] * Y + A[0, 2]) + b0
                row[3 * x + 1] = z * (a1 * X + A[1, 1] * Y + A[1, 2]) + b1
                row[3 * x + 2] = z * (a2 * X + A[2, 1] * Y + A[2, 2]) + b2
            continue
        if ray:
            Y = inverse[1, 1] * y + inverse[1, 2]
            for x in range(columns):
                X = inverse[0, 0] * x + (inverse[0, 1] * y + inverse[0, 2])
                lengths[x] = 1.0 / math.sqrt(X * X + Y * Y + 1.0)
        c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
        for x in range(columns):
            z = np.float64(readings[x]) * lengths[x] if kept[x] else np.nan
            row[3 * x] = z * (a0 * x + c0) + b0
            row[3 * x + 1] = z * (a1 * x + c1) + b1
            row[3 * x + 2] = z * (a2 * x + c2) + b2


def depth_to_points(
    depth: ArrayLike,
    intrinsics: ArrayLike,
    *,
    distortion: ArrayLike | None = None,
    model: str = "brown",
    transform: ArrayLike | None = None,
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
    image: ArrayLike | None = None,
    normals: bool = False,
    max_jump: float = MAX_JUMP,
) -> DepthPoints:
    """Turn every depth reading into a point: `X = R (x_n, y_n, 1) z + t`, `(x_n, y_n) = undistort(K⁻¹ (x, y, 1))`.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
    intrinsics
        (3, 3), pixels, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    distortion
        Coefficients of the lens in OpenCV's order: k1 k2 p1 p2 [k3 [k4 k5 k6]] for `brown`, k1 k2 k3 k4 for `fisheye`;
        default: no lens. Pixels whose ray is 90° or more from the axis, or beyond where the model folds, have no point.
    model
        `"brown"` (Brown–Conrady) or `"fisheye"` (Kannala–Brandt).
    transform
        (4, 4), rigid, from the camera to the frame of the points (the camera's pose: camera to world); default: none.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel.
    depth_scale
        Length of one depth unit in units of the points: 0.001 for millimetres to metres. > 0.
    no_reading
        More values that mean no reading, such as 65535.
    image
        (H, W) or (H, W, C), any dtype that images have: pixels to carry along as `colors`; default: none.
    normals
        Whether to find `normals`, too.
    max_jump
        Relative step in depth between pixels beyond which normals do not look; see `depth_normals`.

    Raises
    ------
    InvalidInput
        A shape, dtype, intrinsic matrix, lens, transform or option that is not as above; more than 2^31 − 1 pixels.
    """
    ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
    readings = depth_readings(depth, no_reading)
    optics = camera_optics(intrinsics, distortion, model)
    rotation, translation = rigid_motion(np.eye(4) if transform is None else transform)
    scale = unit_length(depth_scale)
    rows, columns = readings.depth.shape
    colors = None if image is None else pixels(image)
    if colors is not None and colors.shape[:2] != (rows, columns):
        raise InvalidInput("image", f"must have the depth's size {(rows, columns)}, came as {colors.shape[:2]}")
    directions = normals_of(readings, optics, ray, rotation, max_jump)[0] if normals else None
    points, valid = _cloud(readings, optics, rotation, scale, translation, ray)
    return DepthPoints(points, valid, colors, directions)


def _cloud(
    readings: Readings, optics: Optics, rotation: Array, scale: float, translation: Array, ray: bool
) -> tuple[Array, Array]:
    """Points (H, W, 3), and where they are."""
    depth, inverse = readings.depth, inverse_intrinsics(optics.intrinsics)
    rows, columns = depth.shape
    points = np.empty((rows, 3 * columns), "float64" if depth.dtype == np.float64 else "float32")
    valid = np.empty((rows, columns), np.bool_)
    straight = optics.lens is None
    A = rotation @ inverse * scale if straight else rotation * scale
    for top, bottom, _, rays in [(0, rows, 0, _NO_RAYS)] if straight else optics.ray_blocks(rows, columns):

        def work(start: int, stop: int, top: int = top, rays: Array = rays) -> None:
            _points(
                depth, readings.absent, rays, top, inverse, A, translation, ray, top + start, top + stop, points, valid
            )

        run_bands(work, bottom - top, grain=max(1, _BAND_PIXELS // columns))
    return points.reshape(rows, columns, 3), valid
