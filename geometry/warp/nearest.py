"""The nearest source pixel for output pixels inside the source: any pixel type, any number of channels.

Pixels are strings of bytes here. Coordinates are those of short chunks, in float32, which carries them to 1e-4 px at
scale 1; others go through float64.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import Operand, lanes, load, store
from geometry.warp.chunk import BLOCK, CHUNK, TILE_ROWS, locate_nearest, read_ahead, rows_ahead, short_chunk
from geometry.warp.spans import Region

_ROWS_AHEAD = 4


@inline
def _absolute(m, left, y, lo, hi, width, height, pixel, addresses):  # type: ignore[no-untyped-def]
    p_line = m[0, 1] * y + m[0, 2]
    q_line = m[1, 1] * y + m[1, 2]
    w_line = m[2, 1] * y + m[2, 2]
    for i in range(lo, hi):
        x = float(left + i)
        w = m[2, 0] * x + w_line
        column = min(max(np.floor((m[0, 0] * x + p_line) / w + 0.5), 0.0), width - 1.0)
        row = min(max(np.floor((m[1, 0] * x + q_line) / w + 0.5), 0.0), height - 1.0)
        addresses[i] = (int(row) * width + int(column)) * pixel


@lanes
def _copy_1(source: Operand, address: Operand, out: Operand, at: Operand) -> None:
    store(out, at, load(source, address, 1))


@lanes
def _copy_4(source: Operand, address: Operand, out: Operand, at: Operand) -> None:
    store(out, at, load(source, address, 1, np.uint32))


@lanes
def _copy_8(source: Operand, address: Operand, out: Operand, at: Operand) -> None:
    store(out, at, load(source, address, 1, np.uint64))


@lanes
def _copy_16(source: Operand, address: Operand, out: Operand, at: Operand) -> None:
    store(out, at, load(source, address, 16, np.uint8))


@inline
def copy_pixels(source, pixel, lo, hi, addresses, copied):  # type: ignore[no-untyped-def]
    """Copy pixels `lo:hi`, up to 16 bytes too many, which the next one overwrites."""
    if pixel == 1:
        for i in range(np.uint64(lo), np.uint64(hi)):
            _copy_1(source, addresses[i], copied, i)
    elif pixel <= 4:
        for i in range(np.uint64(lo), np.uint64(hi)):
            _copy_4(source, addresses[i], copied, i * np.uint64(pixel))
    elif pixel <= 8:
        for i in range(np.uint64(lo), np.uint64(hi)):
            _copy_8(source, addresses[i], copied, i * np.uint64(pixel))
    else:
        for i in range(np.uint64(lo), np.uint64(hi)):
            for byte in range(0, pixel, 16):
                _copy_16(source, addresses[i] + byte, copied, np.int64(i) * pixel + byte)


@kernel("void(u1[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, u1[::1], u1[::1])")
def _nearest(source, width, height, pixel, m, x, y, columns, spans, start, stop, copied, out):  # type: ignore[no-untyped-def]
    offsets, addresses = np.zeros(CHUNK, np.int32), np.zeros(CHUNK, np.int64)
    stride = width * pixel
    last_address = source.size - max(pixel + 15, 16)
    for tile in range(start, stop, TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + TILE_ROWS, stop)):
                lo = max(x + spans[row, 6], left) - left
                hi = min(x + spans[row, 7], left + CHUNK) - left
                if lo >= hi:
                    continue
                line = float(y + row)
                short, u, v, a0, a1, b0, b1, w1 = short_chunk(m, left, line, stride)
                if short:
                    first, last = lo // BLOCK * BLOCK, -(-hi // BLOCK) * BLOCK
                    locate_nearest(
                        first, last, u, v, a0, a1, b0, b1, w1, float(width), float(height), stride, pixel, offsets
                    )
                    base = int(v) * stride + int(u) * pixel
                    for i in range(np.uint64(first), np.uint64(last)):
                        addresses[i] = base + np.int64(offsets[i])
                    ahead = rows_ahead(m, float(left + CHUNK // 2), line, u, v, _ROWS_AHEAD, stride, pixel)
                    for i in range(np.uint64(lo), np.uint64(hi), np.uint64(4 if abs(b1) > 1 / BLOCK else 16)):
                        read_ahead(source, addresses[i] + ahead)
                else:
                    _absolute(m, left, line, lo, hi, width, height, pixel, addresses)
                furthest = addresses[lo]
                for i in range(np.uint64(lo), np.uint64(hi)):
                    furthest = max(furthest, addresses[i])
                if furthest <= last_address:
                    copy_pixels(source, pixel, lo, hi, addresses, copied)
                else:
                    for i in range(lo, hi):
                        for byte in range(pixel):
                            copied[i * pixel + byte] = source[addresses[i] + byte]
                begin = np.uint64(lo * pixel)
                at = np.uint64((row * columns + left - x + lo) * pixel)
                for byte in range(np.uint64((hi - lo) * pixel)):
                    out[at + byte] = copied[begin + byte]


def nearest(source: Array, m: Array, region: Region, spans: Array, start: int, stop: int, out: Array) -> None:
    """Write the pixels inside the source, rows `start:stop`: the source pixel at `floor(coordinate + 0.5)`.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C), any pixel dtype, the same.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 8) int64, as `write_spans` makes them.
    """
    height, width, channels = source.shape
    pixel = channels * source.dtype.itemsize
    _nearest(
        source.reshape(-1).view(np.uint8),
        width,
        height,
        pixel,
        m,
        region.x,
        region.y,
        region.width,
        spans,
        start,
        stop,
        np.empty(CHUNK * pixel + 16, np.uint8),
        out.reshape(-1).view(np.uint8),
    )
