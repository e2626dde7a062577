import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.bands import interruptible
from geometry.depth.jumps import surface_links
from geometry.depth.reprojection import triangles
from geometry.depth.reprojection.shading import shade_triangles
from geometry.depth.reprojection.triangles import LONE, NO_TRIANGLE, splat_triangles
from geometry.depth.views import depth_readings
from tests.naive import triangles as naive

JUMP = 0.3


def links_of(depth, max_jump=JUMP):
    return surface_links(depth_readings(np.ascontiguousarray(depth), ()), max_jump)


def splat(u, v, z, depth=None, size=(9, 7), max_jump=JUMP):
    links = links_of(np.where(z > 0, z, 0) if depth is None else depth, max_jump)
    return splat_triangles(u, v, z, links, width=size[0], height=size[1])


def usable(u, v, z):
    with np.errstate(invalid="ignore"):
        return (z > 2.0**-400) & (z < 2.0**400) & (np.abs(u) < 2.0**60) & (np.abs(v) < 2.0**60)


def expected(u, v, z, depth, size, max_jump=JUMP):
    """By pixel: (depth, source pixels of equal weight, weights by source pixel) of all that covers it, exact."""
    triangles = naive.mesh(depth.tolist(), usable(u, v, z), max_jump)
    lone = naive.alone(u, v, z, triangles)
    triangles, found = naive.placed(u, v, z, triangles), {}
    for y in range(size[1]):
        for x in range(size[0]):
            covering = naive.candidates(triangles, x, y)
            covering += [(float(z[p[1], p[0]]), [p], {p: 1}) for p, at in lone.items() if at == (x, y)]
            found[x, y] = covering
    return found


def assert_like_naive(found, u, v, z, depth, size, max_jump=JUMP, exact=False):
    columns = u.shape[1]
    for (x, y), covering in expected(u, v, z, depth, size, max_jump).items():
        index, value = int(found.source_index[y, x]), float(found.nearest[y, x])
        if not covering:
            assert index == -1
            assert math.isnan(value)
            assert found.triangle[y, x] == NO_TRIANGLE
            continue
        least = min(c[0] for c in covering)
        # weights lose a few roundings of float64, and depths within a triangle differ by less than its corners do
        assert value == (least if exact else pytest.approx(float(least), rel=1e-12))
        near = [c for c in covering if c[0] <= least * (1 if exact else 1 + 1e-12)]
        tops = [min(q * columns + p for p, q in top) for _, top, _ in near]
        assert index == min(tops) if exact else index in [q * columns + p for _, top, _ in near for p, q in top]


def grid(rows, columns, seed, steps=8, size=(9, 7)):
    """A mesh a little disturbed, on multiples of 1 / steps px, where products are exact."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns].astype(float)
    u, v = x * (size[0] / columns) - 0.5, y * (size[1] / rows) - 0.5
    u, v = (np.round((a + rng.uniform(-0.6, 0.6, a.shape)) * steps) / steps for a in (u, v))
    return u, v, rng


@pytest.mark.parametrize("steps", [8, 2**40])
@pytest.mark.parametrize("shape", [(4, 5), (3, 9), (7, 2), (2, 2), (1, 6), (6, 1), (1, 1)])
def test_agrees_with_the_triangle_by_triangle_definition(shape, steps, bands):
    for seed in range(2):
        u, v, rng = grid(*shape, seed, steps)
        z = rng.uniform(1, 1.8, shape)
        z[rng.random(shape) < 0.15] = np.nan
        depth = rng.uniform(1, 1.5, shape)
        assert_like_naive(splat(u, v, z, depth), u, v, z, depth, (9, 7))


def test_equal_depths_go_to_the_lower_index(bands):
    for seed in range(2):
        u, v, _ = grid(4, 5, seed, steps=4)
        z = np.full(u.shape, 2.0)
        assert_like_naive(splat(u, v, z), u, v, z, z, (9, 7), exact=True)


coordinate = st.one_of(
    st.integers(-16, 80).map(lambda n: n / 8),
    st.floats(-20, 30),
    st.sampled_from([math.nan, -math.inf, 1e18, -1e18, 1e19, 1e300, -0.0]),
)
distance = st.one_of(
    st.integers(1, 12).map(lambda n: n / 4),
    st.floats(1e-3, 1e3),
    st.sampled_from([math.nan, 0.0, -1.0, math.inf, 1e-9, 65535.0, 1e-200, 1e200]),
)


@st.composite
def meshes(draw):
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    planes = [
        np.array(draw(st.lists(kind, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
        for kind in (coordinate, coordinate, distance, distance)
    ]
    return (*planes, draw(st.sampled_from([0.0, 0.1, 0.5, 1e9])))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(meshes())
def test_small_meshes_of_any_shape_are_as_defined(mesh):
    u, v, z, depth, max_jump = mesh
    found = splat(u, v, z, depth, (6, 5), max_jump)
    assert_like_naive(found, u, v, z, depth, (6, 5), max_jump)


def plane_grid(rows, columns):
    y, x = np.mgrid[:rows, :columns].astype(float)
    return x, y


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_reading_on_a_pixel_centre_keeps_its_depth_to_the_last_bit(dtype, bands):
    rng = np.random.default_rng(1)
    x, y = plane_grid(12, 15)
    z = rng.uniform(1, 1.2, x.shape).astype(dtype).astype(float)
    z[rng.random(x.shape) < 0.1] = np.nan
    found = splat(x, y, z, size=(15, 12))
    assert np.array_equal(found.nearest, z, equal_nan=True)
    assert np.array_equal(found.source_index, np.where(z > 0, np.arange(z.size).reshape(z.shape), -1))


def test_the_hole_of_a_missing_reading_is_as_small_as_its_neighbours_allow():
    x, y = plane_grid(5, 5)
    z = np.ones((5, 5))
    z[2, 2] = np.nan
    found = splat(4 * x, 4 * y, z, size=(17, 17))
    v, u = np.mgrid[:17, :17]
    hole = np.abs(u - 8) + np.abs(v - 8) < 4  # the diamond between the four nearest readings
    assert np.array_equal(np.isnan(found.nearest), hole)


def test_planes_are_exact_however_they_are_tilted():
    rng = np.random.default_rng(2)
    for _ in range(5):
        u, v, _ = grid(4, 5, int(rng.integers(100)))
        a, b = rng.uniform(-0.02, 0.02, 2)
        z = 1 / (0.5 + a * u + b * v)
        found = splat(u, v, z, max_jump=1e9)
        y, x = np.nonzero(found.source_index >= 0)
        assert len(y)
        # 1/z is linear over the image; weights are sums of a few products of float64
        np.testing.assert_allclose(found.nearest[y, x], 1 / (0.5 + a * x + b * y), rtol=1e-13)


def test_no_pixel_falls_between_triangles():
    rng = np.random.default_rng(3)
    x, y = plane_grid(14, 14)
    turn = 0.7
    u = 6 + 1.37 * (np.cos(turn) * (x - 6.5) - np.sin(turn) * (y - 6.5)) + rng.uniform(-0.2, 0.2, x.shape)
    v = 6 + 1.37 * (np.sin(turn) * (x - 6.5) + np.cos(turn) * (y - 6.5)) + rng.uniform(-0.2, 0.2, x.shape)
    found = splat(u, v, np.ones(x.shape), size=(12, 12))
    assert (found.source_index >= 0).all()


def test_surfaces_seen_from_behind_are_dropped():
    x, y = plane_grid(4, 4)
    mirrored = splat(3.0 - x, y, np.ones((4, 4)), size=(4, 4))
    assert (mirrored.source_index == -1).all()
    turned = splat(3.0 - x, 3.0 - y, np.ones((4, 4)), size=(4, 4))
    assert np.array_equal(turned.source_index, np.arange(15, -1, -1).reshape(4, 4))


def test_jumps_are_not_bridged_and_lone_readings_fill_their_pixel():
    x, y = plane_grid(3, 6)
    depth = np.where(x < 3, 1.0, 2.0)
    found = splat(4 * x, 4 * y, depth, depth, (21, 9), 0.02)
    assert np.isnan(found.nearest[:, 9:12]).all()
    assert set(np.unique(found.nearest[:, :9])) == {1.0}
    assert set(np.unique(found.nearest[:, 12:])) == {2.0}
    depth[1, 1] = 5.0
    found = splat(4 * x, 4 * y, depth, depth, (21, 9), 0.02)
    assert found.nearest[4, 4] == 5.0
    assert found.triangle[4, 4] == LONE
    assert np.isnan(found.nearest[4, 3])


def test_one_cell_may_cover_the_whole_target(bands):
    u = np.array([[-1e6, 1e6], [-1e6, 1e6]])
    z = np.array([[2.0, 2.5], [2.0, 2.5]])
    found = splat(u, u.T.copy(), z, z, (70, 50), 0.3)
    assert (found.source_index >= 0).all()
    x = np.arange(70)
    np.testing.assert_allclose(found.nearest, np.tile(1 / (0.45 - 0.05 * x / 1e6), (50, 1)), rtol=1e-12)


def test_thin_cells_are_as_defined():
    u = np.array([[-3.0, 71.0], [-3.0, 72.0]])
    v = np.array([[1.0, 40.125], [2.5, 41.5]])
    z = np.array([[2.0, 2.5], [2.0, 2.5]])
    found = splat(u, v, z, z, (40, 30))
    assert_like_naive(found, u, v, z, z, (40, 30))
    assert (found.source_index >= 0).sum() > 10


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_values_are_interpolated_as_defined(dtype, channels, bands):
    rng = np.random.default_rng(4)
    u, v, _ = grid(4, 5, 4)
    z = rng.uniform(1, 1.2, u.shape)
    z[0, 0], z[3, 3] = np.nan, 9.0
    whole = np.dtype(dtype).kind in "iu"
    values = rng.uniform(0, 200, (4, 5, channels)).astype(dtype)
    found = splat(u, v, z)
    shaded = shade_triangles(values, u, v, z, found)
    assert shaded.dtype == values.dtype
    for (x, y), covering in expected(u, v, z, z, (9, 7)).items():
        if not covering:
            assert not shaded[y, x].any()
            continue
        _, _, weights = min(covering, key=lambda c: c[0])
        for c in range(channels):
            value = float(sum(w * float(values[q, p, c]) for (p, q), w in weights.items()))
            # integers: a half may go either way after float32's rounding; floats: one rounding of theirs
            tolerance = 0.5001 if whole else {"float32": 1e-5, "float64": 1e-11}[dtype]
            assert abs(float(shaded[y, x, c]) - value) <= tolerance


def test_values_on_pixel_centres_stay_as_they_are():
    rng = np.random.default_rng(5)
    x, y = plane_grid(6, 7)
    z = rng.uniform(1, 1.2, x.shape)
    values = rng.normal(size=(6, 7, 2)).astype("float32")
    values[2, 3], values[4, 4, 0] = np.nan, np.inf
    shaded = shade_triangles(values, x, y, z, splat(x, y, z, size=(7, 6)))
    assert np.array_equal(shaded, values, equal_nan=True)


def test_what_is_not_a_number_has_no_influence_along_edges_that_it_is_not_on():
    x, y = plane_grid(2, 2)
    values = np.array([[[1.0], [3.0]], [[np.nan], [np.nan]]])
    one = np.ones((2, 2))
    shaded = shade_triangles(values, 2 * x, 2 * y, one, splat(2 * x, 2 * y, one, size=(3, 3)))
    assert shaded[0, :, 0].tolist() == [1.0, 2.0, 3.0]
    assert np.isnan(shaded[1:]).all()


def test_colour_follows_depth_on_planes():
    u, v, _ = grid(5, 5, 6)
    z = 1 / (0.5 + 0.01 * u - 0.02 * v)
    values = (z * 3 + 1)[..., np.newaxis]  # linear in space
    found = splat(u, v, z, max_jump=1e9)
    shaded = shade_triangles(values, u, v, z, found)[..., 0]
    filled = found.source_index >= 0
    np.testing.assert_allclose(shaded[filled], found.nearest[filled] * 3 + 1, rtol=1e-12)


def test_large_work_is_done_in_pieces_that_can_be_interrupted(monkeypatch):
    u, v, rng = grid(5, 6, 7)
    z = rng.uniform(1, 1.2, u.shape)
    whole = splat(u, v, z)
    monkeypatch.setattr(triangles, "_PIECE_PIXELS", 12)
    calls = []
    with interruptible(lambda: calls.append(1)):
        pieces = splat(u, v, z)
    assert len(calls) > 4
    assert all(np.array_equal(one, two, equal_nan=True) for one, two in zip(whole, pieces, strict=True))
