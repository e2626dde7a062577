"""Output pixels with taps outside the source, and those that show nothing of it."""

from typing import Any

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.warp.spans import Region
from geometry.warp.weights import SHARPNESS, TAPS

BORDERS = ("constant", "replicate", "reflect", "reflect_101", "wrap")
_CONSTANT, _REPLICATE, _REFLECT, _REFLECT_101, _WRAP = range(5)
_FAR = 2.0**52


@inline
def border_index(i, length, border):  # type: ignore[no-untyped-def]
    """The index that stands for index i of an axis; -1 for the fill."""
    if 0 <= i < length:
        return i
    if border == _CONSTANT:
        return -1
    if border == _REPLICATE:
        return 0 if i < 0 else length - 1
    if border == _WRAP:
        return i % length
    period = 2 * length if border == _REFLECT else max(2 * length - 2, 1)
    i = i % period
    if i < length:
        return i
    return period - 1 - i if border == _REFLECT else period - i


@inline
def _tap(source, row, column, channel, fill):  # type: ignore[no-untyped-def]
    return float(fill[channel]) if row < 0 or column < 0 else float(source[row, column, channel])


@inline
def _lerp(a, b, f):  # type: ignore[no-untyped-def]
    """Equal taps give just that; a tap without weight gives nothing, be it NaN."""
    return a if a == b or f == 0.0 else (1.0 - f) * a + f * b


@inline
def _keys(x, a):  # type: ignore[no-untyped-def]
    x = abs(x)
    if x <= 1.0:
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    return ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a


@routine
def _axis_weights(f, taps, sharpness, weights):  # type: ignore[no-untyped-def]
    """Weights of the taps, from 1 - taps / 2 on; exactly zero but for one where the point is on a tap."""
    if taps == 4:
        for k in range(4):
            weights[k] = _keys(float(k - 1) - f, sharpness)
        return
    total = 0.0
    for k in range(8):
        x = float(k - 3) - f
        if abs(x) < 2.0**-60:
            weights[k] = 1.0
        else:
            weights[k] = 0.0 if f < 2.0**-60 else np.sin(np.pi * x) * np.sin(np.pi * x / 4) / (np.pi * x) ** 2 * 4
        total += weights[k]
    for k in range(8):
        weights[k] /= total


@routine
def border_pixel(source, u, v, border, taps, sharpness, lowest, highest, integer, fill, weights, out):  # type: ignore[no-untyped-def]
    """Write the channels of the pixel at source point (u, v), wherever its taps are; `weights` is (2, 8) to work in."""
    height, width, channels = source.shape
    half = 0.5 if taps == 1 else 0.0
    u, v = min(max(u + half, -_FAR), _FAR), min(max(v + half, -_FAR), _FAR)
    column, row = np.int64(np.floor(u)), np.int64(np.floor(v))
    if taps == 1:
        left, top = border_index(column, width, border), border_index(row, height, border)
        for c in range(channels):
            out[c] = fill[c] if top < 0 or left < 0 else source[top, left, c]
        return
    fx, fy = u - column, v - row
    if taps == 2:
        left, top = border_index(column, width, border), border_index(row, height, border)
        right, bottom = border_index(column + 1, width, border), border_index(row + 1, height, border)
        for c in range(channels):
            upper = _lerp(_tap(source, top, left, c, fill), _tap(source, top, right, c, fill), fx)
            lower = _lerp(_tap(source, bottom, left, c, fill), _tap(source, bottom, right, c, fill), fx)
            value = _lerp(upper, lower, fy)
            out[c] = np.floor(value + 0.5) if integer else value
        return
    _axis_weights(fx, taps, sharpness, weights[0])
    _axis_weights(fy, taps, sharpness, weights[1])
    before = taps // 2 - 1
    for c in range(channels):
        total = 0.0
        for j in range(taps):
            if weights[1, j] != 0.0:
                from_row = border_index(row - before + j, height, border)
                across = 0.0
                for i in range(taps):
                    if weights[0, i] != 0.0:
                        from_column = border_index(column - before + i, width, border)
                        across += weights[0, i] * _tap(source, from_row, from_column, c, fill)
                total += weights[1, j] * across
        out[c] = min(max(np.floor(total + 0.5), lowest), highest) if integer else total


@kernel(
    "void({T}[:,:,::1], f8[:,::1], i8, i8, i8[:,::1], i8, i8, i8, i8, f8, f8, f8, b1, {T}[::1], {T}[:,:,::1])",
    types=("u1", "u2", "i2", "i4", "f4", "f8"),
)
def _around(  # type: ignore[no-untyped-def]
    source, m, x, y, spans, start, stop, border, taps, sharpness, lowest, highest, integer, fill, out
):
    channels = fill.size
    columns = out.shape[1]
    weights = np.empty((2, 8))
    fill_row = np.empty(columns * channels, fill.dtype)
    for i in range(fill_row.size):
        fill_row[i] = fill[i % channels]
    for row in range(start, stop):
        line = float(y + row)
        wanted = 2 if border == _CONSTANT else 0
        first, end = spans[row, wanted], spans[row, wanted + 1]
        inner, outer = min(spans[row, 6], end), max(spans[row, 7], first)
        if spans[row, 6] >= spans[row, 7]:
            inner, outer = end, end
        flat = out[row].reshape(columns * channels)
        for i in range(np.uint64(first * channels)):
            flat[i] = fill_row[i]
        for i in range(np.uint64(end * channels), np.uint64(columns * channels)):
            flat[i] = fill_row[i]
        for side in range(2):
            for column in range(first if side == 0 else outer, inner if side == 0 else end):
                q = float(x + column)
                w = m[2, 0] * q + (m[2, 1] * line + m[2, 2])
                u = (m[0, 0] * q + (m[0, 1] * line + m[0, 2])) / w
                v = (m[1, 0] * q + (m[1, 1] * line + m[1, 2])) / w
                border_pixel(
                    source, u, v, border, taps, sharpness, lowest, highest, integer, fill, weights, out[row, column]
                )


def pixel_range(dtype: np.dtype[np.generic]) -> tuple[float, float]:
    """The least and the greatest value of a dtype."""
    limits: Any = np.iinfo(dtype.name) if dtype.kind in "iu" else np.finfo(dtype.name)
    return float(limits.min), float(limits.max)


def around(
    source: Array,
    m: Array,
    region: Region,
    spans: Array,
    start: int,
    stop: int,
    out: Array,
    *,
    border: str,
    interpolation: str,
    fill: Array,
) -> None:
    """Write every pixel of rows `start:stop` that the kernels for the inside leave.

    A tap outside the source is, for an image `abcd`: the fill (constant); `aaa|abcd|ddd` (replicate); `cba|abcd|dcb`
    (reflect); `dcb|abcd|cba` (reflect_101); `bcd|abcd|abc` (wrap). Behind the horizon there is only the fill.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C), any pixel dtype, the same.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 8) int64, as `write_spans` makes them.
    fill
        (C,), the dtype of the source.
    """
    lowest, highest = pixel_range(source.dtype)
    _around(
        source,
        m,
        region.x,
        region.y,
        spans,
        start,
        stop,
        BORDERS.index(border),
        TAPS[interpolation],
        SHARPNESS.get(interpolation, 0.0),
        lowest,
        highest,
        source.dtype.kind != "f",
        fill,
        out,
    )
