"""Output pixels whose taps lie inside the source: linear and nearest, any pixel type, any number of channels.

Coordinates are float64 throughout. They are computed for up to CHUNK pixels of a row at once, before the pixels are fetched;
tiles keep the part of the source that is read in the caches when rows of the output run across rows of the source.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.warp.spans import Region

CHUNK = 256
_TILE_ROWS = 32
_SINGLE = ("uint8", "uint16", "int16", "float32")  # float32 holds them exactly, with 8 bits to spare
_REALS = {"u1": "f4", "u2": "f4", "i2": "f4", "f4": "f4", "i4": "f8", "f8": "f8"}
_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


@inline
def _coordinates(m, left, y, lo, hi, us, vs):  # type: ignore[no-untyped-def]
    p_line = m[0, 1] * y + m[0, 2]
    q_line = m[1, 1] * y + m[1, 2]
    w_line = m[2, 1] * y + m[2, 2]
    p_step, q_step, w_step = m[0, 0], m[1, 0], m[2, 0]
    for i in range(lo, hi):
        x = np.float64(np.int32(left + i))
        w = w_step * x + w_line
        us[i] = (p_step * x + p_line) / w
        vs[i] = (q_step * x + q_line) / w


@inline
def _lerp(a, b, near, far):  # type: ignore[no-untyped-def]
    """Equal taps give just that: an infinite pixel stays infinite, a constant image constant."""
    return a if a == b else near * a + far * b


@inline
def _blend(source, a, right, below, channels, fx, fy, integer, line, at):  # type: ignore[no-untyped-def]
    real = fx.dtype.type
    x, y = fx[0], fy[0]
    for c in range(np.uint64(channels)):
        b = a + np.uint64(c)
        upper = _lerp(real(source[b]), real(source[b + right]), real(1) - x, x)
        b += below
        lower = _lerp(real(source[b]), real(source[b + right]), real(1) - x, x)
        value = _lerp(upper, lower, real(1) - y, y)
        line[at + np.uint64(c)] = np.floor(value + real(0.5)) if integer else value


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8[:,::1], i8, i8, b1, {r}[::1], {t}[:,::1])"
        for t, r in _REALS.items()
    )
)
def _linear(source, width, height, channels, m, x, y, spans, start, stop, integer, fractions, out):  # type: ignore[no-untyped-def]
    us, vs = np.empty(CHUNK), np.empty(CHUNK)
    real = fractions.dtype.type
    last_column, last_row = float(width - 1), float(height - 1)
    stride = np.uint64(width * channels)
    pixel = np.uint64(channels)
    none = np.uint64(0)
    columns = out.shape[1] // channels
    fx, fy = fractions[:1], fractions[1:]
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                _coordinates(m, left, float(y + row), lo, hi, us, vs)
                line = out[row]
                for i in range(np.uint64(lo), np.uint64(hi)):
                    u = min(max(us[i], 0.0), last_column)
                    v = min(max(vs[i], 0.0), last_row)
                    column, over = np.int64(u), np.int64(v)
                    fx[0] = real(u - column)
                    fy[0] = real(v - over)
                    # A tap without weight is replaced by its neighbour: it may be NaN, or outside.
                    right = pixel if fx[0] > 0 else none
                    below = stride if fy[0] > 0 else none
                    a = np.uint64(over) * stride + np.uint64(column) * pixel
                    at = np.uint64(left - x + np.int64(i)) * pixel
                    if channels == 1:
                        _blend(source, a, right, below, 1, fx, fy, integer, line, at)
                    elif channels == 3:
                        _blend(source, a, right, below, 3, fx, fy, integer, line, at)
                    else:
                        _blend(source, a, right, below, channels, fx, fy, integer, line, at)


def linear(source: Array, m: Array, region: Region, spans: Array, start: int, stop: int, out: Array) -> None:
    """Write the pixels inside the source, rows `start:stop`, interpolated linearly.

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
    fractions = np.empty(2, "float32" if source.dtype.name in _SINGLE else "float64")
    flat = out.reshape(out.shape[0], -1)
    integer = source.dtype.kind != "f"
    _linear(
        source.reshape(-1), width, height, channels, m, region.x, region.y, spans, start, stop, integer, fractions, flat
    )


@inline
def _copy(source, a, channels, line, at):  # type: ignore[no-untyped-def]
    for c in range(np.uint64(channels)):
        line[at + np.uint64(c)] = source[a + np.uint64(c)]


@kernel(
    "void({T}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8[:,::1], i8, i8, {T}[:,::1])", types=("u1", "u2", "u4", "u8")
)
def _nearest(source, width, height, channels, m, x, y, spans, start, stop, out):  # type: ignore[no-untyped-def]
    us, vs = np.empty(CHUNK), np.empty(CHUNK)
    offsets = np.empty(CHUNK, np.uint64)
    last_column, last_row = float(width - 1), float(height - 1)
    stride = width * channels
    columns = out.shape[1] // channels
    for tile in range(start, stop, _TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + _TILE_ROWS, stop)):
                lo = max(x + spans[row, 4], left) - left
                hi = min(x + spans[row, 5], left + CHUNK) - left
                if lo >= hi:
                    continue
                _coordinates(m, left, float(y + row), lo, hi, us, vs)
                for i in range(lo, hi):
                    column = np.int64(min(max(us[i] + 0.5, 0.0), last_column))
                    over = np.int64(min(max(vs[i] + 0.5, 0.0), last_row))
                    offsets[i] = np.uint64(over * stride + column * channels)
                line = out[row]
                if channels == 1:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        _copy(source, offsets[i], 1, line, np.uint64(left - x + np.int64(i)))
                elif channels == 3:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        _copy(source, offsets[i], 3, line, np.uint64(3 * (left - x + np.int64(i))))
                else:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        _copy(source, offsets[i], channels, line, np.uint64(channels * (left - x + np.int64(i))))


def nearest(source: Array, m: Array, region: Region, spans: Array, start: int, stop: int, out: Array) -> None:
    """Write the pixels inside the source, rows `start:stop`, from the source pixel at `floor(coordinate + 0.5)`.

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
    flat = out.reshape(out.shape[0], -1).view(bits)
    _nearest(
        source.reshape(-1).view(bits), width, height, channels, m, region.x, region.y, spans, start, stop, flat
    )
