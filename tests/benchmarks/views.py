"""Many depth maps fused and compared, beside numpy."""

from collections.abc import Iterator

import numpy as np

from geometry import depth_consistency, fuse_depth
from tests.benchmarks.paired import Row
from tests.scenes import raytraced as scenes


def _projected(depth: np.ndarray, K: np.ndarray, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, rows and depths of all pixels in another view with the same K; depth −1 for none."""
    v, u = np.mgrid[: depth.shape[0], : depth.shape[1]]
    z = depth.astype(np.float64)
    rays = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(K).T
    points = (rays * z[..., None]) @ motion[:3, :3].T + motion[:3, 3]
    with np.errstate(all="ignore"):
        seen = points @ K.T
        x, y = seen[..., 0] / seen[..., 2], seen[..., 1] / seen[..., 2]
    good = (z > 0) & (points[..., 2] > 0)
    return np.where(good, x, -9.0), np.where(good, y, -9.0), np.where(good, points[..., 2], -1.0)


def _numpy_fusion(depths: np.ndarray, K: np.ndarray, poses: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Every view by `minimum.at`, then the median of the readings within 2 % of the nearest."""
    height, width = depths.shape[1:]
    stack = np.full((len(depths), height * width), np.inf, np.float32)
    for plane, depth, pose in zip(stack, depths, poses, strict=True):
        u, v, z = _projected(depth, K, target @ np.linalg.inv(pose))
        x, y = np.floor(u + 0.5).astype(np.int64), np.floor(v + 0.5).astype(np.int64)
        inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        np.minimum.at(plane, y[inside] * width + x[inside], z[inside].astype(np.float32))
    stack.sort(axis=0)
    support = (stack <= stack[0] * np.float32(1.02)).sum(axis=0)
    fused: np.ndarray = stack[(support - 1) // 2, np.arange(height * width)].reshape(height, width)
    return fused


def _numpy_consistency(depths: np.ndarray, K: np.ndarray, poses: np.ndarray) -> list[tuple[float, float, float]]:
    """Shares and medians of all ordered pairs, the other view read at the nearest pixel."""
    height, width = depths.shape[1:]
    found = []
    for i in range(len(depths)):
        for j in range(len(depths)):
            if i == j:
                continue
            motion = poses[j] @ np.linalg.inv(poses[i])
            u, v, z = _projected(depths[i], K, motion)
            x, y = np.floor(u + 0.5).astype(np.int64), np.floor(v + 0.5).astype(np.int64)
            landed = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            other = depths[j][y[landed], x[landed]].astype(np.float64)
            rays = np.stack([u[landed], v[landed], np.ones_like(other)], -1) @ np.linalg.inv(K).T
            back = ((rays * other[:, None] - motion[:3, 3]) @ motion[:3, :3]) @ K.T
            with np.errstate(all="ignore"):
                row, column = np.nonzero(landed)
                error = np.hypot(back[:, 0] / back[:, 2] - column, back[:, 1] / back[:, 2] - row)
                share = np.abs(z[landed] - other) / np.minimum(z[landed], other)
            comparable = (other > 0) & ((share <= 0.01) & (error <= 2) | (z[landed] < other))
            kept = error[comparable], share[comparable]
            agreement = ((kept[0] <= 2) & (kept[1] <= 0.01)).mean() if len(kept[0]) else np.nan
            found.append((agreement, np.median(kept[0]), np.median(kept[1])))
    return found


def rows() -> Iterator[Row]:
    """Ten views into one more, and all ordered pairs of six views."""
    views = scenes.ring(1280, 720)[:11]
    K, poses = views[0].intrinsics, np.stack([view.pose for view in views])
    depths = np.stack([scenes.trace(scenes.COURT, view).depth for view in views]).astype(np.float32)
    peers = {"numpy minimum.at and sort": lambda: _numpy_fusion(depths[1:], K, poses[1:], poses[0])}
    for reduce in ("nearest", "median", "mean"):
        yield Row(
            "depth",
            f"fuse-depth, {reduce}, 10 views 1280×720 f32",
            lambda reduce=reduce: fuse_depth(depths[1:], K, poses[1:], K, poses[0], reduce=reduce),
            peers if reduce == "median" else {},
            {"numpy minimum.at and sort": 6.0} if reduce == "median" else {},
            rounds=5,
        )
    small = scenes.ring(640, 480)[:6]
    camera, places = small[0].intrinsics, np.stack([view.pose for view in small])
    maps = np.stack([scenes.trace(scenes.COURT, view).depth for view in small]).astype(np.float32)
    yield Row(
        "depth",
        "depth-consistency, 30 pairs of 640×480 f32",
        lambda: depth_consistency(maps, camera, places),
        {"numpy, nearest pixel": lambda: _numpy_consistency(maps, camera, places)},
        {"numpy, nearest pixel": 12.0},
        rounds=5,
    )
