"""Linear interpolation of bytes in 1, 3 or 4 channels at the points of a map: the fast path of `remap`."""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, pick, select, store
from geometry.warp.border import BORDERS, border_pixel
from geometry.warp.bytes import blend_words, gather_words
from geometry.warp.chunk import BLOCK, CHUNK, read_ahead
from geometry.warp.spans import EDGE
from geometry.warp.taps import OVERSHOOT

LARGEST = 2**31 - 1  # bytes of a source whose offsets fit into 32 bits


@lanes
def _locate(
    i: Operand, points: Operand, at: Operand, right: Operand, bottom: Operand, stride: Operand, pixel: Operand,
    offsets: Operand, across: Operand, down: Operand, taken: Operand,
) -> None:  # fmt: skip
    """Offsets of the upper left taps, and fractions, of points[at:]; those without room around them are not taken."""
    both = load(points, at, 2 * LANES)
    u, v = pick(both, range(0, 2 * LANES, 2)), pick(both, range(1, 2 * LANES, 2))
    inside = (u >= -EDGE) & (u <= right + EDGE) & (v >= -EDGE) & (v < bottom)
    store(taken, i, cast(inside, np.uint8))
    u, v = select(inside & (u > 0.0), u, 0.0), select(inside & (v > 0.0), v, 0.0)
    u = select(u < right, u, right)
    column, row = floor(u), floor(v)
    store(offsets, i, cast(row, np.int32) * stride + cast(column, np.int32) * pixel)
    store(across, i, cast(u - column, np.float32))
    store(down, i, cast(v - row, np.float32))


@inline
def _all_taken(taken, count):  # type: ignore[no-untyped-def]
    least = np.uint8(1)
    for i in range(count):
        least = min(least, taken[i])
    return least == np.uint8(1)


@kernel("void(u1[::1], i8, i8, i8, {T}[::1], i8, i8, i8, i8, u1[::1], u1[::1])", types=("f4", "f8"))
def _linear_mapped(source, width, height, channels, points, columns, start, stop, border, fill, out):  # type: ignore[no-untyped-def]
    offsets, taken = np.zeros(CHUNK, np.int32), np.zeros(CHUNK, np.uint8)
    across, down = np.zeros(CHUNK, np.float32), np.zeros(CHUNK, np.float32)
    upper, lower = np.zeros(CHUNK, np.uint64), np.zeros(CHUNK, np.uint64)
    blended, rest, weights = np.zeros(CHUNK * 4, np.uint8), np.zeros(2 * BLOCK, points.dtype), np.empty((2, 8))
    stride = width * channels
    image = source.reshape(height, width, channels)
    real = type(points[0])
    roomy = height > 2 and stride >= OVERSHOOT
    right, bottom = real(width - 1), real(height - 2)
    for row in range(start, stop):
        for left in range(0, columns, CHUNK):
            count = min(CHUNK, columns - left)
            whole = count // BLOCK * BLOCK
            begin = 2 * ((row - start) * columns + left)
            at = (row * columns + left) * channels
            if roomy:
                for i in range(np.uint64(0), np.uint64(whole), np.uint64(BLOCK)):
                    first = np.uint64(begin) + np.uint64(2) * i
                    _locate(
                        i, points, first, right, bottom, np.int32(stride), np.int32(channels), offsets, across, down,
                        taken,
                    )  # fmt: skip
                if whole < count:
                    for k in range(2 * (count - whole)):
                        rest[k] = points[begin + 2 * whole + k]
                    _locate(
                        np.uint64(whole), rest, np.uint64(0), right, bottom, np.int32(stride), np.int32(channels),
                        offsets, across, down, taken,
                    )  # fmt: skip
                for i in range(np.uint64(0), np.uint64(count), np.uint64(BLOCK)):
                    read_ahead(source, np.int64(offsets[i]) + 4 * stride)
                gather_words(source, channels, 0, stride, 0, count, offsets, upper, lower)
                blend_words(channels, 0, -(-count // BLOCK) * BLOCK, upper, lower, across, down, blended)
                for byte in range(np.uint64(count * channels)):
                    out[np.uint64(at) + byte] = blended[byte]
            else:
                taken[:] = 0
            if not _all_taken(taken, count):
                for i in range(count):
                    if not taken[i]:
                        u, v = float(points[begin + 2 * i]), float(points[begin + 2 * i + 1])
                        seen = (u > -1.0) & (u < width) & (v > -1.0) & (v < height)
                        place = at + i * channels
                        if u != u or v != v or (border == 0 and not seen):
                            for c in range(channels):
                                out[place + c] = fill[c]
                        else:
                            border_pixel(
                                image, u, v, border, 2, 0.0, 0.0, 255.0, True, fill, weights,
                                out[place : place + channels],
                            )  # fmt: skip


def linear_mapped(source: Array, points: Array, start: int, stop: int, out: Array, *, border: str, fill: Array) -> None:
    """Write rows `start:stop` from 8-bit images of 1, 3 or 4 channels, below 2 GiB.

    `out = (1-fy) ((1-fx) a + fx b) + fy ((1-fx) c + fx d)` in float32, rounded to the nearest, ties up.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C) uint8.
    points
        (stop - start, width, 2), float32 or float64: source points (u, v).
    fill
        (C,) uint8.
    """
    height, width, channels = source.shape
    _linear_mapped(
        source.reshape(-1), width, height, channels, points.reshape(-1), out.shape[1], start, stop,
        BORDERS.index(border), fill, out.reshape(-1),
    )  # fmt: skip
