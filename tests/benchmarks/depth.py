"""Depth reprojection beside OpenCV, numpy, and Open3D where it is installed."""

import importlib.util
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from geometry import depth_to_points, reproject_depth
from tests.benchmarks.inputs import room_depth
from tests.benchmarks.paired import Row

WIDTH, HEIGHT = 1280, 720
K = np.array([[1000.0, 0.0, 640.0], [0.0, 1000.0, 360.0], [0.0, 0.0, 1.0]])
TURN = 0.05
MOVE = np.array(
    [
        [np.cos(TURN), 0.0, np.sin(TURN), 0.15],
        [0.0, 1.0, 0.0, 0.02],
        [-np.sin(TURN), 0.0, np.cos(TURN), -0.1],
        [0.0, 0.0, 0.0, 1.0],
    ]
)


def _numpy_reprojection(depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The vectorised answer of a careful user: project, round, and keep the nearest by `minimum.at`."""
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    z = depth.astype(np.float64)
    points = np.stack([(u - K[0, 2]) / K[0, 0] * z, (v - K[1, 2]) / K[1, 1] * z, z], -1) @ MOVE[:3, :3].T + MOVE[:3, 3]
    good = (z > 0) & (points[..., 2] > 0)
    points = points[good]
    x = np.floor(K[0, 0] * points[:, 0] / points[:, 2] + K[0, 2] + 0.5).astype(np.int64)
    y = np.floor(K[1, 1] * points[:, 1] / points[:, 2] + K[1, 2] + 0.5).astype(np.int64)
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    flat = y[inside] * WIDTH + x[inside]
    buffer = np.full(WIDTH * HEIGHT, np.inf, np.float32)
    np.minimum.at(buffer, flat, points[inside, 2].astype(np.float32))
    index = np.full(WIDTH * HEIGHT, -1, np.int64)
    index[flat] = np.flatnonzero(good)[inside]
    return buffer.reshape(HEIGHT, WIDTH), index


def _opencv() -> Callable[..., object] | None:
    for module in (cv2, getattr(cv2, "rgbd", None)):
        found = getattr(module, "registerDepth", None)
        if found is not None:
            return found
    return None


def rows() -> Iterator[Row]:
    """The depth rows, 1280×720, source index included."""
    depth = room_depth(HEIGHT, WIDTH)
    peers: dict[str, Callable[[], object]] = {"numpy minimum.at": lambda: _numpy_reprojection(depth)}
    register = _opencv()
    if register is not None:
        peers["OpenCV registerDepth"] = lambda: register(K, K, np.zeros(5), MOVE, depth, (WIDTH, HEIGHT), None, False)
    if importlib.util.find_spec("open3d") is not None:
        peers["Open3D"] = _open3d(depth)
    targets = {"numpy minimum.at": 30.0, "OpenCV registerDepth": 6.0, "Open3D": 30.0}
    yield Row(
        "depth",
        "reproject-depth 1280×720 f32",
        lambda: reproject_depth(depth, K, K, MOVE),
        peers,
        {k: targets[k] for k in peers},
    )
    millimetres = np.round(depth * 1000).astype(np.uint16)
    yield Row(
        "depth",
        "reproject-depth 1280×720 u16",
        lambda: reproject_depth(millimetres, K, K, MOVE, depth_scale=0.001),
        {k: v for k, v in peers.items() if k == "OpenCV registerDepth"}
        and {
            "OpenCV registerDepth": lambda: register(K, K, np.zeros(5), MOVE, millimetres, (WIDTH, HEIGHT), None, False)
        },  # type: ignore[misc]
        {},
    )
    peer = getattr(cv2, "depthTo3d", None) or getattr(getattr(cv2, "rgbd", None), "depthTo3d", None)
    yield Row(
        "depth",
        "depth-to-points 1280×720 f32",
        lambda: depth_to_points(depth, K),
        {"OpenCV depthTo3d": lambda: peer(depth, K)} if peer is not None else {},
        {},
    )


def _open3d(depth: np.ndarray) -> Callable[[], object]:
    import open3d

    core = open3d.core
    image = open3d.t.geometry.Image(core.Tensor(depth))
    intrinsics, extrinsics = core.Tensor(K), core.Tensor(MOVE)

    def reproject() -> object:
        cloud = open3d.t.geometry.PointCloud.create_from_depth_image(
            image, intrinsics, depth_scale=1.0, depth_max=100.0
        )
        return cloud.project_to_depth_image(WIDTH, HEIGHT, intrinsics, extrinsics, depth_scale=1.0, depth_max=100.0)

    return reproject
