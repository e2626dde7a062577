"""Cells of a grid and the points that fall into them.

The points are cut into segments by their number and the grid's alone; each fills cells of its own in the order of its
points, and those of all segments are put together in their order. So a cell's result does not depend on the number of
threads, not even by the rounding of a sum.
"""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.depth.scattering.view import GridView
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

_CHUNK = 512
_SEGMENT_POINTS = 1 << 17
_MOST_SEGMENTS = 8
_BAND_CELLS = 1 << 16

# Points without a cell count themselves in cells behind those of the grid.
_NO_POINT, _NO_VALUE, _BEHIND, _OUTSIDE = range(4)
LOST = 4

_EMPTY = np.uint64(2**64 - 1)
_POINT = np.uint64(2**32 - 1)
_SIGN = np.int32(-(2**31))


class Reduction(NamedTuple):
    """What a cell keeps of its points."""

    summed: bool
    """The sum of their values, instead of the one with the least value times `sign`."""
    single: bool
    """Whether the numbers that decide are float32, or fit it."""
    by_value: bool
    """Whether values decide, instead of depths; only if there are any."""
    sign: float


class Cells(NamedTuple):
    """What cells kept."""

    totals: Array
    """(cells, C) float64: sums, or the deciding number; anything in empty cells."""
    points: Array
    """(cells,) int32: the point that decided, or the first one; −1 in empty cells."""
    counts: Array
    """(cells,) int32: how many points fell in."""
    lost: Array
    """(4,) int64: how many points are no point, have no value, lie behind the camera, lie outside."""
    moved: int
    """How many were moved into the cells of the edge."""


@inline
def _read(points, begin, xs, ys, zs):  # type: ignore[no-untyped-def]
    """Take coordinates apart, and make them float64."""
    for i in range(np.uint64(len(xs))):
        at = np.uint64(3) * (begin + i)
        xs[i], ys[i], zs[i] = points[at], points[at + np.uint64(1)], points[at + np.uint64(2)]


@inline
def _project(forms, central, grid, xs, ys, zs, us, vs, codes, depths):  # type: ignore[no-untyped-def]
    """Columns and rows before rounding, depths, and 0 or the cell of what has none."""
    p0, p1, p2, p3 = forms[0, 0], forms[0, 1], forms[0, 2], forms[0, 3]
    q0, q1, q2, q3 = forms[1, 0], forms[1, 1], forms[1, 2], forms[1, 3]
    w0, w1, w2, w3 = forms[2, 0], forms[2, 1], forms[2, 2], forms[2, 3]
    d0, d1, d2, d3 = forms[3, 0], forms[3, 1], forms[3, 2], forms[3, 3]
    no_point, behind = grid + _NO_POINT, grid + _BEHIND
    for i in range(np.uint64(len(xs))):
        X, Y, Z = xs[i], ys[i], zs[i]
        finite = (abs(X) < np.inf) & (abs(Y) < np.inf) & (abs(Z) < np.inf)
        codes[i] = 0.0 if finite else no_point
        us[i], vs[i] = p0 * X + p1 * Y + p2 * Z + p3, q0 * X + q1 * Y + q2 * Z + q3
        depths[i] = d0 * X + d1 * Y + d2 * Z + d3
    if central:
        for i in range(np.uint64(len(xs))):
            w = w0 * xs[i] + w1 * ys[i] + w2 * zs[i] + w3
            front = (w > 0.0) | (codes[i] > 0.0)
            us[i], vs[i] = us[i] / w, vs[i] / w
            codes[i] = codes[i] if front else behind


@inline
def _locate(frame, width, height, clip, us, vs, codes, places):  # type: ignore[no-untyped-def]
    """Numbers of cells; how many points were moved to the edge."""
    x0, y0, cell_x, cell_y, half = frame[0], frame[1], frame[2], frame[3], frame[4]
    if (x0 != 0.0) | (y0 != 0.0) | (cell_x != 1.0) | (cell_y != 1.0):
        for i in range(np.uint64(len(us))):
            us[i], vs[i] = (us[i] - x0) / cell_x, (vs[i] - y0) / cell_y
    last_column, last_row, outside, moved = width - 1.0, height - 1.0, width * height + _OUTSIDE, 0
    if clip:
        for i in range(np.uint64(len(us))):
            u, v = us[i] + half, vs[i] + half
            moved += (codes[i] == 0.0) & ((u < 0.0) | (u >= width) | (v < 0.0) | (v >= height))
            us[i] = (0.0 if u < 0.0 else (last_column if u >= width else u)) - half
            vs[i] = (0.0 if v < 0.0 else (last_row if v >= height else v)) - half
    for i in range(np.uint64(len(us))):
        u, v = np.floor(us[i] + half), np.floor(vs[i] + half)
        inside = (u >= 0.0) & (u <= last_column) & (v >= 0.0) & (v <= last_row)
        place = v * width + u if inside else outside
        places[i] = np.int32(place if codes[i] == 0.0 else codes[i])
    return moved


@inline
def _keep_single(places, keys, sign, begin, singles, points, counts):  # type: ignore[no-untyped-def]
    """Let points fall into cells, which keep the least key and, of equal ones, the first point, both in one word."""
    bits = singles.view(np.int32)
    for i in range(np.uint64(len(places))):
        singles[i] = np.float32(sign * keys[i]) + np.float32(0.0)  # −0 becomes 0
    for i in range(np.uint64(len(places))):
        bits[i] ^= (bits[i] >> np.int32(31)) | _SIGN  # in the order of the numbers
    ordered = singles.view(np.uint32)
    for i in range(np.uint64(len(places))):
        place = np.uint64(places[i])
        points[place] = min(points[place], (np.uint64(ordered[i]) << np.uint64(32)) | (np.uint64(begin) + i))
        counts[place] += np.int32(1)


@inline
def _keep_least(places, keys, sign, begin, totals, points, counts):  # type: ignore[no-untyped-def]
    """The same for keys of 64 bits."""
    for i in range(np.uint64(len(places))):
        place, key = np.uint64(places[i]), sign * keys[i]
        least = totals[place, 0]
        stays = least <= key  # an empty cell holds NaN
        totals[place, 0] = least if stays else key
        points[place] = points[place] if stays else np.uint64(begin) + i
        counts[place] += np.int32(1)


@inline
def _add(places, keys, values, by_value, begin, totals, points, counts):  # type: ignore[no-untyped-def]
    """Let points fall into cells, which add up and keep the first point."""
    for i in range(np.uint64(len(places))):
        place, point = np.uint64(places[i]), np.uint64(begin) + i
        points[place] = min(points[place], point)
        counts[place] += np.int32(1)
        if by_value:
            for channel in range(np.uint64(totals.shape[1])):
                totals[place, channel] += values[point, channel]
        else:
            totals[place, 0] += keys[i]


@kernel(
    "void({T}[::1], f8[:,::1], b1[::1], f8[:,::1], f8[::1], i8, i8, b1, b1, b1, b1, f8, i8, i8, f8[:,::1], u8[::1],"
    " i4[::1], i8[::1])",
    types=("f4", "f8"),
)
def _gather(  # type: ignore[no-untyped-def]
    points, values, lacking, forms, frame, width, height, clip, summed, single, by_value, sign, start, stop, totals,
    chosen, counts, moved,
):  # fmt: skip
    scratch, all_singles, all_places = np.empty((7, _CHUNK)), np.empty(_CHUNK, np.float32), np.empty(_CHUNK, np.int32)
    chosen[:] = _EMPTY
    counts[:] = 0
    totals[:] = 0.0 if summed else np.nan
    moved[0] = 0
    central = (forms[2, 0] != 0.0) | (forms[2, 1] != 0.0) | (forms[2, 2] != 0.0)
    grid = float(width * height)
    for begin in range(start, stop, _CHUNK):
        length = min(_CHUNK, stop - begin)
        xs, ys, zs, us, vs = (
            scratch[0, :length], scratch[1, :length], scratch[2, :length], scratch[3, :length], scratch[4, :length]
        )  # fmt: skip
        codes, keys, places = scratch[5, :length], scratch[6, :length], all_places[:length]
        _read(points, np.uint64(begin), xs, ys, zs)
        _project(forms, central, grid, xs, ys, zs, us, vs, codes, keys)
        if len(lacking) > 0:
            for i in range(length):
                codes[i] = grid + _NO_VALUE if lacking[begin + i] & (codes[i] == 0.0) else codes[i]
        moved[0] += _locate(frame, float(width), float(height), clip, us, vs, codes, places)
        if by_value:
            for i in range(length):
                keys[i] = values[begin + i, 0]
        if summed:
            _add(places, keys, values, by_value, begin, totals, chosen, counts)
        elif single:
            _keep_single(places, keys, sign, begin, all_singles[:length], chosen, counts)
        else:
            _keep_least(places, keys, sign, begin, totals, chosen, counts)


@kernel(
    "void(f8[:,:,::1], u8[:,::1], i4[:,::1], b1, b1, f8, i8, i8, f8[:,::1], i4[::1], i4[::1])",
)
def _join(totals, points, counts, summed, single, sign, start, stop, total, point, count):  # type: ignore[no-untyped-def]
    """Put the segments' cells together in the first of them, and read what they keep."""
    for segment in range(1, len(points)):
        if not (summed | single):
            for cell in range(np.uint64(start), np.uint64(stop)):
                nearer = (points[segment, cell] != _EMPTY) & (not totals[0, cell, 0] <= totals[segment, cell, 0])
                totals[0, cell, 0] = totals[segment, cell, 0] if nearer else totals[0, cell, 0]
                points[0, cell] = points[segment, cell] if nearer else points[0, cell]
        else:
            words, others = points[0, start:stop], points[segment, start:stop]
            for cell in range(np.uint64(stop - start)):
                words[cell] = min(words[cell], others[cell])
        if summed:
            for cell in range(np.uint64(start), np.uint64(stop)):
                for channel in range(np.uint64(total.shape[1])):
                    totals[0, cell, channel] += totals[segment, cell, channel]
        fallen, others_fallen = counts[0, start:stop], counts[segment, start:stop]
        for cell in range(np.uint64(stop - start)):
            fallen[cell] += others_fallen[cell]
    number = np.empty(1, np.float32)
    bits = number.view(np.int32)
    for cell in range(np.uint64(start), np.uint64(stop)):
        point[cell], count[cell] = np.int32(points[0, cell] & _POINT), counts[0, cell]
        if single:
            ordered = np.int32(points[0, cell] >> np.uint64(32))
            bits[0] = ordered ^ (~(ordered >> np.int32(31)) | _SIGN)
            total[cell, 0] = sign * np.float64(number[0])
        else:
            for channel in range(np.uint64(total.shape[1])):
                total[cell, channel] = sign * totals[0, cell, channel]


def segment_count(points: int, cells: int) -> int:
    """How many segments the points are cut into: few where their cells would outnumber them."""
    return max(1, min(_MOST_SEGMENTS, points // _SEGMENT_POINTS, 2 * points // cells))


def gather_points(
    points: Array,
    values: Array,
    lacking: Array,
    view: GridView,
    size: tuple[int, int],
    reduction: Reduction,
    *,
    clip: bool,
) -> Cells:
    """Let points (3 M,) fall into cells; values (M, C) float64 and which of them lack (M,) bool may be empty."""
    number, (width, height) = len(points) // 3, size
    grid, segments = width * height, segment_count(number, width * height)
    channels = values.shape[1] if reduction.summed and reduction.by_value else 1
    packed = reduction.single and not reduction.summed
    cells = (segments, grid + LOST)
    totals, chosen, counts = fresh_arrays(
        ((*cells[:1], 0 if packed else cells[1], channels), np.dtype(np.float64)), (cells, np.dtype(np.uint64)),
        (cells, np.dtype(np.int32)),
    )  # fmt: skip
    moved, sign = np.empty((segments, 1), np.int64), 1.0 if reduction.summed else reduction.sign

    def gather(first: int, last: int) -> None:
        for segment in range(first, last):
            start, stop = number * segment // segments, number * (segment + 1) // segments
            with np.errstate(all="ignore"):  # behind the camera, or no points
                _gather(
                    points, values, lacking, *view, width, height, clip, *reduction, start, stop, totals[segment],
                    chosen[segment], counts[segment], moved[segment],
                )  # fmt: skip

    run_bands(gather, segments)
    total, point, count = fresh_arrays(
        ((grid, channels), np.dtype(np.float64)), ((grid,), np.dtype(np.int32)), ((grid,), np.dtype(np.int32))
    )
    run_bands(
        lambda start, stop: _join(
            totals, chosen, counts, reduction.summed, packed, sign, start, stop, total, point, count
        ),
        grid,
        grain=_BAND_CELLS,
    )
    lost = counts[:, grid:].sum(axis=0, dtype=np.int64)
    return Cells(total, point, count, lost, int(moved.sum()))
