"""Linear interpolation of output pixels whose taps lie inside the source: any pixel type, any number of channels.

Coordinates are float64. A row is worked off in chunks: coordinates first, for all pixels at once, then taps and blends. Tiles
keep the part of the source that is read in the caches when rows of the output run across rows of the source.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.warp.spans import Region

CHUNK = 256
_TILE_ROWS = 32
_REALS = {"u1": "f4", "u2": "f4", "i2": "f4", "f4": "f4", "i4": "f8", "f8": "f8"}
"""Type of the arithmetic; float32 holds 16-bit integers with 8 bits to spare."""


@inline
def _coordinates(m, left, y, lo, hi, width, height, channels, addresses, across, down):  # type: ignore[no-untyped-def]
    """Addresses of the upper left taps, and fractions."""
    p_line = m[0, 1] * y + m[0, 2]
    q_line = m[1, 1] * y + m[1, 2]
    w_line = m[2, 1] * y + m[2, 2]
    p_step, q_step, w_step = m[0, 0], m[1, 0], m[2, 0]
    right, bottom = float(width - 1), float(height - 1)
    pixel, stride = float(channels), float(width * channels)
    start = float(left)
    for i in range(np.uint64(lo), np.uint64(hi)):
        x = start + np.float64(np.int32(i))
        w = w_step * x + w_line
        u = min(max((p_step * x + p_line) / w, 0.0), right)
        v = min(max((q_step * x + q_line) / w, 0.0), bottom)
        column, row = np.floor(u), np.floor(v)
        addresses[i] = np.int64(row * stride + column * pixel)
        across[i] = u - column
        down[i] = v - row


def _fused(function):  # type: ignore[no-untyped-def]
    return inline(function, fastmath=True)


@_fused
def _bilinear(source, a, b, c, d, x, y):  # type: ignore[no-untyped-def]
    """For finite taps; constant images stay constant."""
    real = type(x)
    upper, lower = real(source[a]), real(source[c])
    upper += (real(source[b]) - upper) * x
    lower += (real(source[d]) - lower) * x
    return upper + (lower - upper) * y


@inline
def _lerp(a, b, f):  # type: ignore[no-untyped-def]
    """Equal taps give just that: an infinite pixel stays infinite."""
    return a if a == b else (type(f)(1) - f) * a + f * b


@inline
def _bilinear_of_any(source, a, right, below, x, y, channels, integer, out, at):  # type: ignore[no-untyped-def]
    """For all taps. One without weight gives way to its neighbour: it may be NaN, or outside."""
    real = type(x)
    b = a + (right if x > 0 else np.uint64(0))
    step = below if y > 0 else np.uint64(0)
    for k in range(channels):
        upper = _lerp(real(source[a + k]), real(source[b + k]), x)
        lower = _lerp(real(source[a + step + k]), real(source[b + step + k]), x)
        value = _lerp(upper, lower, y)
        out[at + k] = np.floor(value + real(0.5)) if integer else value


@inline
def _row(source, channels, stride, lo, hi, addresses, across, down, integer, out, at):  # type: ignore[no-untyped-def]
    real = type(across[0])
    half = real(0.5)
    pixel, one, two, three = np.uint64(channels), np.uint64(1), np.uint64(2), np.uint64(3)
    for i in range(np.uint64(lo), np.uint64(hi)):
        a, x, y = np.uint64(addresses[i]), across[i], down[i]
        finite = False
        if x > 0 and y > 0 and channels in (1, 3, 4):
            b, c = a + pixel, a + stride
            d = c + pixel
            v0 = _bilinear(source, a, b, c, d, x, y)
            v1 = v2 = v3 = real(0)
            if channels > 1:
                v1 = _bilinear(source, a + one, b + one, c + one, d + one, x, y)
                v2 = _bilinear(source, a + two, b + two, c + two, d + two, x, y)
            if channels > 3:
                v3 = _bilinear(source, a + three, b + three, c + three, d + three, x, y)
            size = abs(v0) + abs(v1) + abs(v2) + abs(v3)
            finite = integer or size < np.inf
            if finite:
                out[at] = np.floor(v0 + half) if integer else v0
                if channels > 1:
                    out[at + one] = np.floor(v1 + half) if integer else v1
                    out[at + two] = np.floor(v2 + half) if integer else v2
                if channels > 3:
                    out[at + three] = np.floor(v3 + half) if integer else v3
        if not finite:
            _bilinear_of_any(source, a, pixel, stride, x, y, pixel, integer, out, at)
        at += pixel


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, b1, {r}[:,::1], {t}[::1])"
        for t, r in _REALS.items()
    )
)
def _linear(source, width, height, channels, m, x, y, columns, spans, start, stop, integer, fractions, out):  # type: ignore[no-untyped-def]
    addresses = np.zeros(CHUNK, np.int64)
    across, down = fractions[0], fractions[1]
    stride = np.uint64(width * channels)
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                _coordinates(m, left, float(y + row), lo, hi, width, height, channels, addresses, across, down)
                at = np.uint64((row * columns + left - x + lo) * channels)
                if channels == 1:
                    _row(source, 1, stride, lo, hi, addresses, across, down, integer, out, at)
                elif channels == 3:
                    _row(source, 3, stride, lo, hi, addresses, across, down, integer, out, at)
                elif channels == 4:
                    _row(source, 4, stride, lo, hi, addresses, across, down, integer, out, at)
                else:
                    _row(source, channels, stride, lo, hi, addresses, across, down, integer, out, at)


def linear(source: Array, m: Array, region: Region, spans: Array, start: int, stop: int, out: Array) -> None:
    """Write the pixels inside the source, rows `start:stop`.

    `out = (1-fy) ((1-fx) a + fx b) + fy ((1-fx) c + fx d)` in float32, for int32 and float64 in float64; integers are
    rounded to the nearest, ties up.

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
    real = "float64" if source.dtype in (np.int32, np.float64) else "float32"
    _linear(
        source.reshape(-1),
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
        source.dtype.kind != "f",
        np.zeros((2, CHUNK), real),
        out.reshape(-1),
    )
