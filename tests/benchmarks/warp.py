"""Warping beside OpenCV and scikit-image."""

from collections.abc import Iterator

import cv2
import numpy as np
from skimage import filters, transform

from geometry import (
    crop_patches,
    homography_from_points,
    interpolate_stack,
    remap,
    rotate_vectors,
    undistort,
    undistort_points,
    warp_perspective,
)
from tests.benchmarks.inputs import noise, photo
from tests.benchmarks.paired import Row

SIZE = (3840, 2160)
H = np.array([[0.97, -0.06, 120.0], [0.05, 0.99, -60.0], [6e-6, 4e-6, 1.0]])
TURNED = np.array([[0.966, -0.259, 350.0], [0.259, 0.966, -350.0], [0.0, 0.0, 1.0]])


def rows() -> Iterator[Row]:
    """The warp rows, 3840×2160 in and out."""
    colour = photo(SIZE)
    grey = np.ascontiguousarray(colour[:, :, 1])
    floats = colour.astype(np.float32)
    cube = noise((SIZE[1], SIZE[0], 16), np.uint8)

    def ours(image: np.ndarray, interpolation: str, matrix: np.ndarray = H) -> object:
        return warp_perspective(image, matrix, interpolation=interpolation)

    def opencv(image: np.ndarray, flag: int, matrix: np.ndarray = H) -> object:
        return cv2.warpPerspective(image, matrix, SIZE, flags=flag)

    def opencv_groups() -> object:
        parts = [np.ascontiguousarray(cube[:, :, c : c + 4]) for c in range(0, 16, 4)]
        return np.concatenate([opencv(part, cv2.INTER_LINEAR) for part in parts], axis=2)

    inverse = np.linalg.inv(H)

    def skimage_channels() -> object:
        # One channel of sixteen is timed and scaled: the whole takes half a minute.
        warped = transform.warp(grey, inverse, order=1, preserve_range=True)
        return np.round(warped).astype(np.uint8)

    linear, nearest = cv2.INTER_LINEAR, cv2.INTER_NEAREST
    y, x = np.mgrid[: SIZE[1], : SIZE[0]].astype(np.float32)
    points = np.stack([x + 3 * np.sin(y / 50), y + 3 * np.cos(x / 50)], axis=-1)
    work = "warp-perspective"
    yield Row(
        "warp",
        f"{work} linear u8×3",
        lambda: ours(colour, "linear"),
        {"OpenCV": lambda: opencv(colour, linear)},
        {"OpenCV": 2.0},
    )
    yield Row(
        "warp",
        f"{work} linear u8×3, turned 15°",
        lambda: ours(colour, "linear", TURNED),
        {"OpenCV": lambda: opencv(colour, linear, TURNED)},
        {},
    )
    yield Row(
        "warp",
        f"{work} nearest u8×3",
        lambda: ours(colour, "nearest"),
        {"OpenCV": lambda: opencv(colour, nearest)},
        {"OpenCV": 1.3},
    )
    yield Row(
        "warp",
        f"{work} cubic u8×3",
        lambda: ours(colour, "cubic_opencv"),
        {"OpenCV": lambda: opencv(colour, cv2.INTER_CUBIC)},
        {"OpenCV": 2.0},
        rounds=9,
    )
    yield Row(
        "warp",
        f"{work} Lanczos u8×3",
        lambda: ours(colour, "lanczos"),
        {"OpenCV": lambda: opencv(colour, cv2.INTER_LANCZOS4)},
        {},
        rounds=5,
    )
    yield Row(
        "warp",
        "remap linear u8×3",
        lambda: remap(colour, points),
        {"OpenCV": lambda: cv2.remap(colour, points, None, linear)},
        {},
    )
    yield Row(
        "warp",
        f"{work} linear u8×1",
        lambda: ours(grey, "linear"),
        {"OpenCV": lambda: opencv(grey, linear)},
        {"OpenCV": 1.5},
    )
    yield Row(
        "warp",
        f"{work} linear f32×3",
        lambda: ours(floats, "linear"),
        {"OpenCV": lambda: opencv(floats, linear)},
        {"OpenCV": 3.0},
    )
    yield Row(
        "warp",
        f"{work} linear u8×16",
        lambda: ours(cube, "linear"),
        {"scikit-image, a channel × 16": skimage_channels, "OpenCV, groups of 4": opencv_groups},
        {"scikit-image, a channel × 16": 5.0},
        peer_scales={"scikit-image, a channel × 16": 16e3},
        rounds=5,
    )
    yield from _shrunk_rows(colour)
    yield from _stack_rows()
    yield from _vector_rows()
    yield from _patch_rows()
    yield from _homography_rows()
    yield from _lens_rows()


def _shrunk_rows(colour: np.ndarray) -> Iterator[Row]:
    """3840×2160 pixels to an eighth of width and height; only the area means of OpenCV are as free of aliasing."""
    size = SIZE[0] // 8, SIZE[1] // 8
    shrink = np.diag([1 / 8, 1 / 8, 1.0])
    backward = transform.AffineTransform(scale=(8, 8), translation=(3.5, 3.5))
    grey = np.ascontiguousarray(colour[:, :, 1]).astype(np.float32)

    def skimage_channel() -> object:
        blurred = filters.gaussian(grey, sigma=3.5, preserve_range=True)
        return transform.warp(blurred, backward, output_shape=size[::-1], order=1, preserve_range=True)

    yield Row(
        "warp",
        "warp-perspective antialiased u8×3, an eighth",
        lambda: warp_perspective(colour, shrink, size=size, pixel_center="half", antialias=True),
        {
            "OpenCV resize, area": lambda: cv2.resize(colour, size, interpolation=cv2.INTER_AREA),
            "scikit-image, blur and warp, a channel × 3": skimage_channel,
        },
        {},
        peer_scales={"scikit-image, blur and warp, a channel × 3": 3e3},
        rounds=5,
    )


def _stack_rows() -> Iterator[Row]:
    """25 frames of 1280×720 pixels; time grows with the distance from the middle."""
    count, height, width = 25, 720, 1280
    frames = noise((count, height, width, 3), np.uint8)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    time = (count - 1) * np.minimum(1, np.hypot(x, y))

    def by_weights() -> object:
        weights = np.maximum(0, 1 - np.abs(time - np.arange(count)[:, None, None])).astype(np.float32)
        return np.rint(np.einsum("nyxc,nyx->yxc", frames, weights)).astype(np.uint8)

    def by_two_frames() -> object:
        before = np.minimum(time.astype(np.int64), count - 2)
        weight = (time - before).astype(np.float32)[..., None]
        rows, columns = np.arange(height)[:, None], np.arange(width)
        earlier, later = frames[before, rows, columns].astype(np.float32), frames[before + 1, rows, columns]
        return np.rint(earlier + (later - earlier) * weight).astype(np.uint8)

    yield Row(
        "warp",
        "interpolate-stack 25×720×1280 u8×3",
        lambda: interpolate_stack(frames, time),
        {"numpy, blend by weights": by_weights, "numpy, two frames gathered": by_two_frames},
        {"numpy, blend by weights": 30.0},
        rounds=7,
    )


def _vector_rows() -> Iterator[Row]:
    """A normal map of 4096×4096 pixels: one angle, and one for each pixel."""
    normals = noise((4096, 4096, 3), np.uint8)
    angles = 6 * noise((4096, 4096), np.float64) - 3

    def numpy_turn(angle: float | np.ndarray) -> object:
        c, s = np.cos(angle, dtype=np.float32), np.sin(angle, dtype=np.float32)
        x, y = normals[..., 0] - np.float32(127.5), normals[..., 1] - np.float32(127.5)
        turned = normals.copy()
        turned[..., 0] = np.clip(c * x - s * y + np.float32(128), 0, 255)
        turned[..., 1] = np.clip(s * x + c * y + np.float32(128), 0, 255)
        return turned

    single = np.float32(0.6)
    yield Row(
        "warp",
        "rotate-vectors 4096×4096 u8×3",
        lambda: rotate_vectors(normals, 0.6),
        {"numpy, float32": lambda: numpy_turn(single)},
        {"numpy, float32": 5.0},
    )
    yield Row(
        "warp",
        "rotate-vectors 4096×4096 u8×3, an angle a pixel",
        lambda: rotate_vectors(normals, angles),
        {"numpy, float32": lambda: numpy_turn(angles.astype(np.float32))},
        {},
        rounds=5,
    )


def _patch_rows() -> Iterator[Row]:
    """10,000 patches of 32×32 from a photograph of 12 megapixels."""
    picture = photo((4000, 3000))
    points = [20, 20] + [3960, 2960] * noise((10_000, 2), np.float64)
    corners = np.rint(points).astype(int)

    def slices() -> object:
        return np.stack([picture[y : y + 32, x : x + 32] for x, y in (corners - 16).tolist()])

    def opencv(centers: np.ndarray) -> object:
        return np.stack([cv2.getRectSubPix(picture, (32, 32), center) for center in centers.tolist()])

    size = (32, 32)
    yield Row(
        "warp",
        "crop-patches 10,000 of 32×32 u8×3, whole positions",
        lambda: crop_patches(picture, corners - 16, size=size, anchor="corner"),
        {"numpy, a slice each": slices, "OpenCV getRectSubPix": lambda: opencv(corners - 0.5)},
        {},
    )
    yield Row(
        "warp",
        "crop-patches 10,000 of 32×32 u8×3, between pixels",
        lambda: crop_patches(picture, points, size=size),
        {"OpenCV getRectSubPix": lambda: opencv(points)},
        {},
    )


def _homography_rows() -> Iterator[Row]:
    """10,000 correspondences of full HD pictures with a noise of 1 px, without and with as many wrong ones."""
    count, rng = 10_000, np.random.default_rng(4)
    source = rng.uniform(0, 1, (count, 2)) * (1920, 1080)
    target = cv2.perspectiveTransform(source[np.newaxis], H)[0] + rng.normal(0, 1, (count, 2))
    mixed = target.copy()
    mixed[: count // 2] = rng.uniform(0, 1, (count // 2, 2)) * (1920, 1080)
    work = "homography-from-points 10,000"
    yield Row(
        "warp",
        f"{work}, least squares",
        lambda: homography_from_points(source, target, refine="reprojection"),
        {"OpenCV": lambda: cv2.findHomography(source, target)},
        {},
    )
    # A symmetric error of 4.24 px is a reprojection error of about 3 px.
    yield Row(
        "warp",
        f"{work}, half wrong, RANSAC",
        lambda: homography_from_points(source, mixed, method="ransac", threshold=4.24),
        {
            "OpenCV RANSAC": lambda: cv2.findHomography(source, mixed, cv2.RANSAC, 3.0),
            "OpenCV USAC_MAGSAC": lambda: cv2.findHomography(source, mixed, cv2.USAC_MAGSAC, 3.0),
        },
        {},
    )


def _lens_rows() -> Iterator[Row]:
    """A photograph of 3840×2160 pixels, and 1,000,000 points, seen through two lenses."""
    picture = photo(SIZE)
    K = np.array([[3000.0, 0.0, 1919.5], [0.0, 3000.0, 1079.5], [0.0, 0.0, 1.0]])
    brown = np.array([-0.28, 0.09, 1e-3, -5e-4, -0.01])
    fisheye = np.array([0.02, -0.01, 0.003, -0.001])
    points = SIZE * noise((1_000_000, 2), np.float64)
    yield Row(
        "warp",
        "undistort linear u8×3, Brown–Conrady",
        lambda: undistort(picture, K, brown),
        {"OpenCV": lambda: cv2.undistort(picture, K, brown)},
        {},
    )
    yield Row(
        "warp",
        "undistort linear u8×3, fisheye",
        lambda: undistort(picture, K, fisheye, model="fisheye"),
        {"OpenCV": lambda: cv2.fisheye.undistortImage(picture, K, fisheye, Knew=K)},
        {},
    )
    yield Row(
        "warp",
        "undistort-points 1,000,000, Brown–Conrady",
        lambda: undistort_points(points, K, brown),
        {"OpenCV": lambda: cv2.undistortPoints(points[:, None], K, brown, P=K)},
        {},
    )
    yield Row(
        "warp",
        "undistort-points 1,000,000, fisheye",
        lambda: undistort_points(points, K, fisheye, model="fisheye"),
        {"OpenCV": lambda: cv2.fisheye.undistortPoints(points[:, None], K, fisheye, P=K)},
        {},
    )
