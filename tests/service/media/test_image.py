from typing import Any

import numpy as np
import pytest

from service.media.image import encode_picture, picture_fault
from service.media.picture import open_picture

Array = np.ndarray[Any, Any]


def encode(kind: str, pixels: Array) -> bytes:
    return encode_picture(kind, pixels, quality=95, png_level=1)


def reopened(data: bytes) -> Array:
    return open_picture(memoryview(data), max_pixels=10_000).load()


def ramp(*shape: int, dtype: str = "uint8") -> Array:
    return (np.arange(np.prod(shape)).reshape(shape) * 2 % 251).astype(dtype)


@pytest.mark.parametrize(
    ("kind", "shape", "dtype"),
    [
        *[
            ("image/png", shape, dtype)
            for shape in [(6, 5), (6, 5, 2), (6, 5, 3), (6, 5, 4)]
            for dtype in ("uint8", "uint16")
        ],
        *[
            ("image/tiff", shape, dtype)
            for shape in [(6, 5), (6, 5, 2), (6, 5, 3), (6, 5, 4), (6, 5, 9)]
            for dtype in ("uint8", "uint16", "int16", "int32", "float32", "float64")
        ],
    ],
)
def test_lossless_types_bring_back_every_value(kind: str, shape: tuple[int, ...], dtype: str) -> None:
    pixels = ramp(*shape, dtype=dtype)
    assert picture_fault(kind, shape, pixels.dtype) is None
    found = reopened(encode(kind, pixels))
    assert found.dtype == pixels.dtype
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize("kind", ["image/png", "image/tiff", "image/jpeg"])
def test_one_channel_comes_back_as_grey(kind: str) -> None:
    assert picture_fault(kind, (8, 8, 1), np.dtype("uint8")) is None
    assert reopened(encode(kind, np.full((8, 8, 1), 77, np.uint8))).shape == (8, 8)


@pytest.mark.parametrize(
    ("kind", "channels"), [("image/jpeg", ()), ("image/jpeg", (3,)), ("image/webp", (3,)), ("image/webp", (4,))]
)
def test_lossy_types_come_close(kind: str, channels: tuple[int, ...]) -> None:
    smooth = (20 + np.add.outer(np.arange(32) * 3, np.arange(32) * 4)).astype(np.uint8)
    pixels = smooth if not channels else np.repeat(smooth[:, :, np.newaxis], channels[0], axis=2)
    found = reopened(encode(kind, pixels)).astype(int)
    # Quality 95 of a smooth ramp: quantization leaves a few steps of 255.
    assert np.abs(found - pixels).max() <= 8


@pytest.mark.parametrize("kind", ["image/png", "image/tiff"])
def test_masks_become_black_and_white(kind: str) -> None:
    mask = np.array([[True, False], [False, True]])
    assert reopened(encode(kind, mask)).tolist() == [[255, 0], [0, 255]]


def test_strided_pixels_are_encoded_as_they_look() -> None:
    pixels = ramp(6, 8, 3)[::2, ::-1]
    np.testing.assert_array_equal(reopened(encode("image/png", pixels)), pixels)


@pytest.mark.parametrize(
    ("kind", "shape", "dtype", "words"),
    [
        ("image/png", (4, 4), "float32", "the result is float32"),
        ("image/png", (4, 4), "int16", "the result is int16"),
        ("image/png", (4, 4, 5), "uint8", "the result has 5"),
        ("image/jpeg", (4, 4, 4), "uint8", "the result has 4"),
        ("image/jpeg", (4, 4, 2), "uint8", "the result has 2"),
        ("image/jpeg", (4, 4), "uint16", "the result is uint16"),
        ("image/jpeg", (70_000, 4), "uint8", "65500 pixels a side"),
        ("image/webp", (4, 4), "uint8", "the result has 1"),
        ("image/webp", (4, 17_000, 3), "uint8", "16383 pixels a side"),
        ("image/tiff", (4, 4), "int64", "no int64"),
        ("image/tiff", (4,), "uint8", "is not a picture"),
        ("image/png", (0, 4), "uint8", "is not a picture"),
        ("image/png", (4, 4, 3, 3), "uint8", "is not a picture"),
    ],
)
def test_what_a_type_cannot_hold_is_said(kind: str, shape: tuple[int, ...], dtype: str, words: str) -> None:
    fault = picture_fault(kind, shape, np.dtype(dtype))
    assert fault is not None
    assert words in fault
