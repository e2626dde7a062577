import numpy as np
import pytest

from geometry.depth.jumps import DOWN, MAX_JUMP, READING, RIGHT, RISING, jump_share, surface_links
from geometry.depth.views import depth_readings
from geometry.errors import InvalidInput
from tests.naive import triangles as naive
from tests.scenes.raytraced import COURT, near_silhouettes, ring, trace


def links_of(depth, max_jump=MAX_JUMP, no_reading=()):
    return surface_links(depth_readings(np.asarray(depth), no_reading), max_jump)


def pairs(links):
    rows, columns = links.shape
    right = {((x, y), (x + 1, y)) for y in range(rows) for x in range(columns) if links[y, x] & RIGHT}
    return right | {((x, y), (x, y + 1)) for y in range(rows) for x in range(columns) if links[y, x] & DOWN}


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (3, 2), (11, 13)])
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_agrees_with_the_line_by_line_definition(shape, dtype, bands):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        v, u = np.mgrid[: shape[0], : shape[1]]
        depth = 1000 / (1 + 0.2 * u + 0.1 * v) * rng.choice([1, 1, 1, 1.5], shape) * rng.uniform(0.995, 1.005, shape)
        depth[rng.random(shape) < 0.1] = 0
        depth = depth.astype(dtype)
        links = links_of(depth)
        assert pairs(links) == naive.links(depth.tolist(), MAX_JUMP)
        assert np.array_equal((links & READING) > 0, depth > 0)


def test_odd_readings_join_nothing():
    depth = np.array([[0, 1, np.nan, 1, np.inf, 1, -1, 1, 5e-324, 1, 1]])
    links = links_of(depth)
    assert pairs(links) == {((9, 0), (10, 0))}
    assert not pairs(links_of(depth, no_reading=[1.0]))


def test_small_steps_join_and_larger_ones_do_not():
    assert pairs(links_of([[2.0, 2.03]]))
    assert not pairs(links_of([[2.0, 2.05]]))
    assert not pairs(links_of([[2.05, 2.0]]))
    assert pairs(links_of([[2.0, 2.05]], max_jump=0.025 + 1e-9))


def test_five_centimetres_at_two_metres_are_cut_from_a_glancing_surface_too():
    for slope in (0.0, 0.1):
        wall = 2.0 / (1 + slope * np.arange(8))
        line = np.where(np.arange(8) < 4, wall, wall * 1.025)
        assert pairs(links_of(line[np.newaxis])) == {((x, 0), (x + 1, 0)) for x in (0, 1, 2, 4, 5, 6)}


def test_planes_hold_together_at_any_slant():
    v, u = np.mgrid[:12, :15]
    for slopes in ((0.9, 0.0), (0.3, 0.4), (0.0, 5.0)):
        links = links_of(1 / (0.1 + slopes[0] * u + slopes[1] * v))
        assert len(pairs(links)) == 12 * 14 + 11 * 15


def test_a_pixel_that_mixed_two_surfaces_is_cut_from_both():
    line = 1 / np.array([1.0, 1.0, 1.0, 0.75, 0.5, 0.5, 0.5])
    assert pairs(links_of(line[np.newaxis])) == {((x, 0), (x + 1, 0)) for x in (0, 1, 4, 5)}


def test_the_diagonal_whose_ends_differ_less_is_marked():
    assert links_of([[1.0, 1.01], [1.01, 1.02]])[0, 0] & RISING
    assert not links_of([[1.01, 1.0], [1.02, 1.01]])[0, 0] & RISING
    assert not links_of([[1.0, 1.0], [1.0, 1.0]])[0, 0] & RISING


def test_depth_units_do_not_matter():
    rng = np.random.default_rng(5)
    depth = rng.uniform(1, 1.1, (9, 9))
    assert np.array_equal(links_of(depth), links_of(depth * 1024))


def test_a_glancing_floor_stays_whole_and_silhouettes_are_cut():
    view = ring(160, 120)[0]
    seen = trace(COURT, view)
    links = links_of(seen.depth)
    thing, plain = seen.surface // 8, np.abs(np.diff(seen.depth, axis=1))
    same = thing[:, 1:] == thing[:, :-1]
    linked = (links[:, :-1] & RIGHT) > 0
    floor = (thing == 0) & ~near_silhouettes(thing, 3)  # three steps in a row need four readings
    steep = np.abs(np.diff(seen.depth, axis=0)) > 2 * MAX_JUMP * seen.depth[:-1]
    assert (steep & floor[1:]).sum() > 50
    assert linked[floor[:, 1:]].all()
    assert ((links[:-1] & DOWN) > 0)[floor[1:]].all()
    steps = ~same & (plain > 0.05 * seen.depth[:, 1:])
    assert steps.sum() > 50
    assert not linked[steps].any()


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "wide"])
def test_what_is_no_share_is_named(value):
    with pytest.raises(InvalidInput) as caught:
        jump_share(value)
    assert caught.value.argument == "max_jump"
