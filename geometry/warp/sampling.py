"""Interpolation of output pixels whose taps lie inside the source: any pixel type, any number of channels and taps.

Coordinates are float64. A row is worked off in chunks: coordinates first, for all pixels at once, then weights, then
taps. Tiles keep the part of the source that is read in the caches where rows of the output run across those of the
source.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import Operand, cast, floor, lanes, load, multiply_add, ramp, select, store
from geometry.warp.border import BORDERS, border_pixel, pixel_range
from geometry.warp.chunk import BLOCK, CHUNK, TILE_ROWS, read_ahead
from geometry.warp.spans import Region
from geometry.warp.taps import OVERSHOOT, sample_pixels
from geometry.warp.weights import SHARPNESS, TAPS, write_weights

_REALS = {"u1": "f4", "u2": "f4", "i2": "f4", "f4": "f4", "i4": "f8", "f8": "f8"}
"""Type of the arithmetic; float32 holds 16-bit integers with 8 bits to spare."""
_CACHE_LINE = 64
_ROWS_AHEAD = 4.0


def _quotient(p: Operand, w: Operand, inverse: Operand) -> Operand:
    """The quotient p / w, exact where it is a short number."""
    close = p * inverse
    return multiply_add(multiply_add(close * -1.0, w, p), inverse, close)


@lanes
def _source_points(
    i: Operand, left: Operand, p_step: Operand, p: Operand, q_step: Operand, q: Operand, w_step: Operand, w: Operand,
    us: Operand, vs: Operand,
) -> None:  # fmt: skip
    """Source coordinates of pixels i, i + 1, … of a chunk."""
    x = cast(ramp(i), np.float64) + left
    w = multiply_add(w_step, x, w)
    inverse = 1.0 / w
    store(us, i, _quotient(multiply_add(p_step, x, p), w, inverse))
    store(vs, i, _quotient(multiply_add(q_step, x, q), w, inverse))


@lanes
def _locate(
    i: Operand, us: Operand, vs: Operand, left: Operand, right: Operand, top: Operand, bottom: Operand, stride: Operand,
    channels: Operand, before: Operand, addresses: Operand, across: Operand, down: Operand,
) -> None:  # fmt: skip
    """Addresses of the upper left taps, and fractions, of points moved between the bounds."""
    u, v = load(us, i), load(vs, i)
    u, v = select(u > left, u, left), select(v > top, v, top)
    u, v = select(u < right, u, right), select(v < bottom, v, bottom)
    column, row = floor(u), floor(v)
    store(addresses, i, cast((row - before) * stride + (column - before) * channels, np.int64))
    store(across, i, cast(u - column, across.dtype))
    store(down, i, cast(v - row, down.dtype))


@inline
def _between(u, v, bounds):  # type: ignore[no-untyped-def]
    return (bounds[0, 0] <= u) & (u <= bounds[0, 1]) & (bounds[1, 0] <= v) & (v <= bounds[1, 1])


@inline
def _store(values, begin, end, lowest, highest, integer, out, at):  # type: ignore[no-untyped-def]
    real = type(values[0])
    half, low, high = real(0.5), real(lowest), real(highest)
    first = np.uint64(begin)
    if integer:
        for k in range(np.uint64(end - begin)):
            out[at + k] = min(max(np.floor(values[first + k] + half), low), high)
    else:
        for k in range(np.uint64(end - begin)):
            out[at + k] = values[first + k]


def _summing(function):  # type: ignore[no-untyped-def]
    return inline(function, fastmath=True)


@_summing
def _all_finite(values, begin, end):  # type: ignore[no-untyped-def]
    zero = type(values[0])(0)
    total = zero
    for k in range(np.uint64(begin), np.uint64(end)):
        total += values[k] * zero
    return total == zero


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, f8[:,::1], f8[:,:,::1], b1, f8[:,:,::1], i8, i8, i8, i8[:,::1], i8, i8, i8, f8,"
        f"f8, f8, i8, b1, {t}[::1], {r}[:,::1], {r}[::1], {t}[::1])"
        for t, r in _REALS.items()
    ),
)
def _interpolate(  # type: ignore[no-untyped-def]
    source, width, height, channels, m, points, mapped, bounds, x, y, columns, spans, start, stop, taps, sharpness,
    lowest, highest, border, integer, fill, weights, values, out
):  # fmt: skip
    addresses, u, v = np.zeros(CHUNK, np.int64), np.zeros(CHUNK), np.zeros(CHUNK)
    fractions_across, fractions_down = weights[0], weights[1]
    across = fractions_across if taps == 2 else weights[2]
    down = fractions_down if taps == 2 else weights[3]
    stride = width * channels
    pixel = np.uint64(channels)
    step = np.uint64(max(_CACHE_LINE // (channels * source.itemsize), 1))
    image = source.reshape(height, width, channels)
    own = np.empty((2, 8))
    reach, room = bounds[0], bounds[2]
    left_most, top_most = max(room[0, 0], 0.0), max(room[1, 0], 0.0)
    right_most, bottom_most = min(room[0, 1], width - 1.0), min(room[1, 1], height - 1.0)
    roomy = room[0, 0] <= room[0, 1] and room[1, 0] <= room[1, 1]
    for tile in range(start, stop, TILE_ROWS):
        for left in range(x // CHUNK * CHUNK, x + columns, CHUNK):
            for row in range(tile, min(tile + TILE_ROWS, stop)):
                lo, hi = max(x, left) - left, min(x + columns, left + CHUNK) - left
                if not mapped:
                    lo, hi = max(x + spans[row, 6] - left, lo), min(x + spans[row, 7] - left, hi)
                if lo >= hi:
                    continue
                first, last = lo // BLOCK * BLOCK, -(-hi // BLOCK) * BLOCK
                ahead = 0
                if mapped:
                    for i in range(lo, hi):
                        u[i] = points[row - start, left - x + i, 0]
                        v[i] = points[row - start, left - x + i, 1]
                else:
                    line = float(y + row)
                    p, q = m[0, 1] * line + m[0, 2], m[1, 1] * line + m[1, 2]
                    w = m[2, 1] * line + m[2, 2]
                    for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
                        _source_points(i, float(left), m[0, 0], p, m[1, 0], q, m[2, 0], w, u, v)
                    ahead = np.int64(_ROWS_AHEAD * np.rint(m[1, 1] / (m[2, 0] * (left + CHUNK // 2) + w))) * stride
                if roomy:
                    for i in range(np.uint64(first), np.uint64(last), np.uint64(BLOCK)):
                        _locate(
                            i, u, v, left_most, right_most, top_most, bottom_most, float(stride), float(channels),
                            float(taps // 2 - 1), addresses, fractions_across, fractions_down,
                        )  # fmt: skip
                    for i in range(np.uint64(lo), np.uint64(hi), step):
                        read_ahead(source, addresses[i] + ahead)
                    if taps > 2:
                        write_weights(taps, sharpness, first, last, fractions_across, across)
                        write_weights(taps, sharpness, first, last, fractions_down, down)
                    sample_pixels(source, stride, taps, channels, lo, hi, addresses, across, down, values)
                suspect = not (integer or _all_finite(values, lo * channels, hi * channels))
                if mapped or suspect:
                    for i in range(np.uint64(lo), np.uint64(hi)):
                        begin, end = i * pixel, (i + np.uint64(1)) * pixel
                        if roomy and _between(u[i], v[i], room) and (integer or _all_finite(values, begin, end)):
                            continue
                        if u[i] != u[i] or v[i] != v[i] or (border == 0 and not _between(u[i], v[i], reach)):
                            for c in range(pixel):
                                values[begin + c] = fill[c]
                        else:
                            border_pixel(
                                image, u[i], v[i], border, taps, sharpness, lowest, highest, False, fill, own,
                                values[begin:end],
                            )  # fmt: skip
                at = np.uint64((row * columns + left - x + lo) * channels)
                _store(values, lo * channels, hi * channels, lowest, highest, integer, out, at)


_NO_MAP = np.empty((3, 3))
_NO_SPANS, _NO_POINTS = np.empty((0, 8), np.int64), np.empty((0, 0, 2))


def interpolate(
    source: Array,
    m: Array | None,
    points: Array | None,
    bounds: Array,
    region: Region,
    spans: Array | None,
    start: int,
    stop: int,
    out: Array,
    *,
    interpolation: str,
    border: str,
    fill: Array,
) -> None:
    """Write rows `start:stop`: the pixels inside the source for a homography, all pixels for a map.

    `out = Σ_j Σ_i w_j(v) w_i(u) source[j, i]`, in float32, for int32 and float64 in float64; integers are rounded to
    the nearest, ties up, and saturate. A pixel that does not come out finite is computed once more without the taps of
    zero weight.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C), any pixel dtype, the same.
    m
        (3, 3) float64, output to source pixels, w > 0 in front; or None.
    points
        (stop - start, width, 2) float64: source points (u, v) of rows `start:stop`, where there is no `m`.
    bounds
        (3, 2, 2) float64, from `span_bounds`.
    spans
        (height, 8) int64, as `write_spans` makes them, with `m`.
    """
    height, width, channels = source.shape
    real = "float64" if source.dtype in (np.int32, np.float64) else "float32"
    lowest, highest = pixel_range(source.dtype)
    taps = TAPS[interpolation]
    _interpolate(
        source.reshape(-1),
        width,
        height,
        channels,
        _NO_MAP if m is None else m,
        _NO_POINTS if points is None else points,
        points is not None,
        bounds,
        region.x,
        region.y,
        region.width,
        _NO_SPANS if spans is None else spans,
        start,
        stop,
        taps,
        SHARPNESS.get(interpolation, 0.0),
        lowest,
        highest,
        BORDERS.index(border),
        source.dtype.kind != "f",
        fill,
        np.zeros((4, CHUNK * taps), real),
        np.zeros(CHUNK * channels + OVERSHOOT, real),
        out.reshape(-1),
    )
