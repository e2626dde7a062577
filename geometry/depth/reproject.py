"""Depth as another camera would see it: every reading moved to its pixel there, the nearest one kept."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import intrinsic_matrix
from geometry.depth.result import ReprojectedDepth
from geometry.depth.surface import reproject_single
from geometry.depth.views import (
    MOST_PIXELS,
    DepthKind,
    Motion,
    depth_readings,
    inverse_intrinsics,
    representable_range,
    rigid_motion,
    unit_length,
)
from geometry.depth.wide import reproject_wide
from geometry.errors import InvalidInput
from geometry.inputs import choice, extent

Splat = Literal["nearest"]


def reproject_depth(
    depth: ArrayLike,
    source_intrinsics: ArrayLike,
    target_intrinsics: ArrayLike,
    transform: ArrayLike,
    *,
    size: Sequence[int] | None = None,
    splat: Splat = "nearest",
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
) -> ReprojectedDepth:
    """Move every depth reading into another camera's image and keep the nearest one of each pixel.

    `X = R K_s⁻¹ (x, y, 1) z + t`; `(u, v, 1) z' = K_t X`; the target pixel is `floor(u + 0.5), floor(v + 0.5)`.
    Readings with z' ≤ 0 are behind the camera. Of several in a pixel the one with the least resulting depth stays, as
    float32 if the input is float32, otherwise as float64; of equal ones the first in row-major order. A motion of
    nothing changes nothing, to the last bit.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
    source_intrinsics, target_intrinsics
        (3, 3), pixels, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    transform
        (4, 4), rigid, from source to target camera; its rotation is orthonormal to 1e-3.
    size
        (width, height) of the target, pixels; default: the source's.
    splat
        `"nearest"`: each reading fills one pixel.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel, in input and result; the result measures the
        point itself, not the centre of the pixel that it fell into.
    depth_scale
        Length of one depth unit in units of the translation: 0.001 for millimetres with poses in metres. > 0.
    no_reading
        More values that mean no reading, such as 65535.

    Returns
    -------
    ReprojectedDepth
        Integers are rounded half to even.

    Raises
    ------
    InvalidInput
        A shape, dtype, intrinsic matrix, transform or option that is not as above; more than 2^31 − 1 pixels.
    """
    choice(splat, "splat", get_args(Splat))
    ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
    readings = depth_readings(depth, no_reading)
    source, target = (
        intrinsic_matrix(source_intrinsics, "source_intrinsics"),
        intrinsic_matrix(target_intrinsics, "target_intrinsics"),
    )
    rotation, translation = rigid_motion(transform)
    lines, columns = readings.depth.shape
    width, height = (columns, lines) if size is None else extent(size)
    if width * height > MOST_PIXELS:
        raise InvalidInput("size", f"must not have more than {MOST_PIXELS} pixels, came as {width} × {height}")
    inverses = np.stack([inverse_intrinsics(source), inverse_intrinsics(target)])
    A = target @ rotation @ inverses[0]
    b = target @ translation / unit_length(depth_scale)
    if np.array_equal(source, target) and np.array_equal(rotation, np.eye(3)) and not b.any():
        ray = False  # nothing moves: either kind stays as it is, to the last bit only if not converted
    motion = Motion(A, b, inverses, ray, width, height, *representable_range(readings.dtype))
    whole = readings.dtype.kind in "iu"
    wide = readings.depth.dtype == np.float64 or (ray and whole)
    return reproject_wide(readings, motion) if wide else reproject_single(readings, motion)
