"""Requests that many tests of the HTTP face make."""

import io
import json
from typing import Any

import numpy as np
from PIL import Image

from tests.running import npy

WARP = "/v1/warp-perspective"
IDENTITY = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
FUNDAMENTAL = {"left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], "right": [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]}


def pixels(*shape: int, dtype: str = "uint8") -> np.ndarray[Any, Any]:
    """Smooth pixels, so that lossy formats stay close."""
    rows, columns, *channels = shape
    ramp = np.add.outer(np.arange(rows) * 3, np.arange(columns) * 2)
    return (np.dstack([ramp + 20 * c for c in range(channels[0])]) if channels else ramp).astype(dtype)


def picture(array: np.ndarray[Any, Any], kind: str = "PNG", **options: Any) -> bytes:
    """An encoded picture."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


def warp_form(data: bytes, media_type: str = "application/octet-stream", **params: Any) -> dict[str, Any]:
    """Multipart arguments of an HTTP client: a file and `params`, as curl sends them."""
    document = {"homography": IDENTITY, **params}
    return {"files": {"image": ("photo", data, media_type), "params": (None, json.dumps(document))}}


def slow_convolution(rows: int, kernel: int) -> dict[str, Any]:
    """A convolution that takes rows² · kernel² steps and no shortcut."""
    rng = np.random.default_rng(1)
    files = {
        "image": ("image.npy", npy(rng.integers(0, 255, (rows, rows), np.uint8)), "application/x-npy"),
        "kernel": ("kernel.npy", npy(rng.normal(size=(kernel, kernel))), "application/x-npy"),
    }
    return {"files": files, "headers": {"Accept": "application/x-npy"}}
