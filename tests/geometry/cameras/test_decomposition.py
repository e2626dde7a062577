import numpy as np
import pytest

from geometry.cameras import DECOMPOSITION_STATUS, decompose_projection, projections_from_poses
from geometry.errors import InvalidInput
from tests.geometry.cameras.scenes import K
from tests.naive import points as naive

SCALES = (1.0, -1.0, 3.7, -1e150, 1e-150)


def poses(seed, count, origin=(0, 0, 0)):
    rng = np.random.default_rng(seed)
    quaternions = rng.normal(size=(count, 4))
    quaternions *= np.where(quaternions[:, :1] < 0, -1, 1) / np.linalg.norm(quaternions, axis=1, keepdims=True)
    return quaternions, rng.normal(0, 5, (count, 3)) + origin


@pytest.mark.parametrize("scale", SCALES)
def test_poses_come_back_from_their_projections(scale):
    quaternions, centers = poses(1, 300)
    projections = projections_from_poses(K, quaternions=quaternions, centers=centers)
    found = decompose_projection(scale * projections)
    assert not found.status.any()
    # P's entries of up to 1e3 are rounded to 1e-13, K has a condition of 1e3; centres are 10 of 1
    np.testing.assert_allclose(found.intrinsics, np.broadcast_to(K, (300, 3, 3)), rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.centers, centers, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.quaternions, quaternions, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.scales, scale, rtol=1e-14)


def test_map_coordinates_lose_no_more_digits_than_the_projections_have():
    quaternions, centers = poses(2, 100, (512_345.0, 5_412_345.0, 300.0))
    found = decompose_projection(-projections_from_poses(K, quaternions=quaternions, centers=centers))
    assert not found.status.any()
    np.testing.assert_allclose(found.intrinsics, np.broadcast_to(K, (100, 3, 3)), rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.centers, centers, rtol=0, atol=1e-7)  # t of 5e9 px is rounded to 1e-6 px


@pytest.mark.parametrize("scale", SCALES)
def test_the_parts_give_the_projection(scale):
    rng = np.random.default_rng(3)
    P = scale * rng.normal(size=(200, 3, 4))
    found = decompose_projection(P)
    parts = found.intrinsics @ np.concatenate([found.rotations, found.translations[:, :, np.newaxis]], axis=2)
    # backward stable: a few roundings of the largest entry, in K⁻¹ and back
    np.testing.assert_allclose(found.scales[:, np.newaxis, np.newaxis] * parts / scale, P / scale, rtol=0, atol=1e-12)
    assert (np.diagonal(found.intrinsics, axis1=1, axis2=2) > 0).all()
    assert (found.intrinsics[:, 2, 2] == 1).all()
    assert (found.intrinsics[:, [1, 2, 2], [0, 0, 1]] == 0).all()
    np.testing.assert_allclose(np.linalg.det(found.rotations), 1, rtol=1e-14)
    np.testing.assert_allclose(
        found.rotations @ found.rotations.transpose(0, 2, 1), np.broadcast_to(np.eye(3), (200, 3, 3)), atol=1e-14
    )


def test_parts_agree_with_their_definition():
    rng = np.random.default_rng(4)
    for P in rng.normal(size=(50, 3, 4)):
        found = decompose_projection(P)
        expected = naive.decomposition(P)
        parts = (found.intrinsics, found.rotations, found.translations, found.scales)
        for part, value in zip(parts, expected, strict=True):
            # random matrices have a condition of up to 1e3
            np.testing.assert_allclose(part[0], value, rtol=1e-8, atol=1e-9)


def test_rq_of_scipy_agrees():
    from scipy.linalg import rq

    rng = np.random.default_rng(5)
    P = rng.normal(size=(30, 3, 4))
    found = decompose_projection(P)
    for m in range(30):
        R, Q = rq(P[m, :, :3])
        signs = np.diag(np.sign(np.diag(R)))
        np.testing.assert_allclose(found.intrinsics[m], R @ signs / abs(R[2, 2]), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(np.sign(found.scales[m]) * found.rotations[m], signs @ Q, atol=1e-10)


def test_opencv_agrees():
    cv2 = pytest.importorskip("cv2")
    quaternions, centers = poses(6, 20)
    projections = projections_from_poses(K, quaternions=quaternions, centers=centers)
    found = decompose_projection(projections)
    for m, P in enumerate(projections):
        intrinsics, rotation, center, *_ = cv2.decomposeProjectionMatrix(P)
        np.testing.assert_allclose(found.intrinsics[m], intrinsics / intrinsics[2, 2], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.rotations[m], rotation, atol=1e-10)
        np.testing.assert_allclose(found.centers[m], center[:3, 0] / center[3, 0], rtol=1e-9, atol=1e-9)


def test_every_quadrant_of_rotations_gives_its_quaternion():
    for axis in range(4):
        q = np.full((1, 4), 0.1)
        q[0, axis] = 3.0
        q /= np.linalg.norm(q)
        found = decompose_projection(projections_from_poses(K, [[1.0, 2, 3]], quaternions=q))
        np.testing.assert_allclose(found.quaternions, q, atol=1e-15)
    half = projections_from_poses(K, [[1.0, 2, 3]], quaternions=[[0.0, 0, 1, 0]])
    np.testing.assert_allclose(np.abs(decompose_projection(half).quaternions), [[0, 0, 1, 0]], atol=1e-15)


def test_what_is_no_camera_says_why_and_spares_the_others():
    affine = np.array([[2.0, 0, 0, 1], [0, 3, 0, 1], [0, 0, 0, 1]])
    flat = np.array([[1.0, 2, 3, 4], [2, 4, 6, 8], [0, 0, 1, 0]])
    whole = np.eye(3, 4)
    line = np.array([[1.0, 2, 3, 4], [2, 4, 6, 1], [3, 6, 9, 7]])
    telephoto = np.diag([1e6, 1e6, 1.0]) @ np.eye(3, 4)
    found = decompose_projection(np.stack([affine, whole, flat, np.zeros((3, 4)), line, telephoto]))
    assert [DECOMPOSITION_STATUS[code] for code in found.status] == [
        "camera_at_infinity",
        "ok",
        "rank_deficient",
        "rank_deficient",
        "rank_deficient",
        "ok",
    ]
    for part in found[:-1]:
        assert np.isnan(part[[0, 2, 3, 4]]).all()
        assert np.isfinite(part[[1, 5]]).all()
    assert np.array_equal(found.intrinsics[1], np.eye(3))


def test_one_projection_counts_as_a_list_of_one_and_none_as_none():
    assert decompose_projection(np.eye(3, 4)).intrinsics.shape == (1, 3, 3)
    assert decompose_projection(np.zeros((0, 3, 4))).quaternions.shape == (0, 4)


@pytest.mark.parametrize(
    ("value", "place"),
    [(np.eye(4), "projections"), (np.zeros((2, 4, 3)), "projections"), ([np.eye(3, 4) * np.nan], "projections/0/0/0")],
)
def test_what_is_wrong_is_named(value, place):
    with pytest.raises(InvalidInput) as caught:
        decompose_projection(value)
    assert caught.value.argument == place
