"""Filters beside OpenCV, and points beside whole images."""

from collections.abc import Iterator

import cv2
import numpy as np
from scipy import ndimage

from geometry import convolve, convolve_at
from tests.benchmarks.inputs import noise, photo
from tests.benchmarks.paired import Row

SIZE = (3840, 2160)


def rows() -> Iterator[Row]:
    """The filter rows, 3840×2160, dense kernels without structure."""
    colour = photo(SIZE)
    floats = colour[:, :, 1].astype(np.float32)
    rng = np.random.default_rng(4)
    border = cv2.BORDER_CONSTANT
    for side, target in ((3, 1.0), (7, 1.5), (15, 2.0)):
        kernel = rng.normal(size=(side, side)).astype(np.float32)
        yield Row(
            "filters",
            f"convolve f32×1, {side}×{side}",
            lambda kernel=kernel: convolve(floats, kernel, mode="correlation"),
            {"OpenCV filter2D": lambda kernel=kernel: cv2.filter2D(floats, -1, kernel, borderType=border)},
            {"OpenCV filter2D": target},
        )
    for side, target in ((3, 1.2), (7, 1.5), (15, 3.0)):
        kernel = rng.random((side, side)).astype(np.float32)
        kernel /= kernel.sum()
        yield Row(
            "filters",
            f"convolve u8×3, {side}×{side}",
            lambda kernel=kernel: convolve(colour, kernel, mode="correlation"),
            {"OpenCV filter2D": lambda kernel=kernel: cv2.filter2D(colour, -1, kernel, borderType=border)},
            {"OpenCV filter2D": target},
        )
    gauss = cv2.getGaussianKernel(15, 2.5)
    smooth = (gauss @ gauss.T).astype(np.float32)
    yield Row(
        "filters",
        "convolve f32×1, 15×15 of rank 1",
        lambda: convolve(floats, smooth, mode="correlation"),
        {
            "OpenCV filter2D": lambda: cv2.filter2D(floats, -1, smooth, borderType=border),
            "OpenCV sepFilter2D": lambda: cv2.sepFilter2D(floats, -1, gauss, gauss, borderType=border),
        },
        {},
    )
    large = noise((10_000, 10_000), np.float32)
    wide = rng.normal(size=(101, 101))
    points = rng.integers(0, 10_000, (1000, 2))
    yield Row(
        "filters",
        "convolve-at, 1000 points, 101×101, image 10 000×10 000",
        lambda: convolve_at(large, wide, points, mode="correlation"),
        {
            "the same in an image of 1000×1000": lambda: convolve_at(
                large[:1000, :1000], wide, points % 1000, mode="correlation"
            ),
            "numpy slices, a loop": lambda: [_slice(large, wide, x, y) for x, y in np.clip(points, 50, 9949)],
        },
        {},
    )
    deep, weights = noise((256, 256, 64), np.float32), rng.normal(size=(3, 3, 64, 64)).astype(np.float32)
    yield Row(
        "filters",
        "convolve 64→64 channels, 3×3, 256×256",
        lambda: convolve(deep, weights, mode="correlation"),
        {"scipy, a channel pair × 4096": lambda: ndimage.correlate(deep[:, :, 0], weights[:, :, 0, 0])},
        {},
        peer_scales={"scipy, a channel pair × 4096": 4096e3},
        rounds=5,
    )


def _slice(image: np.ndarray, kernel: np.ndarray, x: int, y: int) -> float:
    return float((image[y - 50 : y + 51, x - 50 : x + 51] * kernel).sum())
