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


@inline
def _lerp(a, b, f):  # type: ignore[no-untyped-def]
    """Equal taps give just that: an infinite pixel stays infinite, a constant image constant."""
    return a if a == b else (type(f)(1) - f) * a + f * b


@inline
def _addresses_of_taps(a, pixel, stride, x, y):  # type: ignore[no-untyped-def]
    """A tap without weight gives way to its neighbour: it may be NaN, or outside."""
    right = pixel if x > 0 else np.uint64(0)
    below = stride if y > 0 else np.uint64(0)
    return a, a + right, a + below, a + right + below


@inline
def _fetch_1(source, stride, lo, hi, addresses, across, down, taps, fx, fy):  # type: ignore[no-untyped-def]
    one = np.uint64(1)
    for i in range(np.uint64(lo), np.uint64(hi)):
        x, y = across[i], down[i]
        a, b, c, d = _addresses_of_taps(np.uint64(addresses[i]), one, stride, x, y)
        taps[0, i] = source[a]
        taps[1, i] = source[b]
        taps[2, i] = source[c]
        taps[3, i] = source[d]
        fx[i] = x
        fy[i] = y


@inline
def _copy_4(source, a, to, at):  # type: ignore[no-untyped-def]
    """One vector: the compiler merges the loads, and the stores."""
    v0, v1, v2, v3 = source[a], source[a + np.uint64(1)], source[a + np.uint64(2)], source[a + np.uint64(3)]
    to[at] = v0
    to[at + np.uint64(1)] = v1
    to[at + np.uint64(2)] = v2
    to[at + np.uint64(3)] = v3


@inline
def _fetch_4(source, channels, stride, lo, hi, addresses, across, down, taps, fx, fy):  # type: ignore[no-untyped-def]
    """Three or four channels, always fetched as four."""
    pixel = np.uint64(channels)
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    last = source.size - 4
    for i in range(np.uint64(lo), np.uint64(hi)):
        x, y = across[i], down[i]
        a, b, c, d = _addresses_of_taps(np.uint64(addresses[i]), pixel, stride, x, y)
        at = i * np.uint64(4)
        if np.int64(d) <= last:
            _copy_4(source, a, taps[0], at)
            _copy_4(source, b, taps[1], at)
            _copy_4(source, c, taps[2], at)
            _copy_4(source, d, taps[3], at)
        else:
            for k in range(pixel):
                taps[0, at + k] = source[a + k]
                taps[1, at + k] = source[b + k]
                taps[2, at + k] = source[c + k]
                taps[3, at + k] = source[d + k]
        fx[at] = x
        fx[at + one] = x
        fx[at + two] = x
        fx[at + three] = x
        fy[at] = y
        fy[at + one] = y
        fy[at + two] = y
        fy[at + three] = y


@inline
def _blend(a, b, c, d, fx, fy, begin, end, values):  # type: ignore[no-untyped-def]
    real = type(fx[0])
    for k in range(np.uint64(begin), np.uint64(end)):
        upper = _lerp(real(a[k]), real(b[k]), fx[k])
        lower = _lerp(real(c[k]), real(d[k]), fx[k])
        values[k] = _lerp(upper, lower, fy[k])


@inline
def _any_channels(source, channels, stride, lo, hi, addresses, across, down, integer, out, at):  # type: ignore[no-untyped-def]
    real = type(across[0])
    pixel = np.uint64(channels)
    for i in range(np.uint64(lo), np.uint64(hi)):
        x, y = across[i], down[i]
        a, b, c, d = _addresses_of_taps(np.uint64(addresses[i]), pixel, stride, x, y)
        for k in range(pixel):
            upper = _lerp(real(source[a + k]), real(source[b + k]), x)
            lower = _lerp(real(source[c + k]), real(source[d + k]), x)
            value = _lerp(upper, lower, y)
            out[at + k] = np.floor(value + real(0.5)) if integer else value
        at += pixel


@inline
def _store(values, lanes, channels, begin, count, integer, out, at):  # type: ignore[no-untyped-def]
    half = type(values[0])(0.5)
    for i in range(np.uint64(count)):
        for k in range(np.uint64(channels)):
            value = values[(begin + i) * np.uint64(lanes) + k]
            out[at + i * np.uint64(channels) + k] = np.floor(value + half) if integer else value


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8[:,::1], i8, i8, b1, {t}[:,::1], {r}[:,::1], {t}[::1])"
        for t, r in _REALS.items()
    )
)
def _linear(  # type: ignore[no-untyped-def]
    source, width, height, channels, m, x, y, columns, spans, start, stop, integer, taps, buffers, out
):
    addresses = np.zeros(CHUNK, np.int64)
    across, down, fx, fy, values = buffers[0], buffers[1], buffers[2], buffers[3], buffers[4]
    t0, t1, t2, t3 = taps[0], taps[1], taps[2], taps[3]
    stride = np.uint64(width * channels)
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                _coordinates(m, left, float(y + row), lo, hi, width, height, channels, addresses, across, down)
                begin, count = np.uint64(lo), hi - lo
                at = np.uint64((row * columns + left - x + lo) * channels)
                if channels == 1:
                    _fetch_1(source, stride, lo, hi, addresses, across, down, taps, fx, fy)
                    _blend(t0, t1, t2, t3, fx, fy, lo, hi, values)
                    _store(values, 1, 1, begin, count, integer, out, at)
                elif channels == 3:
                    _fetch_4(source, 3, stride, lo, hi, addresses, across, down, taps, fx, fy)
                    _blend(t0, t1, t2, t3, fx, fy, 4 * lo, 4 * hi, values)
                    _store(values, 4, 3, begin, count, integer, out, at)
                elif channels == 4:
                    _fetch_4(source, 4, stride, lo, hi, addresses, across, down, taps, fx, fy)
                    _blend(t0, t1, t2, t3, fx, fy, 4 * lo, 4 * hi, values)
                    _store(values, 4, 4, begin, count, integer, out, at)
                else:
                    _any_channels(source, channels, stride, lo, hi, addresses, across, down, integer, out, at)


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
        np.zeros((4, 4 * CHUNK), source.dtype),
        np.zeros((5, 4 * CHUNK), real),
        out.reshape(-1),
    )
