import numpy as np
import pytest

from geometry.depth import DEPTH_STATUS, reproject_depth
from geometry.errors import InvalidInput
from tests.naive import depth as naive

K = np.array([[30.0, 0.25, 15.5], [0.0, 28.0, 11.25], [0.0, 0.0, 1.0]])
WIDE = np.array([[22.0, 0.0, 20.0], [0.0, 21.0, 13.0], [0.0, 0.0, 1.0]])
DTYPES = ("uint8", "uint16", "int16", "int32", "float32", "float64")


def motion(seed, angle=0.1, length=0.3):
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    T = np.eye(4)
    T[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    T[:3, 3] = length * rng.normal(size=3)
    return T


def scene(seed, dtype="float32", size=(31, 23)):
    rng = np.random.default_rng(seed)
    width, height = size
    depth = rng.uniform(20, 120, (height, width)) * (1.0 if np.dtype(dtype).kind in "iu" else 0.02)
    depth = depth.astype(dtype)
    depth[rng.random(depth.shape) < 0.1] = 0
    return depth


def assert_like_naive(found, depth, K_source, K_target, transform, **options):
    size = options.pop("size", (depth.shape[1], depth.shape[0]))
    wanted, index, fates = naive.reproject(
        depth,
        K_source,
        K_target,
        transform,
        size,
        options.get("depth_kind", "z"),
        options.get("depth_scale", 1.0),
        options.get("no_reading", ()),
    )
    assert np.array_equal(found.source_index, index)
    assert found.fates == fates
    assert sum(found.fates) == depth.size
    assert np.array_equal(found.status, np.where(index >= 0, DEPTH_STATUS.index("ok"), DEPTH_STATUS.index("hole")))
    assert found.depth.dtype == depth.dtype
    if depth.dtype.kind in "iu":
        assert np.array_equal(found.depth, wanted)
    else:
        # both sum four products of float64; float32 results differ at most in the last rounding
        tolerance = 2.0**-22 if depth.dtype == np.float32 else 1e-13
        np.testing.assert_allclose(found.depth, wanted, rtol=tolerance, atol=0)


@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_the_pixel_by_pixel_definition(dtype, kind, bands):
    scale = 0.02 if np.dtype(dtype).kind in "iu" else 1.0
    for seed, size in ((1, (31, 23)), (2, (40, 30)), (3, (9, 50)), (4, (1, 1))):
        depth, transform = scene(seed, dtype), motion(seed)
        options = {"size": size, "depth_kind": kind, "depth_scale": scale, "no_reading": (77,)}
        found = reproject_depth(depth, K, WIDE, transform, **options)
        assert_like_naive(found, depth, K, WIDE, transform, **options)


def test_odd_readings_are_no_readings():
    depth = np.array([[0, np.nan, np.inf, -np.inf, -1, 1e-9, 65.535, 1e30, 2]], np.float32)
    camera = np.array([[1.0, 0, 4], [0, 1, 0], [0, 0, 1]])
    found = reproject_depth(depth, camera, camera, np.eye(4), no_reading=[65.535])
    assert found.fates.no_reading == 6
    assert found.source_index.tolist() == [[-1, -1, -1, -1, -1, 5, -1, 7, 8]]
    assert_like_naive(found, depth, camera, camera, np.eye(4), no_reading=[float(np.float32(65.535))])


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (70, 1), (3, 5)])
def test_small_and_odd_shapes(shape, bands):
    depth, transform = scene(5, "float64", shape[::-1]), motion(5)
    found = reproject_depth(depth, K, K, transform, size=(33, 25))
    assert_like_naive(found, depth, K, K, transform, size=(33, 25))


def test_rows_longer_than_a_chunk():
    camera = np.array([[400.0, 0, 600], [0, 400.0, 1], [0, 0, 1]])
    depth, transform = scene(6, "float32", (1201, 2)), motion(6, angle=0.01, length=0.05)
    found = reproject_depth(depth, camera, camera, transform)
    assert_like_naive(found, depth, camera, camera, transform)


@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_motion_changes_no_bit(dtype, kind, bands):
    depth = scene(7, dtype)
    if depth.dtype.kind == "f":
        depth[0, :5] = [np.nan, 1e-9, np.inf, -1, np.nextafter(depth.dtype.type(1), 2)]
    found = reproject_depth(depth, K, K, np.eye(4), depth_kind=kind, depth_scale=0.001)
    reading = (depth > 0) & np.isfinite(depth)
    hole = 0 if depth.dtype.kind in "iu" else np.nan
    assert np.array_equal(found.depth, np.where(reading, depth, hole).astype(dtype), equal_nan=depth.dtype.kind == "f")
    assert np.array_equal(found.source_index, np.where(reading, np.arange(depth.size).reshape(depth.shape), -1))
    assert found.fates.occluded == found.fates.outside == found.fates.behind_camera == 0


def test_results_do_not_depend_on_bands():
    from geometry.bands import band_count

    for dtype in ("uint16", "float32", "float64"):
        results = []
        for bands in (1, 2, 7):
            with band_count(bands):
                results.append(
                    reproject_depth(scene(8, dtype), K, K, motion(8, angle=2.0), size=(50, 40), depth_scale=0.02)
                )
        for other in results[1:]:
            for one, two in zip(results[0][:3], other[:3], strict=True):
                assert one.tobytes() == two.tobytes()
            assert results[0].fates == other.fates


def test_the_nearest_reading_wins_and_of_equal_ones_the_first(bands):
    camera = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1]])
    together = np.array([[0.1, 0, 0], [0, 0.1, 0], [0, 0, 1]])
    depth = np.array([[3, 2, 2], [2, 5, 1.5], [1.5, 9, 9]], np.float32)
    found = reproject_depth(depth, camera, together, np.eye(4))
    assert found.depth[0, 0] == 1.5
    assert found.source_index[0, 0] == 5
    assert found.fates.visible == 1
    assert found.fates.occluded == 8


def test_exact_halves_all_go_up():
    camera = np.array([[517.3, 0, 318.6], [0, 516.5, 255.3], [0, 0, 1]])
    half = camera * [[0.5], [0.5], [1.0]]
    depth = np.random.default_rng(9).uniform(0.5, 5, (20, 20)).astype(np.float32)
    found = reproject_depth(depth, camera, half, np.eye(4))
    for v in range(1, 9):
        for u in range(1, 9):
            # source columns 2 u − 1 and 2 u land at u − 0.5 and u
            block = depth[2 * v - 1 : 2 * v + 1, 2 * u - 1 : 2 * u + 1]
            assert found.depth[v, u] == block.min()


def test_readings_behind_the_camera_are_dropped():
    back = np.eye(4)
    back[2, 3] = -3.0
    depth = np.array([[1.0, 3.0, 5.0]])
    found = reproject_depth(depth, K, K, back, size=(40, 40))
    assert found.fates.behind_camera == 2
    assert_like_naive(found, depth, K, K, back, size=(40, 40))


@pytest.mark.parametrize(("dtype", "far"), [("uint8", 300), ("uint16", 70_000), ("int16", 40_000), ("int32", 3e9)])
def test_depths_that_the_integer_cannot_hold_are_lost_and_counted(dtype, far):
    depth = np.array([[100, 101]], dtype)
    away, near = np.eye(4), np.eye(4)
    away[2, 3], near[2, 3] = far, -99.6
    camera = np.array([[1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1]])
    lost = reproject_depth(depth, camera, camera, away)
    assert lost.fates.unrepresentable == 2
    assert not lost.depth.any()
    kept = reproject_depth(depth, camera, camera, near, size=(400, 2))
    assert kept.fates.unrepresentable == 1  # 0.4 rounds to 0, which means no reading
    assert 1 in kept.depth


def test_integers_round_half_to_even():
    step = np.eye(4)
    step[2, 3] = 0.5
    depth = np.array([[10, 11, 12, 13]], np.uint16)
    camera = np.array([[1000.0, 0, 0], [0, 1000, 0], [0, 0, 1]])
    found = reproject_depth(depth, camera, camera, step)
    assert found.depth.tolist() == [[10, 12, 12, 14]]


def test_scale_and_unit_of_the_motion_belong_together():
    depth = scene(10, "uint16") * np.uint16(20)
    metres, millimetres = motion(10), motion(10)
    millimetres[:3, 3] *= 1000
    found = reproject_depth(depth, K, K, metres, depth_scale=0.001)
    other = reproject_depth(depth, K, K, millimetres)
    assert np.array_equal(found.depth, other.depth)
    assert np.array_equal(found.source_index, other.source_index)


def test_intrinsics_are_scaled_to_one():
    found = reproject_depth(scene(11), 2 * K, 4 * K, motion(11))
    assert np.array_equal(found.depth, reproject_depth(scene(11), K, K, motion(11)).depth, equal_nan=True)


def test_inputs_may_be_read_only_strided_and_swapped():
    depth = scene(12, "float32")
    expected = reproject_depth(depth, K, K, motion(12)).depth
    for other in (np.asfortranarray(depth), depth.astype(">f4"), np.repeat(depth, 2, axis=1)[:, ::2]):
        other.setflags(write=False)
        found = reproject_depth(other, K, K, motion(12)).depth
        assert found.dtype == np.float32
        assert np.array_equal(found, expected, equal_nan=True)


def changed(matrix, place, value):
    matrix = np.array(matrix, float)
    matrix[place] = value
    return matrix


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"depth": np.ones((2, 2, 1))}, "depth"),
        ({"depth": np.ones((0, 2))}, "depth"),
        ({"depth": np.ones((2, 2), complex)}, "depth"),
        ({"depth": np.broadcast_to(np.uint8(1), (2**16, 2**15))}, "depth"),
        ({"source_intrinsics": changed(K, (2, 0), 0.1)}, "source_intrinsics/2/0"),
        ({"target_intrinsics": changed(K, (0, 0), 0)}, "target_intrinsics/0/0"),
        ({"target_intrinsics": changed(K, (0, 2), np.nan)}, "target_intrinsics/0/2"),
        ({"transform": np.eye(3)}, "transform"),
        ({"transform": changed(np.eye(4), (3, 0), 0.1)}, "transform/3"),
        ({"transform": np.diag([1.01, 1.01, 1.01, 1])}, "transform"),
        ({"transform": np.diag([-1.0, 1, 1, 1])}, "transform"),
        ({"size": (0, 5)}, "size"),
        ({"size": (2**16, 2**15)}, "size"),
        ({"splat": "gaussian"}, "splat"),
        ({"fill_holes": "all"}, "fill_holes"),
        ({"depth_tolerance": -0.1}, "depth_tolerance"),
        ({"depth_tolerance": np.nan}, "depth_tolerance"),
        ({"max_jump": -0.1}, "max_jump"),
        ({"max_jump": np.inf}, "max_jump"),
        ({"image": np.ones((3, 2))}, "image"),
        ({"image": np.ones((2, 2), complex)}, "image"),
        ({"image": np.ones((2, 2), np.uint8), "fill": 256}, "fill"),
        ({"image": np.ones((2, 2, 3)), "fill": [1, 2]}, "fill"),
        ({"source_distortion": [1, 2, 3]}, "source_distortion"),
        ({"target_distortion": [0, 0, 0, np.nan]}, "target_distortion/3"),
        ({"source_model": "pinhole"}, "source_model"),
        ({"target_model": "pinhole"}, "target_model"),
        ({"depth_kind": "disparity"}, "depth_kind"),
        ({"depth_scale": 0.0}, "depth_scale"),
        ({"depth_scale": np.nan}, "depth_scale"),
        ({"no_reading": 5.0}, "no_reading"),
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {
        "depth": np.ones((2, 2)),
        "source_intrinsics": K,
        "target_intrinsics": K,
        "transform": np.eye(4),
    } | arguments
    views = [given.pop(name) for name in ("depth", "source_intrinsics", "target_intrinsics", "transform")]
    with pytest.raises(InvalidInput) as caught:
        reproject_depth(*views, **given)
    assert caught.value.argument == place


@pytest.mark.jit
def test_kernels_meet_only_the_types_they_declare():
    import numba

    from geometry.depth import depth_to_points
    from geometry.kernel import _declared

    for dtype in DTYPES:
        reproject_depth(scene(13, dtype), K, K, motion(13), size=(9, 9), depth_kind="ray", no_reading=[3])
        depth_to_points(scene(13, dtype), K, depth_kind="ray", no_reading=[3])
    kernels = [k for k in _declared if k.dispatcher.py_func.__module__.startswith("geometry.depth.")]
    assert len(kernels) >= 6
    for declared in kernels:
        allowed = {numba.core.sigutils.normalize_signature(text)[0] for text in declared.signatures}
        assert set(declared.dispatcher.signatures) <= allowed


def room_frame(realdata, number):
    from PIL import Image

    room = realdata / "rgbd-room"
    with Image.open(room / f"frame-{number:06d}.depth.png") as image:
        depth = np.array(image).astype(np.float32)
    return depth, np.loadtxt(room / f"frame-{number:06d}.pose.txt")


def predicted(realdata, target, **options):
    """A frame's depth as frame 0 predicts it: share filled, median difference in mm, share within 30 mm."""
    (depth, pose), (measured, target_pose) = room_frame(realdata, 0), room_frame(realdata, target)
    camera = np.loadtxt(realdata / "rgbd-room" / "camera-intrinsics.txt")
    found = reproject_depth(
        depth, camera, camera, np.linalg.inv(target_pose) @ pose, depth_scale=0.001, no_reading=[65535], **options
    )
    both = (found.depth > 0) & (measured > 0) & (measured < 65535)
    differences = np.abs(found.depth[both] - measured[both])
    return (found.depth > 0).mean(), np.median(differences), (differences < 30).mean()


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("target", "filled", "difference", "near"),
    [(20, 0.83, 5.8, 0.958), (40, 0.73, 7.2, 0.947), (60, 0.55, 11.4, 0.897)],
)
def test_a_measured_frame_predicts_the_depth_of_another(realdata, target, filled, difference, near):
    found = predicted(realdata, target)
    # figures known of the frames from other tools, to half a unit of the last digit shown and a little for ties
    assert found[0] == pytest.approx(filled, abs=0.006)
    assert found[1] == pytest.approx(difference, abs=0.06)
    assert found[2] == pytest.approx(near, abs=0.0006)
