import numpy as np
import pytest

from geometry import homography_from_plane
from geometry.cameras import projections_from_poses
from geometry.errors import InvalidInput
from geometry.relations import PLANE_STATUS, homography_between_views
from tests.geometry.cameras.rigs import IDENTITY, K, project, rig, rotations

PAIRS = [[0, 1], [1, 0], [3, 2], [2, 2], [4, 0]]
PLANES = np.array([[0.2, -0.5, 0.8, 40.0], [0, 0, 1, -3], [1, 1, 0, 55], [0.3, 0.1, -0.4, 21], [0, 2, 1, 70]])


@pytest.mark.parametrize("planes", [None, PLANES[0], PLANES], ids=["infinity", "one", "each"])
def test_homographies_are_those_of_exact_arithmetic(bands, planes):
    cameras = rig(5, seed=90)
    found = homography_between_views(cameras, PAIRS, planes=planes)
    assert not found.status.any()
    for m, (left, right) in enumerate(PAIRS):
        given = {}
        if planes is not None:
            *normal, distance = np.broadcast_to(planes, (len(PAIRS), 4))[m]
            given = {"normal": normal, "distance": distance}
        exact = homography_from_plane(cameras[left], cameras[right], **given)
        # six roundings of sums of six products; pixels cancel by about 2^12
        assert np.abs(found.homographies[m] - exact).max() < 1e-12


def test_planes_far_from_the_origin_lose_nothing():
    cameras = rig(5, seed=91, offset=5e6)
    planes = PLANES.copy()
    planes[:, 3] += planes[:, :3].sum(axis=1) * 5e6
    found = homography_between_views(cameras, PAIRS, planes=planes)
    assert not found.status.any()
    for m, (left, right) in enumerate(PAIRS):
        exact = homography_from_plane(cameras[left], cameras[right], normal=planes[m, :3], distance=float(planes[m, 3]))
        assert np.abs(found.homographies[m] - exact).max() < 1e-12  # as near the origin


def test_points_of_the_plane_go_where_the_right_camera_sees_them():
    rng = np.random.default_rng(92)
    near = projections_from_poses(K, rotations=np.tile(np.eye(3), (2, 1, 1)), centers=[[0, 0, 0], [1.0, 0.3, -0.5]])
    points = np.c_[rng.uniform(-2, 2, (30, 2)), np.zeros(30)]
    points[:, 2] = (8 - 0.1 * points[:, 0] + 0.3 * points[:, 1]) / 1.5
    H = homography_between_views(near, [[0, 1]], planes=[0.1, -0.3, 1.5, 8]).homographies[0]
    x = project(near, points)
    mapped = np.c_[x[0], np.ones(30)] @ H.T
    assert (mapped[:, 2] > 0).all()
    np.testing.assert_allclose(mapped[:, :2] / mapped[:, 2:], x[1], rtol=0, atol=1e-9)


def test_w_is_not_positive_where_the_plane_is_in_front_of_one_camera_only():
    # the right camera stands five units ahead: of the plane x = 1 it sees what is beyond z = 5
    cameras = projections_from_poses(K, rotations=np.tile(np.eye(3), (2, 1, 1)), centers=[[0, 0, 0], [0.0, 0, 5]])
    H = homography_between_views(cameras, [[0, 1]], planes=[1, 0, 0, 1]).homographies[0]
    points = np.array([[1.0, 0, 2], [1, 0, 4.9], [1, 0, 5.1], [1, 0, 50]])
    x = np.c_[project(cameras[:1], points)[0], np.ones(4)]
    assert ((x @ H.T)[:, 2] > 0).tolist() == [False, False, True, True]


def test_planes_of_the_left_frame_move_with_the_camera():
    R, t = rotations(2, seed=93), np.array([[3.0, -1, 2], [0.5, 4, -2]])
    cameras = projections_from_poses(K, t, rotations=R) * np.array([-2.0, 1e-7])[:, np.newaxis, np.newaxis]
    relative = R[1] @ R[0].T
    found = homography_between_views(cameras, [[0, 1]], planes=[0.1, 0.2, 1, 4], frame="left")
    expected = homography_from_plane(
        K, K, rotation=relative, translation=t[1] - relative @ t[0], normal=[0.1, 0.2, 1], distance=4.0
    )
    np.testing.assert_allclose(found.homographies[0], expected, rtol=0, atol=1e-12)  # QR and six products
    both = homography_between_views(cameras, [[0, 1]], frame="left").homographies
    at_infinity = homography_between_views(cameras, [[0, 1]]).homographies
    np.testing.assert_allclose(both, at_infinity, rtol=0, atol=1e-12)


def test_a_turn_has_the_same_homography_for_every_plane():
    cameras = projections_from_poses(K, rotations=rotations(2, seed=94), centers=[[1.0, 2, 3]] * 2)
    found = homography_between_views(cameras, [[0, 1]] * 5, planes=PLANES)
    infinite = homography_between_views(cameras, [[0, 1]]).homographies[0]
    assert not found.status.any()
    assert np.abs(found.homographies - infinite).max() < 1e-12


@pytest.mark.parametrize("offset", [0.0, 5e6])
def test_what_has_no_homography_is_told(offset):
    cameras = rig(3, seed=95, offset=offset)
    cameras[2] = np.ones((3, 4))
    normal = np.array([0.3, -0.2, 0.9])
    centers = [-np.linalg.solve(P[:, :3], P[:, 3]) for P in cameras[:2]]
    # the centres above are rounded at the size of the offset, which planes through them may miss by
    planes = [[*normal, normal @ centers[0]], [*normal, normal @ centers[1]], [*normal, 1 + normal @ centers[0]]]
    found = homography_between_views(cameras, [[0, 1], [0, 1], [0, 2]], planes=planes)
    names = [PLANE_STATUS[code] for code in found.status]
    if offset == 0:
        assert names == ["plane_through_left_centre", "plane_through_right_centre", "rank_deficient_camera"]
        assert not found.homographies.any()
    assert names[2] == "rank_deficient_camera"
    axes = projections_from_poses(K, rotations=np.tile(np.eye(3), (2, 1, 1)), centers=offset + np.eye(3)[:2])
    exact = homography_between_views(axes, [[0, 1], [1, 0]], planes=[1, 0, 0, offset + 1])
    assert [PLANE_STATUS[code] for code in exact.status] == ["plane_through_left_centre", "plane_through_right_centre"]


def test_cameras_at_infinity_have_no_frame_but_homographies():
    affine = np.array([[1.0, 0, 0, 2], [0, 1, 0, 1], [0, 0, 0, 1]])
    cameras = np.stack([affine, IDENTITY])
    found = homography_between_views(cameras, [[0, 1], [1, 0]], planes=[0, 0, 1, 4], frame="left")
    assert [PLANE_STATUS[code] for code in found.status] == ["camera_at_infinity", "ok"]
    world = homography_between_views(cameras, [[0, 1]], planes=[0, 0, 1, 4])
    # (x, y, 4) is seen at (x + 2, y + 1), and at (x / 4, y / 4)
    expected = np.array([[1.0, 0, -2], [0, 1, -1], [0, 0, 4]])
    assert np.abs(np.abs(world.homographies[0]) - np.abs(expected / np.linalg.norm(expected))).max() < 1e-14


def test_no_pairs_give_no_homographies():
    assert homography_between_views(rig(2, seed=96), np.zeros((0, 2)), planes=np.zeros((0, 4))).homographies.shape == (
        0,
        3,
        3,
    )


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"planes": [0, 0, 0, 0]}, "planes"),
        ({"planes": [[1, 0, 0, 1], [0, 0, 0, 0]]}, "planes/1"),
        ({"planes": [[1, 0, 0, 1]]}, "planes"),
        ({"planes": [1, 0, 0]}, "planes"),
        ({"frame": "right"}, "frame"),
    ],
)
def test_bad_planes_are_named(options, place):
    with pytest.raises(InvalidInput) as caught:
        homography_between_views(rig(2, seed=97), [[0, 1], [1, 0]], **options)
    assert caught.value.argument == place


def test_bad_pairs_are_named():
    with pytest.raises(InvalidInput, match=r"^pairs/0/1: "):
        homography_between_views(rig(2, seed=97), [[0, 2]])
