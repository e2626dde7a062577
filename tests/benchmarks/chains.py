"""Five filters as a chain, beside the same five one after the other and OpenCV's."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from geometry import filter_chain
from tests.benchmarks.paired import Row
from tests.naive.chains import chain

STEPS: list[dict[str, Any]] = [
    {"filter": "gaussian", "sigma": 1},
    {"filter": "box", "window": 3},
    {"filter": "unsharp", "sigma": 1},
    {"filter": "rank-filter", "window": 3, "border": "replicate"},
    {"filter": "morphology", "operation": "close", "size": 3},
]


def rows(colour: np.ndarray) -> Iterator[Row]:
    """The same five filters on all sides; bytes are rounded between them and cannot be merged."""
    floats = colour.astype(np.float32)
    for name, image in (
        ("u8×3", colour),
        ("f32×1", np.ascontiguousarray(floats[:, :, 1])),
        ("f32×3", floats),
    ):
        yield Row(
            "filters",
            f"filter-chain of five, {name}",
            lambda image=image: filter_chain(image, STEPS),
            {
                "the same, one after the other": lambda image=image: chain(image, STEPS),
                "OpenCV, one after the other": lambda image=image: _opencv(image),
            },
            {},
            rounds=7,
        )


def _opencv(image: np.ndarray) -> np.ndarray:
    smooth = cv2.blur(cv2.GaussianBlur(image, (9, 9), 1), (3, 3))
    sharp = cv2.addWeighted(smooth, 2, cv2.GaussianBlur(smooth, (9, 9), 1), -1, 0)
    return cv2.morphologyEx(cv2.medianBlur(sharp, 3), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
