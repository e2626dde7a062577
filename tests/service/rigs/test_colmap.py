import warnings
from dataclasses import replace

import numpy as np
import pytest

from geometry import distort_points, fundamental_pairs
from service.rigs.formats import read_rig, write_rig
from service.rigs.rig import RigCameras, RigLens
from tests.service.rigs.rigs import rotation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pycolmap = pytest.importorskip("pycolmap")

MODELS = {
    "SIMPLE_PINHOLE": [500, 320, 240],
    "PINHOLE": [500, 510, 321, 242],
    "SIMPLE_RADIAL": [500, 320, 240, 0.1],
    "RADIAL": [500, 320, 240, 0.1, -0.02],
    "OPENCV": [500, 510, 320, 240, 0.1, -0.02, 0.001, 0.002],
    "FULL_OPENCV": [500, 510, 320, 240, 0.1, -0.02, 0.001, 0.002, 0.03, 0.01, 0.02, 0.003],
    "OPENCV_FISHEYE": [500, 510, 320, 240, 0.1, -0.02, 0.001, 0.002],
    "SIMPLE_RADIAL_FISHEYE": [500, 320, 240, 0.1],
    "RADIAL_FISHEYE": [500, 320, 240, 0.1, -0.02],
    "SIMPLE_FISHEYE": [500, 320, 240],
    "FISHEYE": [500, 510, 320, 240],
}


def reconstruction():
    """One camera of every model, each with two images in different places; points on some of them."""
    made = pycolmap.Reconstruction()
    rng = np.random.default_rng(1)
    for number, (model, parameters) in enumerate(MODELS.items(), 1):
        camera = pycolmap.Camera(model=model, width=640, height=480, params=parameters, camera_id=number)
        made.add_camera_with_trivial_rig(camera)
        for k in range(2):
            points = [pycolmap.Point2D(rng.random(2) * 480) for _ in range(3 * k)]
            image = pycolmap.Image(
                name=f"cam {number}/im {k}.jpg", camera_id=number, image_id=2 * number + k, points2D=points
            )
            q = rng.normal(size=4)
            pose = pycolmap.Rigid3d(pycolmap.Rotation3d(q / np.linalg.norm(q)), rng.normal(size=3) * 10)
            made.add_image_with_trivial_frame(image, pose)
    return made


def fundamental_of_pycolmap(left, right):
    """F of two images by pycolmap's own calibration matrices and essential matrix, pixel centres at halves."""
    relative = right.cam_from_world() * left.cam_from_world().inverse()
    E = pycolmap.essential_matrix_from_pose(relative)
    K = [image.camera.calibration_matrix() for image in (left, right)]
    return np.linalg.inv(K[1]).T @ E @ np.linalg.inv(K[0])


@pytest.mark.parametrize("binary", [False, True])
def test_files_written_by_colmap_give_its_own_fundamental_matrices(tmp_path, binary):
    made = reconstruction()
    (made.write_binary if binary else made.write_text)(str(tmp_path))
    rig = read_rig(tmp_path)
    images = [made.image(number) for number in sorted(made.images)]
    assert list(rig.names) == [image.name for image in images]
    pairs = [(i, j) for i in range(len(images)) for j in range(i + 1, len(images))]
    found = fundamental_pairs(rig.to_projections(), pairs)
    assert not found.status.any()
    # here pixel centres lie at integers: x_half = x + ½
    T = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    for (i, j), F in zip(pairs, found.fundamental, strict=True):
        expected = T.T @ fundamental_of_pycolmap(images[i], images[j]) @ T
        expected /= np.linalg.norm(expected)
        # text of COLMAP holds 17 digits; inverses of K with pixels in the hundreds cost six of them at most
        assert min(np.abs(F - expected).max(), np.abs(F + expected).max()) < 1e-9


@pytest.mark.parametrize("binary", [False, True])
def test_lenses_written_by_colmap_distort_as_colmap_does(tmp_path, binary):
    made = reconstruction()
    (made.write_binary if binary else made.write_text)(str(tmp_path))
    rig = read_rig(tmp_path)
    rays = np.random.default_rng(2).uniform(-0.4, 0.4, (20, 2))
    for n, name in enumerate(rig.names):
        camera = made.find_image_with_name(name).camera
        expected = np.array([camera.img_from_cam(np.array([x, y, 1.0])) for x, y in rays]) - 0.5
        K, lens = rig.intrinsics[n], rig.lenses[n]
        pixels = rays @ K[:2, :2].T + K[:2, 2]
        shown = (
            pixels if lens.model == "none" else distort_points(pixels, K, lens.coefficients, model=lens.model).points
        )
        np.testing.assert_allclose(shown, expected, atol=1e-9)


def ours():
    rng = np.random.default_rng(3)
    lenses = [RigLens(), RigLens("brown", (0.1, -0.02, 0.001, 0.002)), RigLens("fisheye", (0.1, 0.01, 0, 0))]
    lenses += [RigLens("brown", (0.1, -0.02, 0.001, 0.002, 0.03, 0, 0, 0.01)), RigLens("brown", (0.1, 0, 0, 0))]
    K = np.array([[[500.0 + n, 0, 320], [0, 500 + n + n % 2, 240], [0, 0, 1]] for n in range(5)])
    return RigCameras(
        tuple(f"folder/im {n}.jpg" for n in range(5)),
        K,
        np.array([rotation(rng.normal(size=4)) for _ in range(5)]),
        rng.normal(size=(5, 3)),
        np.full((5, 2), [640, 480]),
        tuple(lenses),
    )


@pytest.mark.parametrize("name", ["colmap-text", "colmap-binary"])
def test_colmap_reads_what_is_written_here(tmp_path, name):
    rig = ours()
    if name == "colmap-text":  # of which COLMAP reads names up to the first space only
        rig = replace(rig, names=tuple(name.replace(" ", "_") for name in rig.names))
    write_rig(rig, tmp_path, name)
    made = pycolmap.Reconstruction(str(tmp_path))
    assert made.num_images() == 5
    models = []
    for n, title in enumerate(rig.names):
        image = made.find_image_with_name(title)
        models.append(image.camera.model.name)
        assert (image.camera.width, image.camera.height) == (640, 480)
        K = rig.intrinsics[n] + [[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]]
        np.testing.assert_allclose(image.camera.calibration_matrix(), K, atol=1e-12)
        pose = image.cam_from_world()
        # a unit quaternion and back: a few roundings
        np.testing.assert_allclose(pose.rotation.matrix(), rig.rotations[n], atol=1e-14)
        np.testing.assert_allclose(pose.translation, rig.translations[n], atol=1e-14)
    assert models == ["SIMPLE_PINHOLE", "OPENCV", "RADIAL_FISHEYE", "FULL_OPENCV", "SIMPLE_RADIAL"]
