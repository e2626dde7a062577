"""A depth map's triangles rasterised by plain numpy, as a careful user would write it."""

import numpy as np


def numpy_triangles(depth: np.ndarray, K: np.ndarray, transform: np.ndarray, max_jump: float = 0.02) -> np.ndarray:
    """Depth in a view of the same size, z-buffered by `minimum.at`: both triangles of each cell without a jump.

    All triangles go through the pixels of their bounding boxes together, those with few pixels leave first.
    """
    height, width = depth.shape
    v, u = np.mgrid[:height, :width]
    z = np.where(depth > 0, depth.astype(np.float64), np.nan)
    points = np.stack([(u - K[0, 2]) / K[0, 0] * z, (v - K[1, 2]) / K[1, 1] * z, z], -1)
    points = (points @ transform[:3, :3].T + transform[:3, 3]).reshape(-1, 3)
    away = np.where(points[:, 2] > 0, points[:, 2], np.nan)
    x, y = K[0, 0] * points[:, 0] / away + K[0, 2], K[1, 1] * points[:, 1] / away + K[1, 2]
    number = np.arange(height * width).reshape(height, width)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    triangles = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, d), (a, d, c))])
    near, far = z.ravel()[triangles].min(1), z.ravel()[triangles].max(1)
    triangles = triangles[far - near <= max_jump * near]
    corners = np.stack([x[triangles], y[triangles]], -1)
    low = np.maximum(np.ceil(corners.min(1)), 0)
    high = np.minimum(np.floor(corners.max(1)), (width - 1, height - 1))
    some = (low <= high).all(1)
    corners, low, high, inverse = corners[some], low[some], high[some], 1 / away[triangles[some]]
    buffer, down = np.full(height * width, np.inf), 0
    while len(low):
        along, across = corners, np.add(low, (0, down))
        kept = across[:, 1] <= high[:, 1]
        corners, low, high, inverse, across = corners[kept], low[kept], high[kept], inverse[kept], across[kept]
        along, last, slopes = corners, high, inverse
        while len(across):
            p, q, r = (along[:, corner] - across for corner in range(3))
            weights = np.stack([s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0] for s, t in ((q, r), (r, p), (p, q))], -1)
            inside = (weights >= 0).all(1) & (weights.sum(1) > 0)
            at = (across[inside, 1] * width + across[inside, 0]).astype(np.int64)
            np.minimum.at(buffer, at, weights[inside].sum(1) / (weights[inside] * slopes[inside]).sum(1))
            across = np.add(across, (1, 0))
            kept = across[:, 0] <= last[:, 0]
            along, across, last, slopes = along[kept], across[kept], last[kept], slopes[kept]
        down += 1
    return np.where(np.isfinite(buffer), buffer, np.nan).reshape(height, width)
