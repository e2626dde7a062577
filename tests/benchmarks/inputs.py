"""Inputs that every row shares: pictures with real structure, noise, rigs."""

from functools import cache

import cv2
import numpy as np
from skimage import data

from geometry import projections_from_poses


@cache
def photo(size: tuple[int, int]) -> np.ndarray:
    """A colour photograph of (width, height) pixels, uint8."""
    return cv2.resize(data.astronaut(), size, interpolation=cv2.INTER_CUBIC)


def noise(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Uniform noise over the dtype's range, or [0, 1) for floats."""
    rng = np.random.default_rng(1)
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    return rng.random(shape, dtype)


def rig(cameras: int) -> np.ndarray:
    """Projection matrices of `cameras` cameras on a sphere of radius 10 that look roughly inwards."""
    rng = np.random.default_rng(2)
    quaternions = rng.normal(size=(cameras, 4))
    centers = rng.normal(size=(cameras, 3))
    centers *= 10 / np.linalg.norm(centers, axis=1, keepdims=True)
    intrinsics = np.array([[1500.0, 0.0, 960.0], [0.0, 1500.0, 540.0], [0.0, 0.0, 1.0]])
    return projections_from_poses(intrinsics, quaternions=quaternions, centers=centers)


def room_depth(height: int, width: int) -> np.ndarray:
    """A depth map in metres, float32: a slanted wall, a sphere, and one pixel in fifty without a reading."""
    v, u = np.mgrid[:height, :width].astype(np.float32)
    x, y = (u - width / 2) / width, (v - height / 2) / width
    depth = 3.0 + 1.5 * x + 0.4 * y
    inside = np.maximum(0.0, 0.04 - (x - 0.05) ** 2 - (y + 0.02) ** 2)
    depth = np.where(inside > 0, 1.8 - 2 * np.sqrt(inside), depth).astype(np.float32)
    depth[np.random.default_rng(3).random(depth.shape) < 0.02] = 0
    return depth
