"""Points seen by cameras, beside OpenCV, scikit-image's formula in numpy, and numpy's singular vectors."""

from collections.abc import Iterator

import cv2
import numpy as np
from skimage.transform import FundamentalMatrixTransform

from geometry import decompose_projection, epipolar_distance, epipolar_lines, projections_from_poses, triangulate
from tests.benchmarks.paired import Row

PAIRS = 1_000_000
POINTS = 200_000
CAMERAS = 5000
FEW = 2000
INTRINSICS = np.array([[1000.0, 0, 640], [0, 1000, 360], [0, 0, 1]])


def _scene(count: int, views: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Projections (views, 3, 4), F of the first two, and noisy images (views, count, 2)."""
    rng = np.random.default_rng(7)
    quaternions = np.c_[np.ones(views), rng.normal(0, 0.05, (views, 3))]
    centers = rng.normal(0, 1, (views, 3)) * (1, 1, 0.2)
    projections = projections_from_poses(INTRINSICS, quaternions=quaternions, centers=centers)
    points = np.c_[rng.uniform(-2, 2, (count, 2)), rng.uniform(4, 9, count), np.ones(count)]
    seen = np.einsum("nij,mj->nmi", projections, points)
    seen = seen[..., :2] / seen[..., 2:] + rng.normal(0, 0.5, (views, count, 2))
    left, right = projections[:2]
    x, y, z = right @ np.append(centers[0], 1)
    F = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ right @ np.linalg.pinv(left)
    return projections, F / np.linalg.norm(F), seen


def _linear(projections: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Stacked equations of all points, and numpy's singular vectors of them."""
    rows = [
        seen[n, :, axis, np.newaxis] * projections[n, 2] - projections[n, axis]
        for n in range(len(projections))
        for axis in range(2)
    ]
    vectors = np.linalg.svd(np.stack(rows, axis=1))[2][:, -1]
    return vectors[:, :3] / vectors[:, 3:]


def rows() -> Iterator[Row]:
    """The rows on points; nanoseconds each."""
    projections, F, seen = _scene(PAIRS, 4)
    left, right = np.ascontiguousarray(seen[0]), np.ascontiguousarray(seen[1])
    numpy_way = FundamentalMatrixTransform(F)
    yield Row(
        "cameras",
        "epipolar-distance, 1,000,000 pairs, sampson",
        lambda: epipolar_distance(F, left, right),
        {"scikit-image residuals (numpy)": lambda: numpy_way.residuals(left, right)},
        {"scikit-image residuals (numpy)": 10.0},
        unit="ns a pair",
        scale=1e9 / PAIRS,
    )
    opencv = "cv2.computeCorrespondEpilines"
    yield Row(
        "cameras",
        "epipolar-lines, 1,000,000 points",
        lambda: epipolar_lines(F, left),
        {opencv: lambda: cv2.computeCorrespondEpilines(left[:, np.newaxis], 1, F)},
        {opencv: 1.0},
        unit="ns a point",
        scale=1e9 / PAIRS,
    )
    yield Row(
        "cameras",
        "epipolar-lines, 1,000,000 points, clipped to the image",
        lambda: epipolar_lines(F, left, size=(1280, 720)),
        {},
        {},
        unit="ns a point",
        scale=1e9 / PAIRS,
    )
    two, some = projections[:2], np.ascontiguousarray(seen[:2, :POINTS])
    turned = [np.ascontiguousarray(some[n].T) for n in range(2)]
    few = np.ascontiguousarray(seen[:, :FEW])
    moved = [side.T[np.newaxis, :FEW] for side in turned]
    linear = {"cv2.triangulatePoints": lambda: cv2.triangulatePoints(*two, *turned)}
    optimal = "cv2.correctMatches and triangulatePoints"
    work = f"triangulate, {POINTS:,} points, 2 views, {{}}, covariance and parallax included"
    yield Row(
        "cameras",
        work.format("dlt"),
        lambda: triangulate(two, some, method="dlt"),
        linear,
        {"cv2.triangulatePoints": 1.0},
        unit="ns a point",
        scale=1e9 / POINTS,
    )
    yield Row(
        "cameras",
        work.format("optimal"),
        lambda: triangulate(two, some),
        {
            **linear,
            optimal: lambda: cv2.triangulatePoints(*two, *(side[0].T for side in cv2.correctMatches(F, *moved))),
        },
        {optimal: 5.0},
        unit="ns a point",
        scale=1e9 / POINTS,
        peer_scales={optimal: 1e9 / FEW},
    )
    yield Row(
        "cameras",
        "triangulate, 200,000 points, 4 views, least reprojection error",
        lambda: triangulate(projections, seen[:, :POINTS]),
        {"numpy, linear only": lambda: _linear(projections, few)},
        {},
        unit="ns a point",
        scale=1e9 / POINTS,
        peer_scales={"numpy, linear only": 1e9 / FEW},
    )
    rig = _scene(1, CAMERAS)[0]
    yield Row(
        "cameras",
        f"decompose-projection, {CAMERAS} cameras",
        lambda: decompose_projection(rig),
        {"cv2.decomposeProjectionMatrix": lambda: [cv2.decomposeProjectionMatrix(P) for P in rig[:FEW]]},
        {},
        unit="ns a camera",
        scale=1e9 / CAMERAS,
        peer_scales={"cv2.decomposeProjectionMatrix": 1e9 / FEW},
    )
