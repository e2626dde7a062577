import numpy as np
import pytest

from geometry.depth import reproject_depth
from geometry.depth.multiview import fusion
from geometry.depth.multiview.fusion import FUSION_STATUS, fuse_depth
from geometry.errors import InvalidInput
from tests.naive import fusion as naive
from tests.scenes import raytraced as scenes

K = np.array([[30.0, 0.25, 12.5], [0.0, 28.0, 8.25], [0.0, 0.0, 1.0]])
DTYPES = ("uint8", "uint16", "int16", "int32", "float32", "float64")
REDUCES = ("nearest", "median", "mean")


def pose(seed, angle=0.1, length=0.1):
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    T = np.eye(4)
    T[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    T[:3, 3] = length * rng.normal(size=3)
    return T


def rig(seed, dtype="float32", views=4, size=(17, 13)):
    """Depth maps of about one wall, poses near each other, and the pose of a target."""
    rng = np.random.default_rng(seed)
    unit = 50 if np.dtype(dtype).kind in "iu" else 1.0
    depths = rng.choice([1.5, 1.51, 1.52, 2.5], (views, size[1], size[0])) * rng.uniform(0.99, 1.01) * unit
    depths = depths.astype(dtype)
    depths[rng.random(depths.shape) < 0.1] = 0
    return depths, np.stack([pose(seed + n) for n in range(views)]), pose(seed + 77)


def assert_like_naive(found, depths, poses, target, size, rule, **options):
    scale = options.get("depth_scale", 1.0)
    wanted, support, camera, index, status = naive.fuse(
        depths, [K] * len(depths), poses, K, target, size, rule, options.get("tolerance", 0.01),
        options.get("min_support", 1), options.get("depth_kind", "z"), scale, options.get("no_reading", ()),
    )  # fmt: skip
    assert np.array_equal(found.support, support)
    assert np.array_equal(found.source_camera, camera)
    assert np.array_equal(found.source_index, index)
    assert np.array_equal(found.status, status)
    assert found.depth.dtype == depths.dtype
    # float32 weights and readings, as against float64 throughout; integers are halves nowhere
    np.testing.assert_allclose(found.depth, wanted, rtol=0 if depths.dtype.kind in "iu" else 1e-6)


@pytest.mark.parametrize("rule", REDUCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_the_pixel_by_pixel_definition(dtype, rule):
    depths, poses, target = rig(1, dtype)
    options = {"tolerance": 0.02, "min_support": 2, "no_reading": [51]}
    options["depth_scale"] = 0.02 if depths.dtype.kind in "iu" else 1.0
    found = fuse_depth(depths, K, poses, K, target, size=(15, 11), reduce=rule, **options)
    assert_like_naive(found, depths, poses, target, (15, 11), rule, **options)
    assert len(set(found.status.reshape(-1).tolist())) > 1


@pytest.mark.parametrize("views", [1, 2, 3, 5, 8, 9])
def test_any_number_of_views_is_put_in_order(views):
    depths, poses, target = rig(views, "float64", views, (9, 7))
    for rule in REDUCES:
        for least in {1, views // 2 + 1, views}:
            found = fuse_depth(depths, K, poses, K, target, reduce=rule, min_support=least, tolerance=0.3)
            assert_like_naive(found, depths, poses, target, (9, 7), rule, min_support=least, tolerance=0.3)


@pytest.mark.parametrize("rule", REDUCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_view_in_its_own_camera_comes_out_as_it_went_in(dtype, rule):
    depths, poses, _ = rig(3, dtype, 1)
    found = fuse_depth(depths, K, poses, K, poses[0], reduce=rule, depth_scale=0.001, depth_kind="ray")
    hole = depths[0] == 0
    assert np.array_equal(found.depth[~hole], depths[0][~hole])
    assert found.depth.dtype == depths.dtype
    assert np.array_equal(found.status, hole * FUSION_STATUS.index("hole"))
    assert np.array_equal(found.source_camera, -hole.astype(int))
    assert np.array_equal(found.source_index, np.where(hole, -1, np.arange(hole.size).reshape(hole.shape)))


@pytest.mark.parametrize("rule", REDUCES)
def test_the_order_of_the_views_changes_nothing_but_their_numbers(rule):
    depths, poses, target = rig(5, "float32", 6)
    order = np.random.default_rng(5).permutation(6)
    one = fuse_depth(depths, K, poses, K, target, reduce=rule, tolerance=0.02, min_support=2)
    other = fuse_depth(depths[order], K, poses[order], K, target, reduce=rule, tolerance=0.02, min_support=2)
    assert one.depth.tobytes() == other.depth.tobytes()
    assert np.array_equal(one.support, other.support)
    named = other.source_camera >= 0
    assert np.array_equal(one.source_camera[named], order[other.source_camera[named]])
    assert np.array_equal(one.source_index, other.source_index)
    assert one.fates == tuple(other.fates[n] for n in np.argsort(order))


def test_of_equal_readings_the_lower_view_is_named():
    depths = np.full((3, 4, 5), 2.0, np.float32)
    depths[0, 0] = 0
    found = fuse_depth(depths, K, np.stack([np.eye(4)] * 3), K, np.eye(4), reduce="median")
    assert (found.source_camera[0] == 1).all()
    assert (found.source_camera[1:] == 0).all()
    assert (found.support == [[2]] + [[3]] * 3).all()


@pytest.mark.jit
def test_results_do_not_depend_on_bands_or_passes(monkeypatch):
    from geometry.bands import band_count

    for dtype in ("uint16", "float32", "float64"):
        depths, poses, target = rig(6, dtype)
        for rule in REDUCES:
            results = []
            for bands, held in ((1, 1 << 28), (2, 1 << 28), (7, 1 << 28), (2, 1000), (1, 1)):
                monkeypatch.setattr(fusion, "STACK_BYTES", held)
                with band_count(bands):
                    results.append(
                        fuse_depth(depths, K, poses, K, target, reduce=rule, tolerance=0.02, depth_scale=0.02)
                    )
            for other in results[1:]:
                for one, two in zip(results[0][:5], other[:5], strict=True):
                    assert one.tobytes() == two.tobytes()
                assert results[0].fates == other.fates


def test_maps_are_taken_one_at_a_time_from_anything_that_gives_them(monkeypatch):
    depths, poses, target = rig(7)
    wanted = fuse_depth(depths, K, poses, K, target)
    held = []

    class OnDisk:
        def __len__(self):
            return len(depths)

        def __getitem__(self, number):
            held.append(number)
            return depths[number]

    for given in (list(depths), OnDisk(), iter(depths), (depth for depth in depths), depths.tolist()):
        found = fuse_depth(given, K, poses, K, target)
        np.testing.assert_allclose(found.depth, wanted.depth, rtol=1e-6)  # lists become float64
        assert np.array_equal(found.source_index, wanted.source_index)
    monkeypatch.setattr(fusion, "STACK_BYTES", 1)
    assert fuse_depth(OnDisk(), K, poses, K, target).depth.tobytes() == wanted.depth.tobytes()
    with pytest.raises(InvalidInput, match="more than once"):
        fuse_depth(iter(depths), K, poses, K, target)


def test_views_may_differ_in_size_and_intrinsics():
    depths, poses, target = rig(8)
    cut = [depths[0], depths[1][:9, :11]]
    found = fuse_depth(cut, np.stack([K, K]), poses[:2], K, target, size=(17, 13))
    padded = np.zeros_like(depths[1])
    padded[:9, :11] = cut[1]
    same = fuse_depth([depths[0], padded], K, poses[:2], K, target)
    assert np.array_equal(found.depth, same.depth, equal_nan=True)


def test_fates_are_those_of_each_view_alone():
    depths, poses, target = rig(9)
    found = fuse_depth(depths, K, poses, K, target)
    alone = [
        reproject_depth(depth, K, K, target @ np.linalg.inv(own)) for depth, own in zip(depths, poses, strict=True)
    ]
    assert [sum(fates) for fates in found.fates] == [depths[0].size] * 4
    assert [fates.visible for fates in found.fates] == [one.fates.visible for one in alone]


def test_views_that_see_through_the_surface_are_counted(bands):
    depths = np.full((4, 5, 6), 2.0, np.float32)
    depths[0, :, :3] = 1.0  # something before the wall that only one view has
    depths[3, 0] = 0
    poses = np.stack([np.eye(4)] * 4)
    found = fuse_depth(depths, K, poses, K, np.eye(4), contradictions=True)
    wanted = np.zeros((5, 6), int)
    wanted[:, :3] = 3
    wanted[0, :3] = 2
    # a view without a reading at a pixel may have one beside it, which counts
    assert np.array_equal(found.contradictions[1:], wanted[1:])
    assert (found.contradictions[0] >= wanted[0]).all()
    assert fuse_depth(depths, K, poses, K, np.eye(4)).contradictions is None
    trusted = fuse_depth(depths, K, poses, K, np.eye(4), min_support=2, contradictions=True)
    assert not trusted.contradictions.any()
    assert (trusted.depth == 2).all()


@pytest.mark.jit
def test_more_views_fill_more_and_the_median_is_truer():
    views = scenes.ring(48, 36)[:4]
    truth = [scenes.trace(scenes.COURT, view) for view in views]
    poses = np.stack([view.pose for view in views])
    camera = views[0].intrinsics
    rng = np.random.default_rng(10)
    noisy = np.stack([one.depth * (1 + 0.002 * rng.normal(size=one.depth.shape)) for one in truth[1:]])
    counts = [(fuse_depth(noisy[:n], camera, poses[1 : n + 1], camera, poses[0]).status == 0).mean() for n in (1, 2, 3)]
    assert counts[0] < counts[1] < counts[2]
    found = {rule: fuse_depth(noisy, camera, poses[1:], camera, poses[0], reduce=rule) for rule in REDUCES}
    shared = found["nearest"].support == 3
    off = {rule: np.median(np.abs(one.depth - truth[0].depth)[shared]) for rule, one in found.items()}
    # the nearest of three readings is biased towards the camera, their median is not
    assert off["median"] < off["nearest"]
    assert off["mean"] < off["nearest"]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"depths": np.ones((2, 2))}, "depths"),
        ({"depths": np.ones((3, 2, 2))}, "depths"),
        ({"depths": 5}, "depths"),
        ({"depths": [np.ones((2, 2))]}, "depths"),
        ({"depths": iter([np.ones((2, 2))])}, "depths"),
        ({"depths": iter([np.ones((2, 2))] * 3)}, "depths"),
        ({"depths": iter([])}, "depths/0"),
        ({"depths": [np.ones((2, 2)), np.ones((2, 0))]}, "depths/1"),
        ({"depths": [np.ones((2, 2)), np.ones((2, 2), np.float32)]}, "depths/1"),
        ({"depths": np.ones((2, 2, 2), complex)}, "depths/0"),
        ({"poses": np.ones((0, 4, 4))}, "poses"),
        ({"poses": np.stack([np.eye(4), np.diag([1, 1, 1, 2.0])])}, "poses/1/3"),
        ({"poses": np.stack([np.eye(4), np.diag([-1.0, 1, 1, 1])])}, "poses/1"),
        ({"intrinsics": np.stack([K, np.diag([0, 1.0, 1])])}, "intrinsics/1/0/0"),
        ({"intrinsics": np.diag([0, 1.0, 1])}, "intrinsics/0/0"),
        ({"distortion": np.zeros((2, 3))}, "distortion/0"),
        ({"distortion": np.zeros(3)}, "distortion"),
        ({"model": "pinhole", "distortion": np.zeros(4)}, "model"),
        ({"target_intrinsics": np.zeros((3, 3))}, "target_intrinsics/2/2"),
        ({"target_pose": np.ones((4, 4))}, "target_pose/3"),
        ({"target_distortion": [1.0]}, "target_distortion"),
        ({"target_model": "pinhole"}, "target_model"),
        ({"size": (0, 5)}, "size"),
        ({"size": (2**16, 2**15)}, "size"),
        ({"reduce": "max"}, "reduce"),
        ({"tolerance": -0.1}, "tolerance"),
        ({"tolerance": np.inf}, "tolerance"),
        ({"min_support": 0}, "min_support"),
        ({"min_support": 3}, "min_support"),
        ({"min_support": 1.0}, "min_support"),
        ({"splat": "square"}, "splat"),
        ({"depth_kind": "disparity"}, "depth_kind"),
        ({"depth_scale": 0.0}, "depth_scale"),
        ({"no_reading": 5.0}, "no_reading"),
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {
        "depths": np.ones((2, 2, 2)),
        "intrinsics": K,
        "poses": np.stack([np.eye(4)] * 2),
        "target_intrinsics": K,
        "target_pose": np.eye(4),
    } | arguments
    data = [given.pop(name) for name in ("depths", "intrinsics", "poses", "target_intrinsics", "target_pose")]
    with pytest.raises(InvalidInput) as caught:
        fuse_depth(*data, **given)
    assert caught.value.argument == place


@pytest.mark.jit
@pytest.mark.realdata
def test_measured_frames_together_predict_another_better_than_alone(realdata):
    from PIL import Image

    room, numbers, target = realdata / "rgbd-room", (0, 20, 60, 90, 120), 40

    def frame(number):
        with Image.open(room / f"frame-{number:06d}.depth.png") as image:
            depth = np.array(image).astype(np.float32)
        return depth, np.linalg.inv(np.loadtxt(room / f"frame-{number:06d}.pose.txt"))

    depths, poses = (np.stack(arrays) for arrays in zip(*map(frame, numbers), strict=True))
    measured, pose = frame(target)
    camera = np.loadtxt(room / "camera-intrinsics.txt")

    def fused(views, rule):
        return fuse_depth(
            depths[views], camera, poses[views], camera, pose, reduce=rule, depth_scale=0.001, no_reading=[65535]
        ).depth

    known = (measured > 0) & (measured < 65535)
    alone = [fused([view], "nearest") for view in range(len(numbers))]
    for rule in ("median", "mean"):
        together = fused(slice(None), rule)
        assert (together > 0).mean() > max((one > 0).mean() for one in alone) + 0.15
        for view, one in enumerate(alone):
            both = known & (one > 0)
            errors = [np.median(np.abs(depth[both] - measured[both])) for depth in (together, one)]
            # 20 is so near that it alone is as good as all; each of the others gains, the furthest 13 mm of 24
            assert errors[0] < errors[1] + (0.75 if numbers[view] == 20 else 0.0)
