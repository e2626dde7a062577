"""The view graph beside blocks of numpy, distinct pairs beside drawing again and again, a rig as JSON beside json."""

import json
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csgraph

from geometry import projections_from_poses, sample_pairs, view_graph
from service.arrays.reference import References
from service.catalogue import operation_named
from service.execution import validate
from service.media.document import read_json
from tests.benchmarks.paired import Row

CAMERAS = 5000
FEW = 400
SIZE = (1920, 1080)
RANGE = (6.0, 14.0)
GRID, DEPTHS, NEIGHBOURS, BEST = 6, 4, 10, 0.17


def inward(cameras: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """K, rotations and centres of cameras on a sphere of radius 10 that look inwards."""
    rng = np.random.default_rng(2)
    centers = rng.normal(size=(cameras, 3))
    centers *= 10 / np.linalg.norm(centers, axis=1, keepdims=True)
    z = -centers / 10 + rng.normal(size=(cameras, 3)) * 0.05
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    x = np.cross(z, rng.normal(size=(cameras, 3)))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    K = np.array([[1500.0, 0, 959.5], [0, 1500, 539.5], [0, 0, 1]])
    return K, np.stack([x, np.cross(z, x), z], axis=1), centers


def numpy_view_graph(K: np.ndarray, R: np.ndarray, C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same scores with numpy, all cameras against one at a time; neighbours and the spanning tree."""
    projections, count, (near, far) = projections_from_poses(K, rotations=R, centers=C), len(C), RANGE
    cells = (np.arange(GRID) + 0.5) / GRID
    u, v = np.meshgrid(cells * SIZE[0] - 0.5, cells * SIZE[1] - 0.5)
    pixels = np.linalg.solve(K, np.stack([u.ravel(), v.ravel(), np.ones(GRID * GRID)]))
    depths = near * (far / near) ** ((np.arange(DEPTHS) + 0.5) / DEPTHS)
    layers = (pixels[:, :, np.newaxis] * depths).reshape(3, -1)
    share, angle, ratio = (np.empty((count, count)) for _ in range(3))
    middle = np.sqrt(near * far)
    for i in range(count):
        world = np.vstack([R[i].T @ layers + C[i][:, np.newaxis], np.ones(layers.shape[1])])
        seen = (projections.reshape(-1, 4) @ world).reshape(count, 3, -1)
        z = seen[:, 2]
        x, y = seen[:, 0] / z, seen[:, 1] / z
        inside = (z >= near) & (z <= far) & (x >= -0.5) & (x <= SIZE[0] - 0.5) & (y >= -0.5) & (y <= SIZE[1] - 0.5)
        share[i] = inside.mean(axis=1)
        point = C[i] + middle * R[i][2]
        to_one, to_others = C[i] - point, C - point
        angle[i] = np.arctan2(np.linalg.norm(np.cross(to_one, to_others), axis=1), to_others @ to_one)
        depth = np.einsum("nj,nj->n", R[:, 2], point - C)
        ratio[i] = np.where(depth > 0, np.minimum(depth, middle) / np.maximum(np.abs(depth), middle), 0)
    share, angle, ratio = (table + table.T for table in (share, angle, ratio))
    angle /= 2
    cosine = np.maximum(R[:, 2] @ R[:, 2].T, 0)
    scores = (share / 2 * 2 * angle * BEST / (angle**2 + BEST**2) * cosine * ratio / 2) ** 0.25
    np.fill_diagonal(scores, 0)
    best = np.argpartition(-scores, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    tree = csgraph.minimum_spanning_tree(np.where(scores > 0, 2 - scores, 0))
    return best, np.stack(tree.nonzero(), axis=1)


def numpy_pairs(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Draw pairs until enough are distinct, in the order of their first draws."""
    rng = np.random.default_rng(1)
    drawn = np.empty(0, np.int64)
    while True:
        i, j = (rng.choice(len(weights), count, p=weights / weights.sum()) for weights in (a, b))
        drawn = np.concatenate([drawn, i * len(b) + j])
        keys, first = np.unique(drawn, return_index=True)
        if len(keys) >= count:
            return np.stack(np.divmod(drawn[np.sort(first)[:count]], len(b)), axis=1)


def numpy_keys(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """The pairs of the smallest exponential times, from a table of all pairs."""
    times = np.random.default_rng(1).exponential(size=(len(a), len(b))) / (a[:, np.newaxis] * b)
    return np.stack(np.divmod(np.argsort(times, axis=None)[:count], len(b)), axis=1)


def rows() -> Iterator[Row]:
    """View graph, distinct pairs, and a rig as JSON."""
    K, R, C = inward(CAMERAS)
    projections = projections_from_poses(K, rotations=R, centers=C)
    few = (R[:FEW], C[:FEW])
    blocks = f"numpy, {FEW} cameras"
    yield Row(
        "cameras",
        f"view-graph, {CAMERAS} cameras, {GRID}×{GRID}×{DEPTHS} points each",
        lambda: view_graph(projections, SIZE, RANGE),
        {blocks: lambda: numpy_view_graph(K, *few)},
        {},
        unit="ns a pair",
        scale=2e9 / (CAMERAS * (CAMERAS - 1)),
        peer_scales={blocks: 2e9 / (FEW * (FEW - 1))},
        rounds=3,
    )
    rng = np.random.default_rng(3)
    a, b = rng.random(1000) ** 2, rng.random(1000) ** 2
    yield Row(
        "cameras",
        "sample-pairs, 200 000 distinct of 1 000 000",
        lambda: sample_pairs(a, b, 200_000),
        {"numpy, drawing until distinct": lambda: numpy_pairs(a, b, 200_000)},
        {},
        rounds=5,
    )
    yield Row(
        "cameras",
        "sample-pairs, 990 000 distinct of 1 000 000",
        lambda: sample_pairs(a, b, 990_000),
        {"numpy, a key for each pair": lambda: numpy_keys(a, b, 990_000)},
        {},
        rounds=5,
    )
    body = json.dumps({"projections": projections.tolist(), "pairs": [[0, 1]]}).encode()
    operation = operation_named("fundamental-pairs")
    yield Row(
        "cameras",
        f"JSON of {CAMERAS} cameras read and validated",
        lambda: validate(operation, read_json(body, "body"), References()),
        {"json and numpy, unchecked": lambda: np.array(json.loads(body)["projections"])},
        {},
        rounds=15,
    )
