import numpy as np
import pytest

from geometry import Degenerate, InvalidInput, homography_from_plane, warp_perspective
from tests.geometry.homographies.scenes import mapped, unit

K1 = np.array([[800.0, 1, 320], [0, 810, 240], [0, 0, 1]])
K2 = np.array([[700.0, 0, 300], [0, 700, 200], [0, 0, 1]])
C, S = np.cos(0.2), np.sin(0.2)
R = np.array([[C, 0, S], [0, 1, 0], [-S, 0, C]])
T = np.array([0.3, -0.1, 0.2])
NORMAL, DISTANCE = np.array([0.1, 0.2, 0.9]), 3.0
POSE = {"rotation": R, "translation": T}
PLANE = {"normal": NORMAL, "distance": DISTANCE}
P1 = K1 @ np.column_stack([np.eye(3), np.zeros(3)])
P2 = K2 @ np.column_stack([R, T])


def points_of_plane(count=12, seed=0):
    """Points with n·X = d in front of both cameras."""
    xy = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    z = (DISTANCE - xy @ NORMAL[:2]) / NORMAL[2]
    return np.column_stack([xy, z])


def projected(P, points):
    image = np.column_stack([points, np.ones(len(points))]) @ P.T
    return image[:, :2] / image[:, 2:]


def test_intrinsics_and_a_pose_give_the_textbook_formula():
    expected = unit(K2 @ (R + np.outer(T, NORMAL) / DISTANCE) @ np.linalg.inv(K1))
    # The product of nine numbers in each entry of the formula is rounded some twenty times.
    np.testing.assert_allclose(homography_from_plane(K1, K2, **PLANE, **POSE), expected, atol=4e-15)


def test_points_of_the_plane_are_transferred():
    points = points_of_plane()
    h = homography_from_plane(P1, P2, **PLANE)
    # Pixels of about 1000, at 2⁻⁵³ of that in each of some ten steps.
    np.testing.assert_allclose(mapped(h, projected(P1, points)), projected(P2, points), atol=1e-11)


def test_w_is_positive_for_points_in_front_of_both_cameras():
    for sign1, sign2, flip in ((1, 1, 1), (-1, 1, 1), (1, -2, -1), (-3, -1, -1)):
        h = homography_from_plane(sign1 * P1, sign2 * P2, normal=flip * NORMAL, distance=flip * DISTANCE)
        image = projected(P1, points_of_plane())
        assert (h[2, :2] @ image.T + h[2, 2] > 0).all()


def test_the_scale_of_plane_and_projections_does_not_matter():
    h = homography_from_plane(P1, P2, **PLANE)
    scaled = homography_from_plane(-1e80 * P1, 1e-80 * P2, normal=-7 * NORMAL, distance=-7 * DISTANCE)
    np.testing.assert_allclose(scaled, h, atol=4e-16)


def test_another_world_gives_the_same_homography():
    move = np.eye(4)
    move[:3, :3], move[:3, 3] = R.T, [5.0, -7.0, 2.0]
    plane = np.append(NORMAL, -DISTANCE) @ move
    h = homography_from_plane(P1 @ move, P2 @ move, normal=plane[:3], distance=-plane[3])
    np.testing.assert_allclose(h, homography_from_plane(P1, P2, **PLANE), atol=1e-14)


def test_the_way_back_is_the_inverse():
    there = homography_from_plane(P1, P2, **PLANE)
    back = homography_from_plane(P2, P1, **PLANE)
    np.testing.assert_allclose(unit(np.linalg.inv(there)), back, atol=1e-13)


def test_without_a_plane_it_is_the_one_at_infinity():
    expected = unit(K2 @ R @ np.linalg.inv(K1))
    np.testing.assert_allclose(homography_from_plane(P1, P2), expected, atol=1e-15)
    np.testing.assert_allclose(homography_from_plane(K1, K2, **POSE), expected, atol=1e-15)


def test_a_pure_rotation_has_one_homography_for_all_planes():
    turn = {"rotation": R, "translation": [0, 0, 0]}
    expected = homography_from_plane(K1, K2, **turn)
    np.testing.assert_allclose(homography_from_plane(K1, K2, **PLANE, **turn), expected, atol=1e-15)


def test_plane_coordinates_are_projected():
    origin, axes = np.array([0.2, -0.1, 4.0]), np.array([[1.0, 0.1, 0.2], [0.0, 0.5, -0.3]])
    h = homography_from_plane(-2 * P2, origin=origin, axes=axes)
    ab = np.random.default_rng(1).uniform(-1, 1, (9, 2))
    np.testing.assert_allclose(mapped(h, ab), projected(P2, origin + ab @ axes), atol=1e-11)
    assert (h[2, :2] @ ab.T + h[2, 2] > 0).all()
    local = homography_from_plane(K1, origin=origin, axes=axes)
    np.testing.assert_allclose(mapped(local, ab), projected(P1, origin + ab @ axes), atol=1e-11)


def test_the_ground_is_drawn_from_above():
    tilt = np.deg2rad(25)
    down = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    P = np.array([[100.0, 0, 60], [0, 100, 45], [0, 0, 1]]) @ np.column_stack([down, -down @ [0, -1.5, 0]])
    # Tiles of half a metre on the ground y = 0, painted where the camera sees them.
    y, x = np.mgrid[:90, :120]
    rays = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(P[:, :3]).T
    reach = np.where(rays[..., 1] > 1e-3, 1.5 / np.maximum(rays[..., 1], 1e-3), np.nan)
    ground = np.nan_to_num(rays * reach[..., np.newaxis])
    picture = ((np.floor(ground[..., 0] * 2) + np.floor(ground[..., 2] * 2)) % 2 * 200).astype(np.uint8)
    h = homography_from_plane(P, origin=[-0.9, 0, 3.9], axes=[[0.1, 0, 0], [0, 0, -0.1]])
    plan = warp_perspective(picture, h, size=(18, 20), direction="output_to_source", interpolation="nearest").image
    column, row = np.meshgrid(np.arange(18), np.arange(20))
    a, b = np.round(-0.9 + 0.1 * column, 9), np.round(3.9 - 0.1 * row, 9)
    inside = (np.abs(a * 2 % 1 - 0.5) < 0.35) & (np.abs(b * 2 % 1 - 0.5) < 0.35)
    expected = (np.floor(a * 2) + np.floor(b * 2)) % 2 * 200
    np.testing.assert_array_equal(plan[inside], expected[inside])


@pytest.mark.parametrize(
    "call",
    [
        lambda: homography_from_plane(P1, P2, normal=[0, 0, 1], distance=0),
        lambda: homography_from_plane(P2, P1, normal=[0, 0, 1], distance=0),
        lambda: homography_from_plane(K1, K2, normal=NORMAL, distance=0, **POSE),
        lambda: homography_from_plane(P1, origin=[0, 0, 0], axes=[[1, 0, 0], [0, 0, 1]]),
        lambda: homography_from_plane([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], P2),
    ],
)
def test_a_plane_through_a_centre_is_refused(call):
    with pytest.raises(Degenerate) as caught:
        call()
    assert caught.value.reason == "plane_through_centre"


@pytest.mark.parametrize("projection", [np.zeros((3, 4)), P1[[0, 1, 1]]])
def test_a_projection_without_a_centre_is_refused(projection):
    with pytest.raises(Degenerate) as caught:
        homography_from_plane(projection, P2, **PLANE)
    assert caught.value.reason == "rank_deficient_camera"


@pytest.mark.parametrize(
    ("argument", "source", "target", "options"),
    [
        ("source", np.zeros((4, 4)), None, {"origin": [0, 0, 1], "axes": [[1, 0, 0], [0, 1, 0]]}),
        ("source/0/0", np.eye(3) * [0, 1, 1], K2, POSE),
        ("target", P1, K2, {}),
        ("origin", P1, None, {}),
        ("axes", P1, None, {"origin": [0, 0, 1]}),
        ("axes", P1, None, {"origin": [0, 0, 1], "axes": [[1, 2, 3], [2, 4, 6]]}),
        ("axes", P1, None, {"origin": [0, 0, 1], "axes": [[1, 2, 3], [0, 0, 0]]}),
        ("origin/1", P1, None, {"origin": [0, np.nan, 1], "axes": [[1, 2, 3], [0, 0, 1]]}),
        ("normal", P1, None, PLANE),
        ("rotation", P1, None, POSE),
        ("origin", P1, P2, {"origin": [0, 0, 1]}),
        ("axes", P1, P2, {"axes": [[1, 0, 0], [0, 1, 0]]}),
        ("rotation", K1, K2, PLANE),
        ("translation", K1, K2, {"rotation": R}),
        ("rotation", K1, K2, {"rotation": -R, "translation": T}),
        ("rotation", P1, P2, POSE),
        ("translation", P1, P2, {"translation": T}),
        ("normal", P1, P2, {"distance": 1}),
        ("distance", P1, P2, {"normal": NORMAL}),
        ("distance", P1, P2, {"normal": NORMAL, "distance": np.inf}),
        ("normal", P1, P2, {"normal": [0, 0, 0], "distance": 1}),
    ],
)
def test_a_wrong_argument_is_named(argument, source, target, options):
    with pytest.raises(InvalidInput) as caught:
        homography_from_plane(source, target, **options)
    assert caught.value.argument == argument


def test_numbers_that_are_too_large_overflow_by_name():
    large = np.diag([1e200, 1e200, 1.0])
    with pytest.raises(Degenerate) as caught:
        homography_from_plane(K1, large, rotation=R, translation=T * 1e200)
    assert caught.value.reason == "overflow"
