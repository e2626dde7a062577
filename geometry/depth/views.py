"""What depth operations are told about a view: its readings, its intrinsics, the motion to another one."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import check_rotation
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES, Array, dtype_name, finite_number, kernel_view, real_array, rectangular

DepthKind = Literal["z", "ray"]

_KERNEL_DTYPES = {
    **{name: np.dtype(name) for name in PIXEL_DTYPES},
    "uint8": np.dtype(np.uint16),
    "int16": np.dtype(np.uint16),
    "int32": np.dtype(np.float64),
}
MOST_PIXELS = 2**31 - 1
"""Plane indices are int32."""


class Readings(NamedTuple):
    """A depth map as kernels take it."""

    depth: Array
    """(H, W) uint16, float32 or float64, whichever holds the caller's readings exactly."""
    absent: Array
    """float64: the values that mean no reading, besides those that are not positive and finite."""
    dtype: np.dtype[np.generic]
    """What the caller's depth came as."""


class Motion(NamedTuple):
    """Where readings go: target pixel times depth = A (x, y, 1) z + b, in a view of width × height."""

    A: Array
    """(3, 3) float64."""
    b: Array
    """(3,) float64."""
    inverses: Array
    """(2, 3, 3) float64: K⁻¹ of the source and of the target."""
    ray: bool
    """Whether depths are along the rays, in both."""
    width: int
    height: int
    lowest: float
    highest: float
    """Between them, exclusively, lie the depths that the result can hold."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """What kernels take: width, height, lowest, highest."""
        return float(self.width), float(self.height), self.lowest, self.highest


def depth_readings(depth: ArrayLike, no_reading: Sequence[float]) -> Readings:
    """Check a depth map.

    Raises
    ------
    InvalidInput
        Not (H, W), empty, not a supported dtype, more than 2^31 − 1 pixels; `no_reading` is not a list of numbers.
    """
    array = rectangular(depth, "depth")
    if array.ndim != 2 or 0 in array.shape:
        raise InvalidInput("depth", f"must have shape (H, W), not empty; came as {array.shape}")
    name = dtype_name(array.dtype)
    if name not in PIXEL_DTYPES:
        raise InvalidInput("depth", f"must be one of {', '.join(PIXEL_DTYPES)}; came as {array.dtype}")
    if array.size > MOST_PIXELS:
        raise InvalidInput("depth", f"must not have more than {MOST_PIXELS} pixels, came with {array.size}")
    if name == "int16":
        array = np.maximum(array, 0)
    absent = np.empty(0)
    if not isinstance(no_reading, list | tuple) or no_reading:
        absent = real_array(no_reading, "no_reading", ("M",), finite=False)
        if name == "float32":
            absent = absent.astype(np.float32).astype(np.float64)
    return Readings(kernel_view(array.astype(_KERNEL_DTYPES[name], copy=False)), absent, np.dtype(name))


def unit_length(depth_scale: float) -> float:
    """Check `depth_scale`: a positive number.

    Raises
    ------
    InvalidInput
        It is not.
    """
    scale = finite_number(depth_scale, "depth_scale")
    if scale <= 0:
        raise InvalidInput("depth_scale", f"must be positive, came as {scale:g}")
    return scale


def rigid_motion(transform: ArrayLike) -> tuple[Array, Array]:
    """Split a rigid (4, 4) transform into rotation (3, 3) and translation (3,).

    Raises
    ------
    InvalidInput
        The last row is not 0, 0, 0, 1; the rest is not a rotation (within 1e-3).
    """
    motion = real_array(transform, "transform", (4, 4))
    if motion[3].tolist() != [0, 0, 0, 1]:
        raise InvalidInput("transform/3", f"the last row of a rigid transform is 0, 0, 0, 1; came as {motion[3]}")
    rotation = np.ascontiguousarray(motion[:3, :3])
    check_rotation(rotation, "transform")
    return rotation, motion[:3, 3].copy()


def inverse_intrinsics(K: Array) -> Array:
    """Invert an upper triangular K with K[2, 2] = 1; the last row comes out as exactly 0, 0, 1."""
    (fx, s, cx), (_, fy, cy), _ = K.tolist()
    return np.array([[1 / fx, -s / (fx * fy), (s * cy / fy - cx) / fx], [0.0, 1 / fy, -cy / fy], [0.0, 0.0, 1.0]])


def representable_range(dtype: np.dtype[np.generic]) -> tuple[float, float]:
    """Open interval of the depths that `dtype` holds after rounding, 0 excluded: it means no reading."""
    if dtype.kind in "iu":
        return 0.5, float(np.iinfo(dtype.name).max) + 0.5
    if dtype == np.float32:
        return 2.0**-150, 2.0**128 - 2.0**103
    return 0.0, math.inf
