import itertools

import numpy as np
import pytest

from geometry.depth.multiview.comparison import CONSISTENCY_REASONS
from geometry.depth.multiview.consistency import PAIR_STATUS, ComparedViews, depth_consistency
from geometry.errors import InvalidInput
from tests.naive import consistency as naive
from tests.scenes import raytraced as scenes

K = np.array([[30.0, 0.25, 8.5], [0.0, 28.0, 6.25], [0.0, 0.0, 1.0]])
OTHER = np.array([[22.0, 0.0, 7.0], [0.0, 21.0, 5.0], [0.0, 0.0, 1.0]])
DTYPES = ("uint8", "uint16", "int16", "int32", "float32", "float64")
MEDIAN = 2.0**-10  # half a bin of the histogram


def pose(seed, angle=0.1, length=0.1):
    rng = np.random.default_rng(seed)
    axis = rng.normal(size=3)
    axis /= np.linalg.norm(axis)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    T = np.eye(4)
    T[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    T[:3, 3] = length * rng.normal(size=3)
    return T


def rig(seed, dtype="float64", views=2, size=(17, 13)):
    """A step between two walls, with a little noise and some gaps."""
    rng = np.random.default_rng(seed)
    unit = 80 if np.dtype(dtype).kind in "iu" else 1.0
    depths = np.where(np.arange(size[0]) < 9, 1.5, 2.5) * rng.choice([1, 1, 1.004, 1.03], (views, size[1], size[0]))
    depths = (depths * unit).astype(dtype)
    depths[rng.random(depths.shape) < 0.05] = 0
    return depths, np.stack([pose(seed + n) for n in range(views)])


def lower_median(values):
    return np.sort(values)[(len(values) - 1) // 2] if len(values) else np.nan


def assert_like_naive(found, depths, intrinsics, poses, **options):
    options["absent"], options["scale"] = options.pop("no_reading", ()), options.pop("depth_scale", 1.0)
    options["kind"] = options.pop("depth_kind", "z")
    tolerance = options.get("tolerance", 0.01)
    directions = {}
    for number, (i, j) in enumerate(found.pairs.tolist()):
        reasons, errors, shares = naive.compare(depths, intrinsics, poses, i, j, **options)
        assert np.array_equal(found.reasons[number], reasons)
        # inverse depths are held to 24 bits, of which a pixel's coordinate is at most 1 / b for a baseline b
        np.testing.assert_allclose(found.errors[number], errors, rtol=1e-5, atol=1e-5)
        counts = np.bincount(reasons.reshape(-1), minlength=len(CONSISTENCY_REASONS))
        assert np.array_equal(found.counts[number], counts)
        comparable, readings = counts[0] + counts[1], counts.sum() - counts[3]
        assert found.overlap[number] == pytest.approx(comparable / readings if readings else 0)
        assert found.score[number] == pytest.approx(counts[0] / readings if readings else 0)
        assert found.status[number] == PAIR_STATUS.index("ok" if comparable else "nothing_comparable")
        here = lower_median(errors[reasons <= 1])
        np.testing.assert_allclose(found.reprojection_error[number], here, rtol=MEDIAN + 1e-5, atol=1e-5)
        np.testing.assert_allclose(found.depth_error[number], lower_median(shares), rtol=MEDIAN + 1e-5, atol=1e-6)
        if comparable:
            assert found.agreement[number] == pytest.approx(counts[0] / comparable)
        directions[i, j] = shares
    for number, (i, j) in enumerate(found.pairs.tolist()):
        r = np.concatenate([directions[i, j], directions.get((j, i), [])]) / tolerance
        if len(r) and (j, i) in directions:
            assert found.loss[number] == pytest.approx((r**2 / (1 + r**2)).mean(), rel=1e-4)


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_agrees_with_the_pixel_by_pixel_definition(dtype, interpolation):
    depths, poses = rig(1, dtype)
    options = {"interpolation": interpolation, "depth_scale": 1 / 80 if depths.dtype.kind in "iu" else 1.0}
    found = depth_consistency(depths, np.stack([K, OTHER]), poses, maps=True, tolerance=0.013, **options)
    assert_like_naive(found, depths, [K, OTHER], poses, tolerance=0.013, **options)
    assert len(found.pairs) == 2
    assert np.count_nonzero(found.counts.sum(axis=0)) >= 5


def test_distances_along_rays_are_compared_along_rays():
    depths, poses = rig(2, "float32", 3)
    found = depth_consistency(depths, K, poses, maps=True, depth_kind="ray", no_reading=[1.5], interpolation="nearest")
    assert_like_naive(found, depths, [K] * 3, poses, depth_kind="ray", no_reading=[1.5], interpolation="nearest")


def test_odd_readings_are_no_readings():
    row = [0, np.nan, np.inf, -np.inf, -1, 1e-9, 65.535, 1e30, 2]
    depths = np.array([[row], [row]], np.float32)
    found = depth_consistency(depths, np.eye(3), np.stack([np.eye(4)] * 2), no_reading=[65.535], maps=True)
    assert found.counts[:, CONSISTENCY_REASONS.index("no_reading")].tolist() == [6, 6]
    assert found.counts[:, CONSISTENCY_REASONS.index("consistent")].tolist() == [3, 3]
    assert (found.score == 1).all()
    assert (found.loss == 0).all()


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 20), (20, 1), (3, 5)])
def test_small_and_odd_shapes(shape, interpolation, bands):
    rng = np.random.default_rng(3)
    depths, poses = rng.uniform(1, 3, (2, *shape)), np.stack([pose(3, 0.02, 0.01), pose(4, 0.02, 0.01)])
    camera = np.array([[20.0, 0, shape[1] / 2], [0, 20.0, shape[0] / 2], [0, 0, 1]])
    found = depth_consistency(depths, camera, poses, maps=True, pairs=[(0, 1), (1, 0)], interpolation=interpolation)
    assert_like_naive(found, depths, [camera] * 2, poses, interpolation=interpolation)


def test_a_view_is_consistent_with_itself_and_with_its_copy(bands):
    depths, poses = rig(4)
    found = depth_consistency(depths[[0, 0]], K, poses[[0, 0]], pairs=[(0, 0), (0, 1), (1, 0)])
    assert (found.score == 1).all()
    assert (found.agreement == 1).all()
    assert (found.loss == 0).all()
    assert (found.reprojection_error == 0).all()
    assert (found.depth_error == 0).all()


def test_what_is_nearer_contradicts_and_what_is_further_is_hidden():
    poses = np.stack([np.eye(4)] * 2)
    wall, nearer = np.full((4, 5), 2.0), np.full((4, 5), 1.9)
    found = depth_consistency(np.stack([wall, nearer]), K, poses, pairs=[(0, 1), (1, 0)], maps=True)
    assert (found.reasons[0] == CONSISTENCY_REASONS.index("occluded")).all()
    assert (found.reasons[1] == CONSISTENCY_REASONS.index("inconsistent")).all()
    assert found.status.tolist() == [PAIR_STATUS.index("nothing_comparable"), PAIR_STATUS.index("ok")]
    assert found.score.tolist() == [0, 0]
    assert np.isnan(found.agreement[0])
    assert found.agreement[1] == 0
    r = 0.1 / 1.9 / 0.01
    # inverse depths are held to 24 bits
    assert found.loss == pytest.approx([r * r / (1 + r * r)] * 2, rel=1e-5)
    assert found.depth_error[1] == pytest.approx(0.1 / 1.9, rel=MEDIAN)


def test_the_loss_takes_both_directions_whichever_was_asked_for():
    depths, poses = rig(5)
    both = depth_consistency(depths, K, poses)
    one = depth_consistency(depths, K, poses, pairs=[(1, 0)])
    assert both.loss[0] == both.loss[1] == one.loss[0]
    assert one.reasons is one.errors is None


def test_planes_are_read_exactly_between_pixels():
    wall = (scenes.Plane((0.6, 0.3, 1.0), 3.0),)
    views = scenes.ring(20, 15)[0], scenes.ring(20, 15)[0]
    moved = pose(6, 0.05, 0.2) @ views[0].pose
    views = views[0], views[1]._replace(pose=moved)
    depths = np.stack([scenes.trace(wall, view).depth for view in views])
    poses = np.stack([view.pose for view in views])
    found = depth_consistency(depths, views[0].intrinsics, poses, maps=True)
    assert (found.agreement > 0.98).all()  # beyond the outermost pixel centres there is nothing to read between
    inner = found.reasons[0][1:-1, 1:-1] == CONSISTENCY_REASONS.index("consistent")
    # off the border all four neighbours are there; inverse depths are held to 24 bits
    assert np.nanmedian(found.errors[0][1:-1, 1:-1][inner]) < 1e-5
    nearest = depth_consistency(depths, views[0].intrinsics, poses, interpolation="nearest")
    assert (nearest.reprojection_error > found.reprojection_error).all()


def test_views_that_cannot_see_each_other_are_skipped_and_named():
    turned = np.diag([-1.0, 1, -1, 1])
    aside = np.eye(4)
    aside[0, 3] = 50.0
    poses = np.stack([np.eye(4), turned, aside, pose(7)])
    depths = np.full((4, 6, 8), 2.0)
    found = depth_consistency(depths, K, poses)
    assert found.pairs.tolist() == [[0, 3], [3, 0]]
    assert len(found.skipped) == 10
    all_pairs = np.concatenate([found.pairs, found.skipped])
    assert len({tuple(pair) for pair in all_pairs.tolist()}) == 12
    seen = depth_consistency(depths, K, poses, pairs=found.skipped)
    lost = [CONSISTENCY_REASONS.index(reason) for reason in ("behind_camera", "outside")]
    assert (seen.counts[:, lost].sum(axis=1) == 48).all()
    assert (seen.status == PAIR_STATUS.index("nothing_comparable")).all()
    assert np.isnan(seen.loss).all()


def test_skipping_never_loses_a_pair_that_sees_something():
    rng = np.random.default_rng(8)
    poses = np.stack([pose(100 + n, rng.uniform(0, 3), rng.uniform(0, 2)) for n in range(8)])
    depths = rng.uniform(0.5, 3, (8, 4, 5))
    camera = np.array([[4.0, 0, 2], [0, 4, 1.5], [0, 0, 1]])
    for lens in ({}, {"distortion": [0.1, 0.01, 0, 0], "model": "fisheye"}):
        found = depth_consistency(depths, camera, poses, **lens)
        assert len(found.skipped) > 0
        seen = depth_consistency(depths, camera, poses, pairs=found.skipped, **lens)
        lost = [CONSISTENCY_REASONS.index(reason) for reason in ("behind_camera", "outside")]
        assert (seen.counts[:, lost].sum(axis=1) == 20).all()


def test_a_view_without_readings_is_compared_with_none():
    depths, poses = rig(9, views=3)
    depths[1] = 0
    found = depth_consistency(depths, K, poses)
    assert found.pairs[:, 0].tolist() == [0, 0, 2, 2]
    assert found.skipped.tolist() == [[1, 0], [1, 2]]
    assert found.counts[0, CONSISTENCY_REASONS.index("no_reading_there")] > 0


@pytest.mark.jit
@pytest.mark.parametrize("model", [None, "brown", "fisheye"])
@pytest.mark.parametrize("kind", ["z", "ray"])
def test_true_depth_maps_are_consistent_through_any_lens(model, kind):
    views = scenes.ring(160, 120, 12, model)[:2]
    traced = [scenes.trace(scenes.COURT, view) for view in views]
    depths = np.stack([one.ray_depth if kind == "ray" else one.depth for one in traced])
    lens = {} if model is None else {"distortion": views[0].distortion, "model": model}
    poses = np.stack([view.pose for view in views])
    found = depth_consistency(depths, views[0].intrinsics, poses, depth_kind=kind, maps=True, **lens)
    assert (found.agreement > 0.99).all()
    assert (found.loss < 0.02).all()  # silhouettes; a coarse image has many
    hidden = CONSISTENCY_REASONS.index("occluded")
    for number, (one, two) in enumerate(((0, 1), (1, 0))):
        where, z = scenes.project(views[two], traced[one].points.reshape(-1, 3))
        size = [views[two].width - 1, views[two].height - 1]
        inside = (z > 0) & (where >= 1).all(axis=1) & (where <= np.array(size) - 1).all(axis=1)
        surface = scenes.trace(scenes.COURT, views[two], np.where(inside[:, None], where, 0.0)).surface.reshape(-1)
        other = inside & (surface != traced[one].surface.reshape(-1))
        away = ~scenes.near_silhouettes(traced[one].surface).reshape(-1)
        reasons = found.reasons[number].reshape(-1)
        # what the other view hides behind another surface is occluded, but for a pixel round silhouettes
        assert (reasons[other & away] == hidden).mean() > 0.9
        assert (reasons[inside & ~other & away] == hidden).mean() < 0.03


@pytest.mark.jit
@pytest.mark.parametrize("change", ["scale", "shift"])
def test_wrong_depths_and_poses_lower_the_score_step_by_step(change):
    views = scenes.ring(64, 48)[:2]
    depths = np.stack([scenes.trace(scenes.COURT, view).depth for view in views])
    poses = np.stack([view.pose for view in views])
    scores, losses = [], []
    for step in (0, 1, 2, 4):
        wrong, moved = depths.copy(), poses.copy()
        if change == "scale":
            wrong[1] *= 1 + 0.002 * step
        else:
            moved[1, :3, 3] += np.array([0.6, 0.0, 0.8]) * 0.01 * step
        found = depth_consistency(wrong, views[0].intrinsics, moved, tolerance=0.003)
        scores.append(found.score.mean())
        losses.append(found.loss[0])
    assert all(one > other for one, other in itertools.pairwise(scores))
    assert all(one < other for one, other in itertools.pairwise(losses))


def test_results_do_not_depend_on_bands():
    from geometry.bands import band_count

    depths, poses = rig(11, "float32", 3, (40, 30))
    results = []
    for bands in (1, 2, 7):
        with band_count(bands):
            results.append(depth_consistency(depths, K, poses, maps=True))
    for other in results[1:]:
        for one, two in zip(results[0], other, strict=True):
            assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"depths": np.ones((2, 2))}, "depths"),
        ({"depths": [np.ones((2, 2)), np.ones((2, 2, 1))]}, "depths/1"),
        ({"depths": np.ones((2, 2, 2), complex)}, "depths/0"),
        ({"poses": np.ones((0, 4, 4))}, "poses"),
        ({"intrinsics": np.stack([K, np.diag([0, 1.0, 1])])}, "intrinsics/1/0/0"),
        ({"distortion": [1.0]}, "distortion"),
        ({"pairs": [(0, 2)]}, "pairs/0/1"),
        ({"pairs": [(0, 1), (-1, 0)]}, "pairs/1/0"),
        ({"pairs": [(0, 0.5)]}, "pairs/0/1"),
        ({"pairs": [0, 1]}, "pairs"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"max_error": -1.0}, "max_error"),
        ({"max_jump": -1.0}, "max_jump"),
        ({"interpolation": "cubic"}, "interpolation"),
        ({"depth_kind": "disparity"}, "depth_kind"),
        ({"depth_scale": 0.0}, "depth_scale"),
        ({"no_reading": 5.0}, "no_reading"),
        ({"depths": [np.ones((2, 2)), np.ones((2, 3))], "maps": True}, "maps"),
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {"depths": np.ones((2, 2, 2)), "intrinsics": K, "poses": np.stack([np.eye(4)] * 2)} | arguments
    data = [given.pop(name) for name in ("depths", "intrinsics", "poses")]
    with pytest.raises(InvalidInput) as caught:
        depth_consistency(*data, **given)
    assert caught.value.argument == place


@pytest.mark.jit
@pytest.mark.realdata
def test_measured_depth_maps_agree_the_less_the_further_apart_they_are(realdata):
    from PIL import Image

    room, numbers = realdata / "rgbd-room", (0, 20, 40, 60, 120)

    def depth(number):
        with Image.open(room / f"frame-{number:06d}.depth.png") as image:
            return np.array(image).astype(np.uint16)

    poses = np.stack([np.linalg.inv(np.loadtxt(room / f"frame-{number:06d}.pose.txt")) for number in numbers])
    found = depth_consistency(
        np.stack([depth(number) for number in numbers]),
        np.loadtxt(room / "camera-intrinsics.txt"),
        poses,
        pairs=[(0, other) for other in range(1, 5)],
        depth_scale=0.001,
        no_reading=[65535],
    )
    assert (np.diff(found.score) < 0).all()
    assert (np.diff(found.loss) > 0).all()
    assert found.agreement[0] > 0.9


def test_pairs_measured_apart_are_what_they_are_together():
    depths, poses = rig(11, views=4)
    poses[3, :3, 3] += 100  # looks past the others
    whole = depth_consistency(depths, K, poses, maps=True)
    assert len(whole.skipped) > 0
    options = {"tolerance": 0.01, "max_error": 2.0, "interpolation": "linear", "maps": True}
    lens = {"distortion": None, "model": "brown", "depth_kind": "z", "depth_scale": 1.0, "no_reading": ()}
    options["max_jump"] = depth_consistency.__kwdefaults__["max_jump"]
    views = ComparedViews(depths, K, poses, pairs=None, **options, **lens)
    assert np.array_equal(views.pairs, whole.pairs)
    for number in reversed(range(len(views.pairs))):
        part = views.measure(views.pairs[number : number + 1], views.skipped)
        for name, values in part._asdict().items():
            if name != "skipped":
                assert values.tobytes() == getattr(whole, name)[number : number + 1].tobytes(), name
