"""Depth reprojection beside OpenCV, numpy, and Open3D where it is installed."""

import importlib.util
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from geometry import depth_to_points, reproject_depth
from tests.benchmarks import clouds, views
from tests.benchmarks.inputs import room_depth
from tests.benchmarks.paired import Row
from tests.benchmarks.rasteriser import numpy_triangles

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


def _numpy_bilinear(depth: np.ndarray) -> np.ndarray:
    """The same with four weighted pixels a reading: the nearest by `minimum.at`, then means by `add.at`."""
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    z = depth.astype(np.float64)
    points = np.stack([(u - K[0, 2]) / K[0, 0] * z, (v - K[1, 2]) / K[1, 1] * z, z], -1) @ MOVE[:3, :3].T + MOVE[:3, 3]
    points = points[(z > 0) & (points[..., 2] > 0)]
    away = points[:, 2]
    x, y = K[0, 0] * points[:, 0] / away + K[0, 2], K[1, 1] * points[:, 1] / away + K[1, 2]
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    corners = []
    for column, across in ((left, left + 1 - x), (left + 1, x - left)):
        for row, down in ((top, top + 1 - y), (top + 1, y - top)):
            kept = (column >= 0) & (column < WIDTH) & (row >= 0) & (row < HEIGHT) & (across * down > 0)
            corners.append(((row * WIDTH + column)[kept], (across * down)[kept], away[kept]))
    nearest = np.full(WIDTH * HEIGHT, np.inf)
    for at, _, z in corners:
        np.minimum.at(nearest, at, z)
    total, weighted = np.zeros_like(nearest), np.zeros_like(nearest)
    for at, weight, z in corners:
        near = z <= nearest[at] * 1.02
        np.add.at(total, at[near], weight[near])
        np.add.at(weighted, at[near], weight[near] * z[near])
    with np.errstate(invalid="ignore"):
        mean: np.ndarray = (weighted / total).reshape(HEIGHT, WIDTH)
    return mean


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
    yield Row(
        "depth",
        "reproject-depth 1280×720 f32, bilinear",
        lambda: reproject_depth(depth, K, K, MOVE, splat="bilinear"),
        {
            "numpy minimum.at and add.at": lambda: _numpy_bilinear(depth),
            "our nearest": lambda: reproject_depth(depth, K, K, MOVE),
        },
        {"numpy minimum.at and add.at": 5.0},
    )
    yield Row(
        "depth",
        "reproject-depth 1280×720 f32, triangle",
        lambda: reproject_depth(depth, K, K, MOVE, splat="triangle"),
        {
            "numpy rasteriser": lambda: numpy_triangles(depth, K, MOVE),
            "our nearest": lambda: reproject_depth(depth, K, K, MOVE),
        },
        {"numpy rasteriser": 30.0},
    )
    large, scaled = room_depth(2160, 3840), K * [[3.0], [3.0], [1.0]]
    yield Row("depth", "reproject-depth 3840×2160 f32", lambda: reproject_depth(large, scaled, scaled, MOVE), {}, {})
    yield Row(
        "depth",
        "reproject-depth 3840×2160 f32, triangle",
        lambda: reproject_depth(large, scaled, scaled, MOVE, splat="triangle"),
        {"our nearest": lambda: reproject_depth(large, scaled, scaled, MOVE)},
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
    yield from clouds.rows()
    yield from views.rows()


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
