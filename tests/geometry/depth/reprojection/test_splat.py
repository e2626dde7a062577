"""Float32 finds the pixel only where float64 would find the same one."""

import numpy as np
import pytest

from geometry.depth import reproject_depth
from geometry.depth.reprojection.nearest import EMPTY
from geometry.depth.reprojection.splat import _splat
from geometry.depth.reprojection.wide import _land
from geometry.depth.views import representable_range


def land(depth, A, b, size, absent=()):
    """Keys of the nearest, rows reached and fates: from float64 alone, and from the path through float32."""
    width, height = size
    lines, columns = depth.shape
    bounds = float(width), float(height), *representable_range(depth.dtype)
    absent, inverses = np.array(absent, float), np.stack([np.eye(3)] * 2)
    landing, rows = np.full((lines, columns), 77, np.int32), np.zeros((lines, 6), np.int64)
    distance = np.zeros((lines, columns))
    _land(depth.astype(float), absent, A, b, inverses, False, *bounds, 0, lines, landing, distance, rows)
    expected, nearest = np.full(width * height, EMPTY, np.uint64), np.full(width * height, np.inf)
    for source, (place, z) in enumerate(zip(landing.ravel(), distance.ravel(), strict=True)):
        if place >= 0:
            compared = z if depth.dtype == np.uint16 else np.float32(z)
            if compared < nearest[place]:
                nearest[place] = compared
                expected[place] = (int(np.float32(z).view(np.uint32)) << 32) | source
    nearest, index = np.full((height, width), 5, np.uint32), np.full((height, width), 5, np.int32)
    reached, counts = np.zeros(height, np.uint8), np.zeros(4, np.int64)
    status, result = np.empty((height, width), np.uint8), np.empty((height, depth.itemsize * width), np.uint8)
    _splat(
        depth, absent, A, b, inverses, False, *bounds, 0, lines, nearest, index, status, result,
        np.empty(height, np.int64), np.zeros(height, np.int32), 0, reached, np.empty(0, np.uint64),
        np.zeros(0, np.uint8), counts,
    )  # fmt: skip
    keys = (nearest.astype(np.uint64) << np.uint64(32)) | index.view(np.uint32)
    keys[reached == 0] = EMPTY
    return (landing, expected, rows[:, 2:].sum(axis=0)), (keys.ravel(), counts)


def assert_same(depth, A, b, size, absent=()):
    (landing, expected, fates), (keys, counts) = land(depth, np.array(A, float), np.array(b, float), size, absent)
    assert np.array_equal(keys, expected)
    assert np.array_equal(counts, fates)
    return landing


def readings(seed, dtype, shape=(2, 600)):
    rng = np.random.default_rng(seed)
    depth = rng.uniform(1, 9, shape) * (1000 if dtype == "uint16" else 1)
    depth[rng.random(shape) < 0.1] = 0
    return depth.astype(dtype)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_points_on_borders_go_the_same_way(dtype):
    depth = readings(1, dtype)
    for step in (0.5, 1.0, 1 / 3, 0.5 - 2.0**-31, 0.5 + 2.0**-30, 1e-7):
        assert_same(depth, [[0.5, 0, step], [0, 1, step], [0, 0, 1]], [0, 0, 0], (400, 3))
        assert_same(depth, [[1, 0, -step], [0, 1, -step], [0, 0, 1]], [step, -step, 0], (600, 2))


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("squeeze", [0.9, 0.5, 0.1, 0.0, -1.0])
def test_readings_that_meet_agree(dtype, squeeze):
    """Neighbours that move alike are kept together, and others that land in the same pixels after them."""
    depth = readings(6, dtype, (3, 333))
    for step in (0.0, 0.3):
        assert_same(depth, [[squeeze, 0, 330 * (squeeze < 0)], [step, 0.2, 0], [0, 0, 1]], [0, 0, 0], (333, 101))
    # all are equally far, so that the first of those that meet stays
    assert_same(np.full_like(depth, 5), [[squeeze, 0, 330 * (squeeze < 0)], [0, 0, 0], [0, 0, 1]], [0, 0, 0], (333, 1))


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_random_views_agree(dtype):
    for seed in range(15):
        rng = np.random.default_rng(seed)
        A = np.eye(3) + rng.normal(size=(3, 3)) * [[0.1, 0.1, 40], [0.1, 0.1, 4], [2e-4, 2e-4, 0.3]]
        b = rng.normal(size=3) * [300, 100, 1.0] * (1000 if dtype == "uint16" else 1)
        landing = assert_same(readings(seed, dtype), A, b, (550, 12), (3.0,))
        assert (landing == -(2**31)).sum() == 0


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_far_origins_and_huge_coordinates_agree(dtype):
    depth = readings(3, dtype)
    for far in (-1e3, -1e5, 1e7, -(2.0**30), 2.0**31, 1e12, -1e30):
        assert_same(depth, [[1, 0, far], [0, 1, 0], [0, 0, 1]], [0, 0, 0], (900, 3))
        # the offset of the one camera is taken back by the motion, at a depth of 4
        assert_same(depth, [[1, 0, far], [0, 1, 0], [0, 0, 1]], [-4 * far, 0, 0], (900, 3))
        assert_same(depth, [[1, 0, 0], [0, 1, -far], [0, 0, 1]], [0, 4 * far, 0], (900, 3))


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_points_next_to_the_camera_plane_agree(dtype):
    depth = readings(4, dtype)
    unit = 1000.0 if dtype == "uint16" else 1.0
    for b2 in (-4.0, -1.0, -8.99, -9.5, np.nextafter(-2.0, 0)):
        assert_same(depth, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], [0, 0, b2 * unit], (600, 2))
    # the horizon of points far away passes through the picture, through the middle of a chunk too
    for horizon in (100.0, 256.0, 256.5, 1e9):
        assert_same(depth, [[1, 0, 0], [0, 1, 0], [1 / horizon, 0, -1]], [0, 0, 0], (600, 2))
        assert_same(depth, [[1, 0, 0], [0, 1, 0], [1 / horizon, 0, -1]], [0, 0, unit], (600, 2))


def test_depths_at_the_ends_of_an_integer_agree():
    depth = np.array([[1, 2, 3, 65533, 65534, 65535]], np.uint16)
    for b2 in (0.0, -0.5, -1.5, 0.5, 1.5, 0.5 - 1e-12, -0.5 + 1e-12, -0.5 - 1e-12):
        assert_same(depth, np.eye(3), [0, 0, b2], (6, 1))


@pytest.mark.jit
def test_depths_at_the_ends_of_float32_agree():
    """Compiled only: without the compiler numpy warns of what leaves float32 on its way."""
    depth = np.array([[1e-45, 1e-38, 1e-20, 1e-9, 1, 1e9, 1e18, 1e19, 1e30, 3.4e38]], np.float32)
    for scale in (1e-30, 1e-7, 1.0, 1.5, 1e7):
        for b2 in (0.0, 1e-40, -1e-9, 1e30):
            assert_same(depth, np.eye(3) * [[1], [1], [scale]], [0, 0, b2], (10, 1))


def test_integers_that_are_equal_in_float32_are_told_apart():
    """Both readings land in pixel 0; the second is nearer by 2^-30, which float32 does not show at 4096."""
    depth = np.array([[4096, 4096]], np.uint16)
    step = 2.0**-42
    tilted = np.array([[1.0, 0, 0], [0, 1, 0], [-step, 0, 1]])
    together = np.array([[0.1, 0, 0], [0, 0.1, 0], [0, 0, 1]])
    turn = np.eye(4)
    turn[:3, :3] = tilted
    found = reproject_depth(depth, np.eye(3), together, turn)
    assert np.float32(4096 * (1 - step)) == 4096
    assert found.source_index.tolist() == [[1, -1]]
    assert found.fates.occluded == 1


@pytest.mark.parametrize(("tilt", "rounded"), [(-(2.0**-42), 4096), (0.0, 4096), (2.0**-42, 4097)])
def test_integers_round_by_float64_next_to_a_half(tilt, rounded):
    """Depth 4096.5 ± 2^-30 is 4096.5 in float32, which would go to 4096 always."""
    turn = np.eye(4)
    turn[2, 0], turn[2, 3] = tilt, 0.5
    camera = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    found = reproject_depth(np.array([[0, 4096]], np.uint16), camera, camera, turn)
    assert found.depth.tolist() == [[0, rounded]]


@pytest.mark.jit
def test_kernels_meet_only_the_types_they_declare():
    import numba

    from geometry.kernel import _declared

    for dtype in ("uint16", "float32"):
        land(readings(5, dtype), np.eye(3), np.zeros(3), (5, 5))
    kernels = [k for k in _declared if k.dispatcher in (_land, _splat)]
    assert len(kernels) == 2
    for declared in kernels:
        allowed = {numba.core.sigutils.normalize_signature(text)[0] for text in declared.signatures}
        assert set(declared.dispatcher.signatures) <= allowed
