"""Points, normals and grids of points beside numpy and OpenCV."""

from collections.abc import Iterator

import cv2
import numpy as np

from geometry import depth_normals, depth_to_points, scatter_points
from tests.benchmarks.inputs import room_depth
from tests.benchmarks.paired import Row

K = np.array([[1000.0, 0.0, 640.0], [0.0, 1000.0, 360.0], [0.0, 0.0, 1.0]])
DISTORTION = np.array([-0.28, 0.09, 1e-3, -7e-4, 0.0])
POINTS, SIDE = 4_000_000, 256


def _largest(points: np.ndarray) -> np.ndarray:
    """The vectorised answer of a careful user; it does not know which point a cell shows."""
    row, column = (np.floor(points[:, axis] + 0.5).astype(np.int64) for axis in (1, 2))
    inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
    picture = np.full((SIDE, SIDE), -np.inf, np.float32)
    np.maximum.at(picture, (row[inside], column[inside]), points[inside, 0])
    return picture


def _average(points: np.ndarray) -> np.ndarray:
    row, column = (np.floor(points[:, axis] + 0.5).astype(np.int64) for axis in (1, 2))
    inside = (row >= 0) & (row < SIDE) & (column >= 0) & (column < SIDE)
    cell = row[inside] * SIDE + column[inside]
    total = np.bincount(cell, points[inside, 0], SIDE * SIDE)
    average: np.ndarray = total / np.maximum(np.bincount(cell, minlength=SIDE * SIDE), 1)
    return average


def _undistorted(depth: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: depth.shape[0], : depth.shape[1]].astype(np.float64)
    rays = cv2.undistortPoints(np.stack([x, y], axis=-1).reshape(-1, 1, 2), K, DISTORTION).reshape(*depth.shape, 2)
    return np.concatenate([rays * depth[:, :, None], depth[:, :, None]], axis=2)


def _gradients(depth: np.ndarray) -> np.ndarray:
    """Normals by numpy, of all neighbours alike: over edges, too."""
    y, x = np.mgrid[: depth.shape[0], : depth.shape[1]]
    points = np.stack([(x - K[0, 2]) / K[0, 0] * depth, (y - K[1, 2]) / K[1, 1] * depth, depth], axis=-1)
    down, right = np.gradient(points, axis=(0, 1))
    normals = np.cross(down, right)
    with np.errstate(invalid="ignore"):
        unit: np.ndarray = normals / np.linalg.norm(normals, axis=2, keepdims=True)
    return unit


def rows() -> Iterator[Row]:
    """Points of 1280×720 pixels; grids of four million points."""
    depth = room_depth(720, 1280)
    yield Row(
        "depth",
        "depth-to-points 1280×720 f32, Brown–Conrady",
        lambda: depth_to_points(depth, K, distortion=DISTORTION),
        {"OpenCV undistortPoints and numpy": lambda: _undistorted(depth)},
        {"OpenCV undistortPoints and numpy": 2.0},
    )
    yield Row(
        "depth",
        "depth-normals 1280×720 f32",
        lambda: depth_normals(depth, K),
        {"numpy gradient and cross": lambda: _gradients(depth)},
        {"numpy gradient and cross": 4.0},
    )
    points = np.random.default_rng(3).uniform(-5, SIDE + 4, (POINTS, 3)).astype(np.float32)
    yield Row(
        "depth",
        "scatter-points, 4 million f32 onto 256×256, max",
        lambda: scatter_points(points, (SIDE, SIDE), axes=(1, 2, 0), reduce="max"),
        {"numpy maximum.at": lambda: _largest(points)},
        {"numpy maximum.at": 10.0},
    )
    yield Row(
        "depth",
        "scatter-points, 4 million f32 onto 256×256, mean",
        lambda: scatter_points(points, (SIDE, SIDE), axes=(1, 2, 0), reduce="mean"),
        {"numpy bincount": lambda: _average(points)},
        {"numpy bincount": 4.0},
    )
    camera = K @ np.eye(3, 4)
    cloud = depth_to_points(depth, K).points
    yield Row(
        "depth",
        "scatter-points, cloud of 1280×720 through a camera onto 1280×720",
        lambda: scatter_points(cloud, (1280, 720), projection=camera),
        {},
        {},
    )
