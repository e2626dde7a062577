import numba
import numpy as np
import pytest

from geometry import Degenerate, InvalidInput, depth_to_points, scatter_points
from geometry.depth.scattering import cells
from geometry.depth.scattering.scatter import PointFates
from tests.naive import scatter as naive

K = np.array([[9.0, 0.2, 6.0], [0.0, 8.0, 4.0], [0.0, 0.0, 1.0]])
POSE = np.array([[0.6, 0, -0.8, 0.5], [0, 1, 0, -0.25], [0.8, 0, 0.6, 3.0]])
AFFINE = np.array([[2.0, 0.5, 0, 4], [0.25, -2.5, 0.5, 5]])
REDUCTIONS = ("min", "max", "nearest", "farthest", "mean", "sum", "count")


def cloud(number=160, dtype="float64"):
    """Points of which some are hostile."""
    rng = np.random.default_rng(7)
    points = rng.uniform(-3, 3, (number, 3))
    points[:12] = [
        [0, 0, 0], [np.nan, 0, 1], [0, np.inf, 1], [0, 1, -np.inf], [1e-9, 1e-9, 1e-9], [65535, 1, 2], [-1, -1, -1],
        [1, 1, 1], [1, 1, 1], [-1e30, 1e30, 5], [0.5, 0.5, 0.5], [2, 1.5, -0.0],
    ]  # fmt: skip
    return points.astype(dtype)


def compared(found, wanted, several=False):
    image, index, count, fates = wanted
    assert np.array_equal(found.index, index)
    assert np.array_equal(found.count, count)
    assert found.fates == fates
    assert found.index.dtype == found.count.dtype == np.int32
    # sums of up to 160 values below 1e5 in float64; depths are sums of four products; float32 rounds once more
    tolerance = 2.0**-23 if found.image.dtype == np.float32 else 1e-11
    np.testing.assert_allclose(
        found.image, image if several else image[:, :, 0], rtol=tolerance, atol=1e-6 if tolerance > 1e-8 else 1e-11
    )


VIEWS = {
    "camera": {"projection": K @ POSE},
    "camera of the other sign": {"projection": -3 * K @ POSE},
    "affine of two rows": {"projection": AFFINE},
    "affine of three rows": {"projection": np.vstack([2 * AFFINE, [0, 0, 0, 2]])},
    "axes": {"axes": (1, 2, 0), "origin": (-3.0, -2.0), "cell": (0.5, 0.7)},
    "axes without a value": {"axes": (2, 0), "origin": (-2.5, -2.0), "cell": 0.6},
}


@pytest.mark.parametrize("outside", ["drop", "clip"])
@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_agrees_with_the_point_by_point_definition(view, reduce, outside):
    given = VIEWS[view]
    found = scatter_points(cloud(), (12, 9), **given, reduce=reduce, outside=outside)
    axes = given.get("axes")
    axes = axes if axes is None or len(axes) == 3 else (*axes, 3 - sum(axes))
    cell = given.get("cell", 1.0)
    wanted = naive.scatter(
        cloud(), (12, 9), given.get("projection"), axes, None, reduce, given.get("origin", (0, 0)),
        (cell, cell) if np.ndim(cell) == 0 else cell, outside, 0 if reduce == "count" else np.nan,
    )  # fmt: skip
    compared(found, wanted)
    assert found.image.dtype == ("int32" if reduce == "count" else "float64")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_values_of_every_dtype_agree_with_the_definition(reduce, dtype, bands):
    rng = np.random.default_rng(3)
    single = reduce in ("min", "max")
    values = rng.integers(0, 9, (160, 1 if single else 3)).astype(dtype)
    if values.dtype.kind == "f":
        values[20:24, 0] = [np.nan, -0.0, 1e-9, 65535]
    fill = 7 if dtype.startswith("u") or reduce == "count" else -1
    found = scatter_points(
        cloud(dtype="float32"), (12, 9), projection=K @ POSE, values=values[:, 0] if single else values,
        reduce=reduce, fill=fill,
    )  # fmt: skip
    wanted = naive.scatter(cloud(dtype="float32"), (12, 9), K @ POSE, None, values, reduce, fill=fill)
    compared(
        found, wanted if reduce != "count" else (wanted[0][:, :, :1], *wanted[1:]), not single and reduce != "count"
    )
    kinds = {"count": "int32", "mean": "float64", "sum": "float64"}
    expected = kinds.get(reduce, dtype) if dtype != "float32" or reduce == "count" else "float32"
    assert found.image.dtype == expected


def test_the_question_of_the_cube_seen_from_the_side():
    """Depth maps of 256 × 256 as points in a cube of that size: coordinate 0 is kept at row 1, column 2, by maximum."""
    rng = np.random.default_rng(256)
    size = 24 if numba.config.DISABLE_JIT else 256
    p = rng.integers(-4, size + 4, (size, size, 3))
    found = scatter_points(p, (size, size), axes=(1, 2, 0), reduce="max", outside="clip", fill=0)
    wanted = np.full((size, size), np.iinfo(np.int64).min)
    row, column = np.clip(p[:, :, 1], 0, size - 1), np.clip(p[:, :, 2], 0, size - 1)
    np.maximum.at(wanted, (row, column), p[:, :, 0])
    empty = wanted == np.iinfo(np.int64).min
    assert np.array_equal(found.image, np.where(empty, 0, wanted))
    assert np.array_equal(found.count == 0, empty)
    assert np.array_equal(p.reshape(-1, 3)[found.index[~empty], 0], wanted[~empty])
    assert sum(found.fates) == p[:, :, 0].size
    assert found.fates.clipped == (((p < 0) | (p >= size))[:, :, 1:]).any(axis=2).sum()


def test_of_equal_points_the_first_stays():
    points = [[0.0, 0, 2], [0, 0, 2], [0, 0, 2]]
    for reduce in REDUCTIONS:
        assert scatter_points(points, (1, 1), axes=(0, 1), reduce=reduce).index[0, 0] == 0


def test_points_behind_the_camera_never_win_and_are_not_clipped():
    points = [[0.0, 0, -1], [0, 0, 0], [0, 0, 5], [0, 0, -1e-9]]
    found = scatter_points(points, (1, 1), projection=np.eye(3, 4), outside="clip")
    assert found.image[0, 0] == 5
    assert found.fates == PointFates(0, 0, 3, 0, 0, 1)


def test_halves_go_up_and_pixel_centers_at_halves_shift_the_grid():
    points = [[0.5, 0, 1], [1.5, 0, 2], [-0.5, 0, 3], [0.49, 0, 4]]
    row = scatter_points(points, (3, 1), axes=(1, 0, 2), reduce="max").image[0]
    assert np.array_equal(row, [4, 1, 2])
    row = scatter_points(points, (3, 1), axes=(1, 0, 2), reduce="max", pixel_center="half").image[0]
    assert np.array_equal(row, [4, 2, np.nan], equal_nan=True)


def test_a_depth_map_falls_back_onto_its_own_pixels():
    depth = np.random.default_rng(5).uniform(1, 9, (9, 12)).astype(np.float32)
    depth[2, 3] = np.nan
    points = depth_to_points(depth, K).points
    found = scatter_points(points, (12, 9), projection=K @ np.eye(3, 4))
    assert np.array_equal(found.image, depth, equal_nan=True)
    index = np.arange(108).reshape(9, 12)
    index[2, 3] = -1
    assert np.array_equal(found.index, index)
    assert found.fates == PointFates(1, 0, 0, 0, 0, 107)


def test_segments_and_bands_do_not_show(bands, monkeypatch):
    points, values = cloud(), np.random.default_rng(9).uniform(size=(160, 2))
    given = {"projection": K @ POSE, "reduce": "sum", "values": values}
    plain = scatter_points(points, (12, 9), **given)
    monkeypatch.setattr(cells, "_SEGMENT_POINTS", 16)
    monkeypatch.setattr(cells, "_CHUNK", 5)
    assert cells.segment_count(160, 40) == 8
    cut = scatter_points(points, (12, 9), **given)
    np.testing.assert_allclose(cut.image, plain.image, rtol=1e-14)  # sums in another order
    assert np.array_equal(cut.index, plain.index)
    for reduce in ("min", "max", "count"):
        whole = scatter_points(points, (5, 4), projection=K @ POSE, reduce=reduce)
        monkeypatch.setattr(cells, "_SEGMENT_POINTS", 1 << 17)
        again = scatter_points(points, (5, 4), projection=K @ POSE, reduce=reduce)
        monkeypatch.setattr(cells, "_SEGMENT_POINTS", 16)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(whole[:3], again[:3], strict=True))
        assert whole.fates == again.fates


def test_the_order_of_points_matters_to_ties_alone():
    points = np.random.default_rng(11).uniform(-1, 1, (90, 3))
    order = np.random.default_rng(12).permutation(90)
    one = scatter_points(points, (4, 4), axes=(0, 1), origin=(-1, -1), cell=0.5)
    other = scatter_points(points[order], (4, 4), axes=(0, 1), origin=(-1, -1), cell=0.5)
    assert np.array_equal(one.image, other.image, equal_nan=True)
    assert np.array_equal(one.index[one.index >= 0], order[other.index[other.index >= 0]])


def test_empty_cells_hold_the_fill():
    for fill in (np.nan, np.float32(np.nan), -3.5, 0):
        found = scatter_points([[0.0, 0, 2]], (2, 1), axes=(0, 1), fill=fill)
        assert np.array_equal(found.image, [[2, fill]], equal_nan=True)


def test_no_points_make_an_empty_grid():
    for reduce in REDUCTIONS:
        found = scatter_points(np.empty((0, 3)), (2, 1), axes=(0, 1), reduce=reduce, values=np.empty(0, np.uint8))
        assert (found.image == 0).all() or (reduce in ("mean", "sum") and np.isnan(found.image).all())
        assert np.array_equal(found.index, [[-1, -1]])


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"points": [1.0, 2, 3]}, "points"),
        ({"points": [[1j, 2, 3]]}, "points"),
        ({"size": (0, 2)}, "size"),
        ({"size": (2**16, 2**16)}, "size"),
        ({"axes": None}, "projection"),
        ({"projection": np.eye(3, 4)}, "axes"),
        ({"axes": (1, 1)}, "axes"),
        ({"axes": (0, 3)}, "axes"),
        ({"axes": (0,)}, "axes"),
        ({"axes": "ab"}, "axes"),
        ({"axes": None, "projection": np.eye(4)}, "projection"),
        ({"axes": None, "projection": np.full((3, 4), np.nan)}, "projection/0/0"),
        ({"reduce": "median"}, "reduce"),
        ({"reduce": "min", "values": [[1, 2]] * 2}, "reduce"),
        ({"values": [1.0]}, "values"),
        ({"values": ["a", "b"]}, "values"),
        ({"values": np.empty((2, 0))}, "values"),
        ({"values": [1.0, 2], "cell": 0}, "cell"),
        ({"cell": (1, 2, 3)}, "cell"),
        ({"cell": np.nan}, "cell"),
        ({"origin": (0, np.inf)}, "origin/1"),
        ({"outside": "wrap"}, "outside"),
        ({"pixel_center": "corner"}, "pixel_center"),
        ({"values": np.array([1, 2], np.uint8), "fill": -1}, "fill"),
        ({"values": np.array([1, 2], np.uint8), "fill": 0.5}, "fill"),
        ({"reduce": "count", "fill": np.nan}, "fill"),
        ({"fill": np.inf}, "fill"),
        ({"fill": "white"}, "fill"),
        ({"values": np.ones(2, np.float32), "fill": 1e300}, "fill"),
    ],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {"points": [[0.0, 0, 1], [1, 0, 1]], "size": (3, 3), "axes": (0, 1)} | arguments
    with pytest.raises(InvalidInput) as caught:
        scatter_points(given.pop("points"), given.pop("size"), **given)
    assert caught.value.argument == place


@pytest.mark.parametrize(
    "projection",
    [np.zeros((3, 4)), np.ones((3, 4)), np.ones((2, 4)), np.eye(3, 4)[[0, 1, 0]] * [[1], [1], [0]], np.zeros((2, 4))],
)
def test_projections_without_a_centre_or_a_plane_are_degenerate(projection):
    with pytest.raises(Degenerate) as caught:
        scatter_points([[0.0, 0, 1]], (2, 2), projection=projection)
    assert caught.value.reason == "rank_deficient_camera"
