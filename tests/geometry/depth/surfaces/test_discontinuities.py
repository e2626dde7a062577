import numpy as np
import pytest

from geometry import InvalidInput, depth_discontinuities
from geometry.depth import DISCONTINUITY_STATUS
from tests.geometry.depth.surfaces.test_normals import scene
from tests.naive import depth_points as naive


def words(status):
    return np.array(DISCONTINUITY_STATUS, object)[status]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
def test_agrees_with_the_pixel_by_pixel_definition(dtype, bands):
    depth = scene(dtype)
    for max_jump in (0.0, 0.02, 0.3):
        found = depth_discontinuities(depth, no_reading=[65], max_jump=max_jump)
        assert np.array_equal(words(found.status), naive.discontinuities(depth, max_jump, (65,)))
        assert np.array_equal(found.mask, np.isin(found.status, (1, 2, 3)))
        assert found.mask.dtype == np.bool_
        assert found.status.dtype == np.uint8


def test_a_box_before_a_wall_occludes_what_surrounds_it():
    depth = np.full((5, 6), 3.0)
    depth[1:4, 1:4] = 2.0
    found = words(depth_discontinuities(depth).status)
    wanted = np.full((5, 6), "ok", object)
    wanted[1:4, 1:4] = "occluding"
    wanted[2, 2] = "ok"
    wanted[[0, 4], 1:4] = wanted[1:4, 0] = wanted[1:4, 4] = "occluded"
    assert np.array_equal(found, wanted)


def test_a_pixel_between_two_surfaces_is_both():
    assert words(depth_discontinuities([[2.0, 2, 2.5, 3, 3]]).status)[0].tolist() == [
        "ok", "occluding", "both", "occluded", "ok",
    ]  # fmt: skip


def test_planes_are_not_cut_at_any_slant():
    y = np.arange(30.0)
    floor = np.repeat((1.2 / (0.004 + y * 0.002))[:, None], 4, axis=1)
    assert (np.abs(np.diff(floor, axis=0)) > 0.02 * floor[1:]).any()
    assert not depth_discontinuities(floor).mask.any()


def test_a_single_pixel_is_ok():
    assert words(depth_discontinuities([[1.0]]).status) == [["ok"]]
    assert words(depth_discontinuities([[0.0]]).status) == [["no_reading"]]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [({"depth": [1.0]}, "depth"), ({"no_reading": [[1]]}, "no_reading"), ({"max_jump": np.nan}, "max_jump")],
)
def test_what_makes_no_sense_is_named(arguments, place):
    given = {"depth": np.ones((2, 2))} | arguments
    with pytest.raises(InvalidInput) as caught:
        depth_discontinuities(given.pop("depth"), **given)
    assert caught.value.argument == place
