import numpy as np
import pytest

from geometry.cameras import projections_from_poses
from geometry.errors import InvalidInput
from geometry.relations import TRANSFER_STATUS, fundamental_pairs, trifocal, trifocal_transfer
from tests.geometry.cameras.rigs import IDENTITY, K, project, rig

T = trifocal(rig(3, seed=81)).trifocal[0]


def scene(seed=82, count=60):
    cameras = rig(3, seed=81)
    return cameras, project(cameras, np.random.default_rng(seed).uniform(-8, 8, (count, 3)))


def homogeneous(x):
    return np.c_[x, np.ones(len(x))]


def unit(lines):
    return lines / np.hypot(lines[..., 0], lines[..., 1])[..., np.newaxis]


def assert_near(found, wanted):
    # pixels up to 1e6 come from sums that cancel by their square: 1e-16 · 1e9 of the size of the coordinates
    assert np.abs(found - wanted).max() < 1e-7 * max(1.0, np.abs(wanted).max())


def assert_same_lines(found, wanted):
    assert_near(found * np.sign((found * wanted)[:, :2].sum(axis=1))[:, np.newaxis], wanted)


@pytest.mark.parametrize(("other", "target"), [("second", 2), ("third", 1)])
def test_points_go_where_the_third_camera_sees_them(bands, other, target):
    _, x = scene()
    found = trifocal_transfer(T, first_points=x[0], **{f"{other}_points": x[3 - target]})
    assert not found.status.any()
    assert found.lines is None
    assert found.distance.max() < 1e-6
    assert_near(found.points, x[target])


@pytest.mark.parametrize(("other", "target"), [("second", 2), ("third", 1)])
def test_points_and_any_line_through_their_match_do_as_well(bands, other, target):
    _, x = scene()
    through = homogeneous(x[3 - target])
    lines = np.cross(through, through + np.random.default_rng(83).normal(size=through.shape) * [100, 100, 0])
    found = trifocal_transfer(T, first_points=x[0], **{f"{other}_lines": lines})
    assert not found.status.any()
    assert found.distance is None
    assert_near(found.points, x[target])


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_lines_of_two_views_give_the_last(bands, missing):
    _, x = scene()
    names = ("first_lines", "second_lines", "third_lines")
    lines = [np.cross(homogeneous(view[:30]), homogeneous(view[30:])) for view in x]
    given = {name: lines[n] for n, name in enumerate(names) if n != missing}
    found = trifocal_transfer(-7 * T, **given)
    assert not found.status.any()
    assert found.points is None
    assert_same_lines(found.lines, unit(lines[missing]))


def test_a_point_off_its_epipolar_line_is_taken_to_the_nearest_one_on_it():
    cameras, x = scene()
    F = fundamental_pairs(cameras, [[0, 1]]).fundamental[0]
    line = unit(homogeneous(x[0]) @ F.T)
    off = x[1] + 3.0 * line[:, :2]
    found = trifocal_transfer(T, first_points=x[0], second_points=off)
    assert np.abs(found.distance - 3.0).max() < 1e-6
    assert_near(found.points, x[2])


def test_what_leaves_the_third_view_open_is_told():
    cameras, x = scene()
    found = fundamental_pairs(cameras, [[0, 1], [0, 2]])
    epipole = found.epipoles[0, 0, :2] / found.epipoles[0, 0, 2]
    first = np.vstack([x[0, :2], epipole])
    listed = trifocal_transfer(T, first_points=first, second_points=x[1, :3])
    assert [TRANSFER_STATUS[code] for code in listed.status] == ["ok", "ok", "epipole"]
    assert np.isnan(listed.points[2]).all()
    assert np.isnan(listed.distance[2])
    epipolar = homogeneous(x[0, :3]) @ found.fundamental[0].T
    lined = trifocal_transfer(T, first_points=x[0, :3], second_lines=epipolar)
    assert [TRANSFER_STATUS[code] for code in lined.status] == ["epipolar_line"] * 3
    assert np.isnan(lined.points).all()
    back = homogeneous(x[1, :3]) @ found.fundamental[0]
    both = trifocal_transfer(T, first_lines=back, second_lines=epipolar)
    assert [TRANSFER_STATUS[code] for code in both.status] == ["epipolar_line"] * 3
    assert np.isnan(both.lines).all()


def test_directions_and_the_line_at_infinity_are_told():
    turned = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])  # a quarter turn: looks along the first one's x
    cameras = np.stack([IDENTITY, np.c_[np.eye(3), [-1.0, 0, 0]], np.c_[turned, [0, 0, 1.0]]])
    T = trifocal(cameras).trifocal[0]
    ahead = np.array([[1.0, 0.5, 1], [1, -0.5, 2]])  # in the plane of the third camera's centre and x, y axes
    x = project(cameras[:2], ahead)
    found = trifocal_transfer(T, first_points=x[0], second_points=x[1])
    assert [TRANSFER_STATUS[code] for code in found.status] == ["at_infinity"] * 2
    assert np.isnan(found.points).all()
    lines = [np.cross(*homogeneous(view))[np.newaxis] for view in x]
    line = trifocal_transfer(T, first_lines=lines[0], second_lines=lines[1])
    assert TRANSFER_STATUS[line.status[0]] == "at_infinity"
    assert line.lines.tolist() == [[0, 0, 1]]


def test_tensors_of_any_scale_and_views_far_from_the_origin_transfer_alike():
    centers = np.array([5e6, 4e6, 100]) + np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0.2]])
    cameras = projections_from_poses(K, rotations=np.tile(np.eye(3), (3, 1, 1)), centers=centers)
    near = projections_from_poses(K, rotations=np.tile(np.eye(3), (3, 1, 1)), centers=centers - [5e6, 4e6, 100])
    x = project(near, np.random.default_rng(84).uniform([-2, -2, 5], [2, 2, 9], (20, 3)))
    far = trifocal(cameras).trifocal[0]
    for scale in (1.0, 1e200, -1e-200):
        found = trifocal_transfer(scale * far, first_points=x[0], second_points=x[1])
        # projections in float64 know their centres to 1e-9 m of 5e6 m: a thousandth of a pixel at most
        assert np.abs(found.points - x[2]).max() < 1e-3


def test_nothing_gives_nothing():
    assert trifocal_transfer(T, first_points=np.zeros((0, 2)), second_points=np.zeros((0, 2))).points.shape == (0, 2)
    assert trifocal_transfer(T, second_lines=np.zeros((0, 3)), third_lines=np.zeros((0, 3))).lines.shape == (0, 3)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({}, "first_points"),
        ({"first_points": [[1, 2]]}, "first_points"),
        ({"second_points": [[1, 2]], "third_points": [[1, 2]]}, "third_points"),
        ({"first_points": [[1, 2]], "first_lines": [[1, 2, 3]]}, "first_lines"),
        ({"first_points": [[1, 2]], "second_points": [[1, 2], [3, 4]]}, "second_points"),
        ({"first_points": [[1, 2]], "second_lines": [[0, 0, 0]]}, "second_lines/0"),
        ({"first_points": [[1, np.nan]], "second_points": [[1, 2]]}, "first_points/0/1"),
        ({"first_lines": [[1, 2, 3]], "second_lines": [[1, 2, 3]], "third_lines": [[1, 2, 3]]}, "third_lines"),
    ],
)
def test_what_cannot_be_transferred_is_named(given, place):
    with pytest.raises(InvalidInput) as caught:
        trifocal_transfer(T, **given)
    assert caught.value.argument == place


def test_bad_tensors_are_named():
    for tensor in (np.zeros((3, 3, 3)), np.ones((3, 3))):
        with pytest.raises(InvalidInput, match=r"^tensor: "):
            trifocal_transfer(tensor, first_points=[[1, 2]], second_points=[[1, 2]])
