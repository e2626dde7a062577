"""Rotation of the vectors that two channels of an image hold, such as the x and y of a normal map."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES, Array, choice, dtype_name, kernel_view, real_array
from geometry.memory import fresh_arrays
from geometry.warp.rotation import code_of, look_up, many_turns, pair_table, turn_pixels, turns

ENCODINGS = ("unorm", "unorm128", "signed")
ROUNDINGS = ("nearest", "floor")
_GRAIN_PIXELS = 1 << 14
_TABLE_PIXELS = 1 << 18  # from here on a table of 2^16 pairs is cheaper than the arithmetic


def _images(image: ArrayLike) -> Array:
    array = np.asarray(image)
    if array.ndim not in (3, 4):
        raise InvalidInput("image", f"must have shape (H, W, C) or (M, H, W, C), came as {array.shape}")
    if 0 in array.shape or array.shape[-1] < 2:
        raise InvalidInput("image", f"must have pixels of two channels or more, came as {array.shape}")
    if dtype_name(array.dtype) not in PIXEL_DTYPES:
        raise InvalidInput("image", f"must be one of {', '.join(PIXEL_DTYPES)}; came as {array.dtype}")
    return kernel_view(array)


def _angles(angle: ArrayLike, shape: tuple[int, ...]) -> Array:
    """As (M,), one or one an image; or as (H, W)."""
    came = np.shape(angle)
    if len(came) == 0:
        return real_array(np.reshape(angle, 1), "angle", (1,))
    if len(came) == 1:
        return real_array(angle, "angle", ("M",) if len(shape) == 3 else (shape[0],))
    return real_array(angle, "angle", shape[-3:-1])


def _pair(channels: Sequence[int], count: int) -> tuple[int, int]:
    try:
        first, second = (int(channel) for channel in channels)
        whole = all(int(channel) == channel for channel in channels)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("channels", "must be two whole numbers") from None
    if not whole or first == second or not (0 <= first < count and 0 <= second < count):
        raise InvalidInput("channels", f"must be two different ones of 0 … {count - 1}, came as {tuple(channels)}")
    return first, second


def _encoding(encoding: str | None, dtype: np.dtype[Any]) -> str:
    if encoding is None:
        return "unorm" if dtype.kind == "u" else "signed"
    choice(encoding, "encoding", ENCODINGS)
    fits = {"unorm": "uf", "unorm128": "u", "signed": "if"}[encoding]
    if dtype.kind not in fits:
        raise InvalidInput("encoding", f"{encoding} is not for {dtype}")
    return encoding


def rotate_vectors(
    image: ArrayLike,
    angle: ArrayLike,
    *,
    channels: Sequence[int] = (0, 1),
    encoding: str | None = None,
    rounding: str = "nearest",
) -> Array:
    """Rotate the vectors that two channels of an image hold.

    `x' = x cos a − y sin a`, `y' = x sin a + y cos a`, where x and y are the decoded values of the two channels.

    A positive angle turns the first channel's axis towards the second channel's: counter-clockwise as one looks at the
    picture where y points up (normal maps of OpenGL), clockwise where y points down (DirectX). The pixels stay where
    they are.

    Parameters
    ----------
    image
        (H, W, C) or (M, H, W, C), C ≥ 2; uint8, uint16, int16, int32, float32 or float64.
    angle
        Radians, finite: one; (M,), one for each image, or for as many results from a single image; or (H, W), one for
        each pixel. Multiples of π/2, as close as float64 holds them, turn exactly.
    channels
        The two channels of x and y, counted from 0. All others stay as they are.
    encoding
        What the numbers mean. `unorm`: 0 … max ↔ −1 … 1, decoded as 2 v / max − 1 (floats: 0 … 1); zero is coded
        127.5 in bytes. `unorm128`: zero is coded 128, or 32,768 in uint16. `signed`: the numbers themselves. Default:
        `unorm` for unsigned integers, `signed` for all others.
    rounding
        Of integers: `nearest`, ties up, or `floor`. What lies outside of the dtype saturates.

    Returns
    -------
    (H, W, C) or (M, H, W, C), the image's dtype. Integers are the exact value for the cosine and sine in float64
    (digits beyond 2^-60 cut off), rounded once; floats err by less than 2^-51 of the vector's length and one
    rounding to the dtype.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    """
    images = _images(image)
    shape = images.shape
    angles = _angles(angle, shape)
    pair = _pair(channels, shape[-1])
    code = code_of(images.dtype, _encoding(encoding, images.dtype), choice(rounding, "rounding", ROUNDINGS))
    area = shape[-3] * shape[-2]
    by_pixel = angles.ndim == 2
    if len(shape) == 3 and np.ndim(angle) == 1:
        shape = (angles.size, *shape)
    count = shape[0] if len(shape) == 4 else 1
    (out,) = fresh_arrays((shape, images.dtype))
    sources, turned = images.reshape(-1, shape[-1]), out.reshape(-1, shape[-1])
    stacked = sources.shape[0] > area
    flat = angles.reshape(-1)

    def work(start: int, stop: int) -> None:
        while start < stop:
            number, begin = divmod(start, area)
            end = min(area, begin + stop - start, begin + _GRAIN_PIXELS if by_pixel else area)
            turn = many_turns(flat[begin:end]) if by_pixel else turns(flat[number % flat.size :][:1])
            first = number * area if stacked else 0
            turn_pixels(sources, first + begin, first + end, code, pair, turn, start, turned)
            start += end - begin

    def through_table(number: int) -> None:
        table = pair_table(code, turns(flat[number % flat.size :][:1]))
        first, to = number * area if stacked else 0, number * area

        def turn_bytes(start: int, stop: int) -> None:
            look_up(sources, first + start, first + stop, pair, table, to + start, turned)

        run_bands(turn_bytes, area, grain=_GRAIN_PIXELS)

    if images.dtype == np.uint8 and not by_pixel and area >= _TABLE_PIXELS:
        for number in range(count):
            through_table(number)
    else:
        run_bands(work, count * area, grain=_GRAIN_PIXELS)
    return out
