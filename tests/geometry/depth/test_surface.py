"""Surfaces that several threads filled become one depth map, whoever filled what."""

import numpy as np
import pytest

from geometry.bands import threads, use_threads
from geometry.depth.splat import _splat
from geometry.depth.surface import _merge, surface_count
from geometry.depth.views import representable_range


def rendered(depth, A, b, size, owners):
    """Depth, source index, status and holes from surfaces of which number `owners[y]` got source row y."""
    width, height = size
    number = max(owners) + 1
    surfaces, reached = np.full((number, width * height), 5, np.uint64), np.zeros((number, height), np.uint8)
    bounds = float(width), float(height), *representable_range(depth.dtype)
    inverses, counts = np.stack([np.eye(3)] * 2), np.zeros(4, np.int64)
    for y, owner in enumerate(owners):
        _splat(
            depth, np.zeros(0), A, b, inverses, False, *bounds, y, y + 1, surfaces[owner], reached[owner], counts
        )  # fmt: skip
    nearest, index = np.empty((height, width), depth.dtype), np.empty((height, width), np.int32)
    status, holes = np.empty((height, width), np.uint8), np.empty(height, np.int64)
    _merge(depth, A, b, surfaces, reached, 0, height, nearest, index, status, holes)
    return nearest, index, status, holes


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
    for owners in ([0, 1] * 12, [1] * 12 + [0] * 12, list(rng.integers(0, 5, 24))):
        for one, two in zip(alone, rendered(depth, squeezed, np.zeros(3), (19, 11), owners), strict=True):
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f")


@pytest.mark.parametrize("owners", [[0, 0], [0, 1], [1, 0]])
def test_integers_that_are_equal_in_float32_are_told_apart_across_surfaces(owners):
    """Both readings land in pixel 0; the second is nearer by 2^-30, which float32 does not show at 4096."""
    together = np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, -(2.0**-42), 1.0]])
    _, index, status, holes = rendered(np.full((2, 1), 4096, np.uint16), together, np.zeros(3), (2, 1), owners)
    assert index.tolist() == [[1, -1]]
    assert status.tolist() == [[0, 1]]
    assert holes.tolist() == [1]


def test_large_surfaces_are_few():
    before = threads()
    try:
        use_threads(16)
        assert surface_count(640 * 480) == 16
        assert surface_count(3840 * 2160) == 8
        assert surface_count(100_000_000) == 2
        use_threads(1)
        assert surface_count(10) == 1
    finally:
        use_threads(before)
