"""Surfaces that several threads filled become one depth map, whoever filled what."""

import numpy as np
import pytest

from geometry.bands import threads, use_threads
from geometry.depth.reprojection.splat import _splat
from geometry.depth.reprojection.surface import _late, _merge, surface_count
from geometry.depth.views import representable_range


def rendered(depth, A, b, size, workers, owners=None):
    """Depth, source index, status and holes where worker `workers[y]` moved source row y, whoever owns which row."""
    width, height = size
    number, shape = max(workers) + 1, (height, width)
    owners = np.zeros(height, np.int32) if owners is None else np.array(owners, np.int32)
    surfaces, apart = np.full((number, width * height), 5, np.uint64), np.zeros((number, height), np.uint8)
    bounds = float(width), float(height), *representable_range(depth.dtype)
    inverses, counts, reached = np.stack([np.eye(3)] * 2), np.zeros(4, np.int64), np.zeros(height, np.uint8)
    nearest, index = np.full(shape, 5, np.float32), np.full(shape, 5, np.int32)
    result, status, holes = np.empty(shape, depth.dtype), np.empty(shape, np.uint8), np.empty(height, np.int64)
    result = nearest if depth.dtype == np.float32 else result
    bits, rounded = nearest.view(np.uint32), result.view(np.uint8)
    for y, worker in enumerate(workers):
        _splat(
            depth, np.zeros(0), A, b, inverses, False, *bounds, y, y + 1, bits, index, status, rounded, holes, owners,
            worker, reached, surfaces[worker], apart[worker], counts,
        )  # fmt: skip
    late = np.empty(height, np.int64)
    many = _late(reached, apart, late)
    _merge(depth, A, b, reached, surfaces, apart, late, 0, many, bits, rounded, index, status, holes)
    return result, index, status, holes


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_whoever_fills_a_surface_the_result_is_the_same(dtype):
    rng = np.random.default_rng(4)
    depth = rng.uniform(1, 9, (24, 35)) * (1000 if dtype == "uint16" else 1)
    depth[rng.random(depth.shape) < 0.2] = 0
    depth = np.round(depth).astype(dtype)
    squeezed = np.array([[0.5, 0.1, 1.0], [-0.2, 0.4, 4.0], [0.0, 0.001, 1.0]])
    alone = rendered(depth, squeezed, np.zeros(3), (19, 11), [0] * 24)
    assert (alone[1] >= 0).any()
    assert (alone[1] < 0).any()
    for workers in ([0, 1] * 12, [1] * 12 + [0] * 12, list(rng.integers(0, 5, 24))):
        for owners in (None, rng.integers(0, 2, 11), np.arange(11) // 4, np.full(11, 9)):
            shared = rendered(depth, squeezed, np.zeros(3), (19, 11), workers, owners)
            for one, two in zip(alone, shared, strict=True):
                assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f")


@pytest.mark.parametrize("workers", [[0, 0], [0, 1], [1, 0]])
def test_integers_that_are_equal_in_float32_are_told_apart_across_surfaces(workers):
    """Both readings land in pixel 0; the second is nearer by 2^-30, which float32 does not show at 4096."""
    together = np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, -(2.0**-42), 1.0]])
    _, index, status, holes = rendered(np.full((2, 1), 4096, np.uint16), together, np.zeros(3), (2, 1), workers)
    assert index.tolist() == [[1, -1]]
    assert status.tolist() == [[0, 1]]
    assert holes.tolist() == [1]


def test_large_targets_have_few_workers():
    before = threads()
    try:
        use_threads(16)
        assert surface_count(640 * 480) == 16
        assert surface_count(3840 * 2160) == 8
        assert surface_count(100_000_000) == 2
        assert surface_count(0) == 16
        use_threads(1)
        assert surface_count(10) == 1
    finally:
        use_threads(before)
