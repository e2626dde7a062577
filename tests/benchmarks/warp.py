"""Warping beside OpenCV and scikit-image."""

from collections.abc import Iterator

import cv2
import numpy as np
from skimage import transform

from geometry import warp_perspective
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
