"""Linear interpolation of output pixels whose taps lie inside the source: any pixel type, any number of channels.

Coordinates are float64. A row is worked off in chunks: coordinates first, for all pixels at once, then taps and blends.
Tiles keep the part of the source that is read in the caches when rows of the output run across rows of the source.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.warp.spans import Region

CHUNK = 256
_TILE_ROWS = 32
_CACHE_LINE = 64
_REALS = {"u1": "f4", "u2": "f4", "i2": "f4", "f4": "f4", "i4": "f8", "f8": "f8"}
"""Type of the arithmetic; float32 holds 16-bit integers with 8 bits to spare."""


def _fused(function):  # type: ignore[no-untyped-def]
    return inline(function, fastmath=True)


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


@inline
def _touch(source, channels, stride, lo, hi, addresses):  # type: ignore[no-untyped-def]
    """Read ahead: these loads wait for memory all at once, those of the blend would one after the other."""
    seen = source[0]
    step = np.uint64(max(_CACHE_LINE // (channels * source.itemsize), 1))
    for i in range(np.uint64(lo), np.uint64(hi), step):
        seen = max(seen, source[np.uint64(addresses[i]) + stride])
    return seen


@_fused
def _bilinear(source, a, b, c, d, x, y):  # type: ignore[no-untyped-def]
    """For finite taps; a tap without weight has no influence, and a constant image stays constant."""
    real = type(x)
    upper, lower = real(source[a]), real(source[c])
    upper += (real(source[b]) - upper) * x
    lower += (real(source[d]) - lower) * x
    return upper + (lower - upper) * y


@inline
def _blend_1(source, stride, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    one = np.uint64(1)
    for i in range(np.uint64(lo), np.uint64(hi)):
        a = np.uint64(addresses[i])
        c = a + stride
        values[i] = _bilinear(source, a, a + one, c, c + one, across[i], down[i])


@inline
def _blend_fours(source, channels, stride, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    """Four channels at a time, which the compiler packs into vectors; the next pixel overwrites what is too much."""
    pixel = np.uint64(channels)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for i in range(np.uint64(lo), np.uint64(hi)):
        x, y = across[i], down[i]
        for group in range(0, channels, 4):
            first = np.uint64(max(min(group, channels - 4), 0))
            a = np.uint64(addresses[i]) + first
            b, c = a + pixel, a + stride
            d = c + pixel
            v0 = _bilinear(source, a, b, c, d, x, y)
            v1 = _bilinear(source, a + one, b + one, c + one, d + one, x, y)
            v2 = _bilinear(source, a + two, b + two, c + two, d + two, x, y)
            v3 = _bilinear(source, a + three, b + three, c + three, d + three, x, y)
            at = i * pixel + first
            values[at] = v0
            values[at + one] = v1
            values[at + two] = v2
            values[at + three] = v3


@inline
def _lerp(a, b, f):  # type: ignore[no-untyped-def]
    """Equal taps give just that: an infinite pixel stays infinite."""
    return a if a == b else (type(f)(1) - f) * a + f * b


@inline
def _blend_any(source, channels, stride, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    """For all taps. One without weight gives way to its neighbour: it may be NaN, or outside."""
    real = type(across[0])
    pixel, none = np.uint64(channels), np.uint64(0)
    for i in range(np.uint64(lo), np.uint64(hi)):
        x, y = across[i], down[i]
        right, below = pixel if x > 0 else none, stride if y > 0 else none
        for k in range(pixel):
            a = np.uint64(addresses[i]) + k
            upper = _lerp(real(source[a]), real(source[a + right]), x)
            lower = _lerp(real(source[a + below]), real(source[a + below + right]), x)
            values[i * pixel + k] = _lerp(upper, lower, y)


@_fused
def _all_finite(values, begin, end):  # type: ignore[no-untyped-def]
    zero = type(values[0])(0)
    total = zero
    for k in range(np.uint64(begin), np.uint64(end)):
        total += values[k] * zero
    return total == zero


@inline
def _store(values, begin, end, integer, out, at):  # type: ignore[no-untyped-def]
    half = type(values[0])(0.5)
    first = np.uint64(begin)
    if integer:
        for k in range(np.uint64(end - begin)):
            out[at + k] = np.floor(values[first + k] + half)
    else:
        for k in range(np.uint64(end - begin)):
            out[at + k] = values[first + k]


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, b1,"
        f"{r}[:,::1], {r}[::1], {t}[::1], {t}[::1])"
        for t, r in _REALS.items()
    ),
    packed=True,
)
def _linear(  # type: ignore[no-untyped-def]
    source, width, height, channels, m, x, y, columns, spans, start, stop, integer, fractions, values, seen, out
):
    addresses = np.zeros(CHUNK, np.int64)
    across, down = fractions[0], fractions[1]
    stride = np.uint64(width * channels)
    far = height - 3.0
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                line = float(y + row)
                _coordinates(m, left, line, lo, hi, width, height, channels, addresses, across, down)
                begin, end = lo * channels, hi * channels
                # v runs one way along a row: its ends tell whether a row of the source is left below all taps.
                q_line, w_line = m[1, 1] * line + m[1, 2], m[2, 1] * line + m[2, 2]
                first, last = float(left + lo), float(left + hi - 1)
                q0, w0 = m[1, 0] * first + q_line, m[2, 0] * first + w_line
                q1, w1 = m[1, 0] * last + q_line, m[2, 0] * last + w_line
                simple = q0 <= far * w0 and q1 <= far * w1 and stride >= 4
                if simple:
                    seen[0] = _touch(source, channels, stride, lo, hi, addresses)
                    if channels == 1:
                        _blend_1(source, stride, lo, hi, addresses, across, down, values)
                    elif channels == 3:
                        _blend_fours(source, np.int64(3), stride, lo, hi, addresses, across, down, values)
                    else:
                        _blend_fours(source, channels, stride, lo, hi, addresses, across, down, values)
                if not simple or not (integer or _all_finite(values, begin, end)):
                    _blend_any(source, channels, stride, lo, hi, addresses, across, down, values)
                _store(values, begin, end, integer, out, np.uint64((row * columns + left - x + lo) * channels))


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
        np.zeros(CHUNK * channels + 4, real),
        np.zeros(1, source.dtype),
        out.reshape(-1),
    )
