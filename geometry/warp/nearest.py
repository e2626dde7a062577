"""The nearest source pixel for output pixels inside the source: any pixel type, any number of channels."""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.warp.spans import Region

CHUNK = 256
_TILE_ROWS = 32
_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


@inline
def _addresses(m, left, y, lo, hi, width, height, channels, addresses):  # type: ignore[no-untyped-def]
    p_line = m[0, 1] * y + m[0, 2]
    q_line = m[1, 1] * y + m[1, 2]
    w_line = m[2, 1] * y + m[2, 2]
    p_step, q_step, w_step = m[0, 0], m[1, 0], m[2, 0]
    right, bottom = float(width - 1), float(height - 1)
    pixel, stride = float(channels), float(width * channels)
    start = float(left)
    for i in range(np.uint64(lo), np.uint64(hi)):
        x = start + np.float64(np.int32(i))
        r = 1.0 / (w_step * x + w_line)
        column = min(max(np.floor((p_step * x + p_line) * r + 0.5), 0.0), right)
        row = min(max(np.floor((q_step * x + q_line) * r + 0.5), 0.0), bottom)
        addresses[i] = np.int64(row * stride + column * pixel)


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
    addresses = np.zeros(CHUNK, np.int64)
    pixel, one, two = np.uint64(channels), np.uint64(1), np.uint64(2)
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                _addresses(m, left, float(y + row), lo, hi, width, height, channels, addresses)
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
