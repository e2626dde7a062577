"""Smoothing, derivatives and ranks beside OpenCV."""

from collections.abc import Iterator

import cv2
import numpy as np

from geometry import bilateral, box, gaussian, gradient, rank_filter
from tests.benchmarks.paired import Row


def rows(colour: np.ndarray) -> Iterator[Row]:
    """The same windows, weights and borders on both sides."""
    yield Row(
        "filters",
        "gaussian σ=2 u8×3",
        lambda: gaussian(colour, 2),
        {"OpenCV GaussianBlur": lambda: cv2.GaussianBlur(colour, (17, 17), 2)},
        {"OpenCV GaussianBlur": 1.2},
    )
    for side in (5, 31):
        yield Row(
            "filters",
            f"box {side}×{side} u8×3",
            lambda side=side: box(colour, side),
            {"OpenCV blur": lambda side=side: cv2.blur(colour, (side, side))},
            {},
        )
    yield Row(
        "filters",
        "gradient, sobel 3×3 u8×3 to float32",
        lambda: gradient(colour),
        {
            "OpenCV Sobel, twice": lambda: (
                cv2.Sobel(colour, cv2.CV_32F, 1, 0),
                cv2.Sobel(colour, cv2.CV_32F, 0, 1),
            )
        },
        {},
    )
    for side, target in ((3, None), (5, 1.0), (31, None)):
        yield Row(
            "filters",
            f"median {side}×{side} u8×3",
            lambda side=side: rank_filter(colour, side, border="replicate"),
            {"OpenCV medianBlur": lambda side=side: cv2.medianBlur(colour, side)},
            {} if target is None else {"OpenCV medianBlur": target},
            rounds=5,
        )
    yield Row(
        "filters",
        "bilateral d=9 u8×3",
        lambda: bilateral(colour, 30, 3, radius=4),
        {"OpenCV bilateralFilter": lambda: cv2.bilateralFilter(colour, 9, 30, 3)},
        {"OpenCV bilateralFilter": 2.0},
        rounds=5,
    )
