"""The nearest source pixel for output pixels inside the source: any pixel type, any number of channels.

Work goes over tiles, and in a tile over rows of CHUNK pixels, which begin at multiples of CHUNK in the output, whatever
part of it is computed. Coordinates are relative to the source pixel at the chunk's centre, in float32, which carries
them to 1e-4 px at scale 1; chunks in which they run further than _REACH source pixels, or in which w changes by more
than a quarter, go through float64.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.warp.spans import Region

CHUNK = 256
_TILE_ROWS = 32
_FRACTION_BITS = 15
_ONE = 1 << _FRACTION_BITS
_REACH = 1024
_LONGEST_ROW = 1 << 19  # elements, so that offsets of 2 * _REACH rows fit into 32 bits
_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def _fast(function):  # type: ignore[no-untyped-def]
    return inline(function, fastmath=True)


@_fast
def _relative(a0, a1, b0, b1, w1, left, right, top, bottom, stride, channels, offsets):  # type: ignore[no-untyped-def]
    """Offsets from the source pixel at the chunk's centre, for the whole chunk."""
    one = np.float32(1)
    half = np.int32(_ONE // 2)
    for i in range(CHUNK):
        x = np.float32(np.int32(i)) - np.float32(CHUNK // 2)
        r = one / (one + w1 * x)
        u = np.int32(np.int32(np.int32((a0 + a1 * x) * r) + half) >> _FRACTION_BITS)
        v = np.int32(np.int32(np.int32((b0 + b1 * x) * r) + half) >> _FRACTION_BITS)
        row = np.int32(np.int32(min(max(v, top), bottom)) * stride)
        offsets[i] = np.int32(row + np.int32(np.int32(min(max(u, left), right)) * channels))


@inline
def _absolute(m, left, y, lo, hi, width, height, channels, addresses):  # type: ignore[no-untyped-def]
    p_line = m[0, 1] * y + m[0, 2]
    q_line = m[1, 1] * y + m[1, 2]
    w_line = m[2, 1] * y + m[2, 2]
    for i in range(lo, hi):
        x = float(left + i)
        w = m[2, 0] * x + w_line
        column = min(max(np.floor((m[0, 0] * x + p_line) / w + 0.5), 0.0), width - 1.0)
        row = min(max(np.floor((m[1, 0] * x + q_line) / w + 0.5), 0.0), height - 1.0)
        addresses[i] = (int(row) * width + int(column)) * channels


@inline
def _bound(value):  # type: ignore[no-untyped-def]
    """A limit of relative indices; beyond 2 * _REACH there are none."""
    return np.int32(min(max(value, -2.0 * _REACH), 2.0 * _REACH))


@inline
def _addresses(m, left, y, lo, hi, width, height, channels, offsets, addresses):  # type: ignore[no-untyped-def]
    half = CHUNK // 2
    centre = float(left + half)
    p = m[0, 0] * centre + (m[0, 1] * y + m[0, 2])
    q = m[1, 0] * centre + (m[1, 1] * y + m[1, 2])
    w = m[2, 0] * centre + (m[2, 1] * y + m[2, 2])
    stride = width * channels
    if abs(m[2, 0]) * half <= 0.25 * w and stride <= _LONGEST_ROW:
        r = 1.0 / w
        u, v = np.floor(p * r), np.floor(q * r)
        a0, a1 = (p - u * w) * r, (m[0, 0] - u * m[2, 0]) * r
        b0, b1 = (q - v * w) * r, (m[1, 0] - v * m[2, 0]) * r
        if max(abs(a0) + half * abs(a1), abs(b0) + half * abs(b1)) <= 0.75 * _REACH:
            _relative(
                np.float32(a0 * _ONE),
                np.float32(a1 * _ONE),
                np.float32(b0 * _ONE),
                np.float32(b1 * _ONE),
                np.float32(m[2, 0] * r),
                _bound(-u),
                _bound(width - 1 - u),
                _bound(-v),
                _bound(height - 1 - v),
                np.int32(stride),
                np.int32(channels),
                offsets,
            )
            base = int(v) * stride + int(u) * channels
            for i in range(CHUNK):
                addresses[i] = base + np.int64(offsets[i])
            return
    _absolute(m, left, y, lo, hi, width, height, channels, addresses)


@inline
def _touch(source, lo, hi, addresses):  # type: ignore[no-untyped-def]
    """Read ahead: these loads wait for memory all at once, those of the copy would one after the other."""
    seen = source[0]
    for i in range(np.uint64(lo), np.uint64(hi), np.uint64(16)):
        seen |= source[np.uint64(addresses[i])]
    return seen


@kernel(
    "void({T}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, {T}[::1], {T}[::1])",
    types=("u1", "u2", "u4", "u8"),
)
def _nearest(source, width, height, channels, m, x, y, columns, spans, start, stop, seen, out):  # type: ignore[no-untyped-def]
    offsets, addresses = np.zeros(CHUNK, np.int32), np.zeros(CHUNK, np.int64)
    pixel, one, two = np.uint64(channels), np.uint64(1), np.uint64(2)
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                _addresses(m, left, float(y + row), lo, hi, width, height, channels, offsets, addresses)
                seen[0] = _touch(source, lo, hi, addresses)
                at = np.uint64((row * columns + left - x + lo) * channels)
                if channels == 1:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        out[at] = source[np.uint64(addresses[i])]
                        at += one
                elif channels == 3:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        a = np.uint64(addresses[i])
                        r, g, b = source[a], source[a + one], source[a + two]
                        out[at] = r
                        out[at + one] = g
                        out[at + two] = b
                        at += pixel
                else:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        a = np.uint64(addresses[i])
                        for k in range(pixel):
                            out[at + k] = source[a + k]
                        at += pixel


def nearest(source: Array, m: Array, region: Region, spans: Array, start: int, stop: int, out: Array) -> None:
    """Write the pixels inside the source, rows `start:stop`: the source pixel at `floor(coordinate + 0.5)`.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C), any pixel dtype, the same.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 6) int64, as `write_spans` makes them.
    """
    height, width, channels = source.shape
    bits = _BITS[source.dtype.itemsize]
    _nearest(
        source.reshape(-1).view(bits),
        width,
        height,
        channels,
        m,
        region.x,
        region.y,
        region.width,
        spans,
        start,
        stop,
        np.zeros(1, bits),
        out.reshape(-1).view(bits),
    )
