import numpy as np
import pytest

from geometry.bands import band_count
from geometry.depth import DEPTH_STATUS, SOURCE_STATUS, reproject_depth
from tests.geometry.depth.reprojection.test_reproject import DTYPES, WIDE, K, motion, predicted, scene
from tests.naive import depth_splats as naive

SMALL = np.array([[12.0, 0.25, 5.5], [0.0, 11.0, 4.25], [0.0, 0.0, 1.0]])
CLOSE = np.array([[26.0, 0.5, 8.0], [0.0, 24.0, 6.0], [0.0, 0.0, 1.0]])
LEFT = np.array([[12.0, 0.25, 2.5], [0.0, 11.0, 2.25], [0.0, 0.0, 1.0]])
FEW = np.array([[10.0, 0.2, 5.0], [0.0, 9.0, 3.5], [0.0, 0.0, 1.0]])
BROWN = ("brown", (-0.2, 0.05, 0.002, -0.001, 0.01))
FISHEYE = ("fisheye", (0.05, -0.02, 0.01, -0.003))
UNIT = np.eye(3)
SPLATS = ("nearest", "bilinear", "triangle")
FATES = {name: code for code, name in enumerate(SOURCE_STATUS)}


def surface(seed, dtype="float64", size=(6, 5)):
    """A slanted, wavy wall with a nearer box in front of it, and a few pixels without a reading."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[1], : size[0]]
    depth = 1 / (0.4 + 0.004 * x - 0.003 * y) + 0.01 * np.sin(x)
    depth[2:4, 2:5] = 1.4 + 0.004 * x[2:4, 2:5]
    depth[rng.random(depth.shape) < 0.05] = 0
    return (depth * (1000 if np.dtype(dtype).kind in "iu" else 1)).astype(dtype)


@pytest.mark.parametrize("lens", [None, BROWN, FISHEYE, ("brown", (-0.4, 0, 0, 0))])
@pytest.mark.parametrize("splat", SPLATS)
def test_no_motion_changes_no_bit(splat, lens):
    for dtype in DTYPES:
        for kind in ("z", "ray"):
            depth = scene(7, dtype, (12, 9))
            if depth.dtype.kind == "f":
                depth[0, :5] = [np.nan, 1e-9, np.inf, -1, np.nextafter(depth.dtype.type(1), 2)]
            image = np.random.default_rng(3).integers(0, 99, (9, 12, 2)).astype(dtype)
            options = {}
            if lens is not None:
                options = {f"{side}_model": lens[0] for side in ("source", "target")}
                options |= {f"{side}_distortion": lens[1] for side in ("source", "target")}
            found = reproject_depth(
                depth,
                SMALL,
                SMALL,
                np.eye(4),
                depth_kind=kind,
                splat=splat,
                image=image,
                depth_tolerance=10,
                max_jump=0.5,
                fill_holes="footprint",
                source_status=True,
                **options,
            )
            reading = (depth > 0) & np.isfinite(depth)
            hole = 0 if depth.dtype.kind in "iu" else np.nan
            assert found.depth.tobytes() == np.where(reading, depth, hole).astype(dtype).tobytes()
            assert np.array_equal(found.source_index, np.where(reading, np.arange(depth.size).reshape(9, 12), -1))
            assert np.array_equal(found.image, np.where(reading[:, :, None], image, 0))
            assert np.array_equal(found.source_status, np.where(reading, FATES["visible"], FATES["no_reading"]))


@pytest.mark.parametrize("kind", ["z", "ray"])
@pytest.mark.parametrize("dtype", ["float64", "uint16"])
def test_triangles_agree_with_the_definition(dtype, kind):
    depth, size = surface(1, dtype), (13, 11)
    scale = 0.001 if dtype == "uint16" else 1.0
    transform = motion(1, 0.02, 0.02)
    image = np.random.default_rng(2).uniform(0, 9, (5, 6, 3))
    found = reproject_depth(
        depth,
        LEFT,
        CLOSE,
        transform,
        size=size,
        depth_kind=kind,
        depth_scale=scale,
        splat="triangle",
        image=image,
        max_jump=0.05,
        no_reading=[77],
    )
    moved = naive.positions(depth, LEFT, CLOSE, transform, size, kind=kind, scale=scale, no_reading=[77])
    covered, lone = naive.mesh(depth, moved, size, 0.05, [77])
    assert set(zip(*np.nonzero(found.status == 0), strict=True)) == {*covered, *(
        (row, column) for column, row in lone.values() if 0 <= row < size[1] and 0 <= column < size[0]
    )}  # fmt: skip
    for (row, column), (z, most, weights) in covered.items():
        length = 1.0
        if kind == "ray":
            a, b = naive.ray(CLOSE, column, row, None)
            length = np.sqrt(a * a + b * b + 1)
        if dtype == "uint16":
            assert found.depth[row, column] == round(float(z) * length)
        else:
            # a dozen roundings of float64, of positions that are good to 1e-13 of the image's size
            assert found.depth[row, column] == pytest.approx(float(z) * length, rel=1e-11)
        assert divmod(int(found.source_index[row, column]), 6)[::-1] in most
        shade = sum(float(w) * image[y, x] for (x, y), w in weights.items())
        np.testing.assert_allclose(found.image[row, column], shade, rtol=1e-9)


@pytest.mark.parametrize(("splat", "dtype", "kind"), [("nearest", "float32", "z"), ("bilinear", "uint16", "ray")])
def test_holes_are_filled_by_the_triangles_that_cover_them(splat, dtype, kind):
    depth, size = surface(2, dtype), (13, 11)
    scale = 0.001 if dtype == "uint16" else 1.0
    image = np.random.default_rng(2).uniform(0, 9, (5, 6))
    options = {"size": size, "depth_kind": kind, "depth_scale": scale, "max_jump": 0.05, "image": image}
    views = depth, LEFT, CLOSE, motion(2, 0.02, 0.02)
    bare = reproject_depth(*views, splat=splat, fill=-1, **options)
    mesh = reproject_depth(*views, splat="triangle", **options)
    found = reproject_depth(*views, splat=splat, fill=-1, fill_holes="footprint", source_status=True, **options)
    moved = naive.positions(*views, size, kind=kind, scale=scale)
    covered, _ = naive.mesh(depth, moved, size, 0.05)
    filled = np.zeros(found.status.shape, bool)
    filled[tuple(np.transpose(list(covered)))] = True
    filled &= bare.status == DEPTH_STATUS.index("hole")
    assert filled.any()
    assert ((bare.status == 1) & ~filled).any()
    assert np.array_equal(found.status, np.where(filled, DEPTH_STATUS.index("filled"), bare.status))
    for name in ("depth", "source_index", "image"):
        expected = np.where(filled, getattr(mesh, name), getattr(bare, name))
        assert np.array_equal(getattr(found, name), expected, equal_nan=expected.dtype.kind == "f")
    assert found.fates == bare.fates


def test_a_gap_between_two_surfaces_stays_open():
    depth = np.where(np.arange(8) < 4, 2.0, 4.0) * np.ones((8, 1))
    camera, left, right = np.array([[8.0, 0, 4], [0, 8, 4], [0, 0, 1]]), np.eye(4), np.eye(4)
    left[0, 3], right[0, 3] = -0.5, 0.5
    for splat in SPLATS:
        # the near half moves by 2 px, the far one by 1
        found = reproject_depth(depth, camera, camera, left, splat=splat, fill_holes="footprint")
        assert np.nan_to_num(found.depth[3]).tolist() == [2, 2, 0, 4, 4, 4, 4, 0]
        assert found.status[3].tolist() == [0, 0, 1, 0, 0, 0, 0, 1]
        found = reproject_depth(depth, camera, camera, right, splat=splat, fill_holes="footprint")
        assert np.nan_to_num(found.depth[3]).tolist() == [0, 0, 2, 2, 2, 2, 4, 4]


def test_all_holes_of_a_magnified_wall_are_filled():
    y, x = np.mgrid[:9, :9]
    depth = 1 / (0.5 + 0.01 * x + 0.02 * y)
    large = SMALL * [[3.3], [3.3], [1]]
    for transform in (np.eye(4), motion(1, 0.4, 0.0)):
        for splat in SPLATS:
            found = reproject_depth(depth, SMALL, large, transform, size=(30, 28), splat=splat, fill_holes="footprint")
            mesh = reproject_depth(depth, SMALL, large, transform, size=(30, 28), splat="triangle")
            assert (found.status[mesh.status == 0] != 1).all()
        plane = mesh.depth[mesh.status == 0]
        assert len(plane) > 300


def test_what_was_not_asked_for_is_none():
    found = reproject_depth(scene(1), K, K, motion(1))
    assert found.image is None
    assert found.source_status is None


@pytest.mark.parametrize("splat", SPLATS)
def test_fates_count_what_source_status_shows(splat):
    back, few = np.eye(4), WIDE * [[0.3], [0.3], [1]]
    back[2, 3] = -1.0
    found = reproject_depth(scene(5), K, few, back @ motion(5), size=(9, 7), splat=splat, source_status=True)
    counts = np.bincount(found.source_status.ravel(), minlength=len(SOURCE_STATUS))
    assert dict(zip(SOURCE_STATUS, counts.tolist(), strict=True)) == found.fates._asdict()
    visible = np.unique(found.source_index[found.status == 0])
    assert np.array_equal(visible, np.flatnonzero(found.source_status == FATES["visible"]))
    assert min(found.fates.behind_camera, found.fates.outside, found.fates.no_reading, found.fates.occluded) > 0


@pytest.mark.parametrize("splat", SPLATS)
def test_hostile_readings_and_the_smallest_maps(splat, bands):
    camera = np.array([[1.0, 0, 4], [0, 1, 0], [0, 0, 1]])
    depth = np.array([[0, np.nan, np.inf, -np.inf, -1, 1e-9, 65535, 1e30, 2]], np.float32)
    aside = np.eye(4)
    aside[0, 3] = depth[0, 5]
    found = reproject_depth(depth, camera, camera, aside, no_reading=[65535], splat=splat, source_status=True)
    assert found.fates.no_reading == 6
    assert found.source_index[0].tolist() == [-1] * 6 + [5, 7, 8]
    assert found.depth[0, 6:].tolist() == depth[0, [5, 7, 8]].tolist()
    moved = naive.positions(depth, camera, camera, aside, (9, 1), no_reading=[65535])
    fates = naive.fates(moved, {5, 7, 8})
    assert {at: naive.FATES[found.source_status[at]] for at in fates} == fates
    one = reproject_depth([[3.0]], camera, camera, np.eye(4), splat=splat)
    assert one.depth.tolist() == [[3.0]]
    away = reproject_depth([[3.0]], camera, camera, np.diag([-1.0, 1, -1, 1]), splat=splat)
    assert away.fates.behind_camera == 1
    assert away.status.tolist() == [[1]]


@pytest.mark.parametrize("splat", SPLATS)
def test_positions_beyond_float64_are_outside(splat):
    huge = np.eye(4)
    huge[0, 3] = 1e300
    with np.errstate(over="ignore", invalid="ignore"):  # kernels that are not compiled tell of what they let pass
        lost = reproject_depth(np.full((2, 2), 1e-300), UNIT, UNIT, huge, splat=splat)
    assert lost.fates.outside == 4


@pytest.mark.parametrize("splat", SPLATS)
def test_depths_that_the_integer_cannot_hold_are_lost(splat):
    away = np.eye(4)
    away[2, 3] = 300.0
    camera = np.array([[1e-3, 0, 0], [0, 1e-3, 0], [0, 0, 1]])
    found = reproject_depth(np.array([[100, 101]], np.uint8), camera, camera, away, splat=splat, source_status=True)
    assert found.fates.unrepresentable == 2
    assert not found.depth.any()
    assert (found.status == 1).all()


@pytest.mark.parametrize("splat", SPLATS)
def test_results_with_lenses_do_not_depend_on_bands(splat):
    image = np.random.default_rng(5).integers(0, 255, (23, 31, 3)).astype(np.uint8)
    results = []
    for bands in (1, 2, 7):
        with band_count(bands):
            results.append(
                reproject_depth(
                    scene(8),
                    K,
                    WIDE,
                    motion(8, 0.5),
                    size=(50, 40),
                    splat=splat,
                    depth_kind="ray",
                    image=image,
                    source_distortion=[-0.2, 0.05, 0.001, 0],
                    target_distortion=FISHEYE[1],
                    target_model="fisheye",
                    source_status=True,
                    fill_holes="footprint",
                    max_jump=0.5,
                )
            )
    for other in results[1:]:
        for name in ("depth", "source_index", "status", "image", "source_status"):
            assert getattr(results[0], name).tobytes() == getattr(other, name).tobytes()
        assert results[0].fates == other.fates


@pytest.mark.realdata
@pytest.mark.jit
@pytest.mark.parametrize(
    ("target", "more", "difference", "near"),
    [(20, 0.006, 5.45, 0.964), (40, 0.06, 6.83, 0.955), (60, 0.15, 10.76, 0.918)],
)
def test_triangles_fill_more_of_a_measured_room_and_are_more_accurate(realdata, target, more, difference, near):
    nearest, triangle = predicted(realdata, target), predicted(realdata, target, splat="triangle")
    assert triangle[0] > nearest[0] + more
    assert triangle[1] < nearest[1]
    assert triangle[2] > nearest[2]
    # as measured, to a unit of the last digit
    assert triangle[1] == pytest.approx(difference, abs=0.01)
    assert triangle[2] == pytest.approx(near, abs=0.001)
