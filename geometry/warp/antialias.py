"""Means over the footprints of output pixels: what a warp that makes smaller shows without aliasing."""

from collections.abc import Callable

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, multiply_add, pick, select, store
from geometry.warp.border import BORDERS, border_index, pixel_range
from geometry.warp.footprints import ANYWHERE, INSIDE, NOTHING, OUTSIDE, SPAN, plan_footprints
from geometry.warp.pyramid import FINE, LONG, Pyramid
from geometry.warp.spans import Region

_REALS = {"u1": "f4", "u2": "f8", "i2": "f8", "i4": "f8", "f4": "f4", "f8": "f8"}
_CONSTANT, _REPLICATE, _REFLECT, _REFLECT_101, _WRAP = range(5)
_FAR = 2.0**52
_BATCH = 4
_MOST = FINE * LONG + _BATCH


@lanes
def _locate(
    t: Operand, to: Operand, alongs: Operand, acrosses: Operand, p: Operand, p_along: Operand, p_across: Operand,
    q: Operand, q_along: Operand, q_across: Operand, w: Operand, w_along: Operand, w_across: Operand, scale: Operand,
    right: Operand, bottom: Operand, stride: Operand, channels: Operand, begin: Operand, addresses: Operand,
    across: Operand, down: Operand,
) -> None:  # fmt: skip
    """Addresses of the upper left taps, and fractions, of sub-samples t, t + 1, …, moved between the outer pixels."""
    i, j = load(alongs, t, _BATCH), load(acrosses, t, _BATCH)
    factor = scale / multiply_add(w_across, j, multiply_add(w_along, i, w))
    shift = scale * 0.5 - 0.5
    u = multiply_add(multiply_add(p_across, j, multiply_add(p_along, i, p)), factor, shift)
    v = multiply_add(multiply_add(q_across, j, multiply_add(q_along, i, q)), factor, shift)
    u, v = select(u > 0.0, u, 0.0), select(v > 0.0, v, 0.0)
    u, v = select(u < right, u, right), select(v < bottom, v, bottom)
    column, row = floor(u), floor(v)
    column, row = select(column < right, column, right - 1.0), select(row < bottom, row, bottom - 1.0)
    store(addresses, to, cast(multiply_add(row, stride, multiply_add(column, channels, begin)), np.int64))
    store(across, to, cast(u - column, across.dtype))
    store(down, to, cast(v - row, down.dtype))


def _summed(channels: int, batch: int, *, grouped: bool) -> Callable[..., None]:
    width = channels if grouped else 1 << (2 * channels - 1).bit_length()
    kept = 1 << (channels - 1).bit_length()

    def column(source: Operand, address: Operand, stride: Operand, down: Operand) -> Operand:
        upper, lower = (cast(load(source, row, width), down.dtype) for row in (address, address + stride))
        return multiply_add(lower - upper, down, upper)

    @lanes
    def add(
        source: Operand, shift: Operand, addresses: Operand, first: Operand, t: Operand, stride: Operand,
        pixel: Operand, across: Operand, down: Operand,
        weights: Operand, total: Operand,
    ) -> None:  # fmt: skip
        value = load(total, 0, kept)
        for sample in range(batch):
            at = first + t + sample
            address, g = load(addresses, at, 1) + shift, load(down, at, 1)
            if grouped:
                left, right = column(source, address, stride, g), column(source, address + pixel, stride, g)
            else:
                both = column(source, address, stride, g)
                left = pick(both, range(kept))
                right = pick(both, [channels + min(c, channels - 1) for c in range(kept)])
            mixed = multiply_add(right - left, load(across, at, 1), left)
            value = multiply_add(mixed, load(weights, t + sample, 1), value)
        store(total, 0, value)

    return add


_add_1, _add_2, _add_3 = (_summed(channels, _BATCH, grouped=False) for channels in (1, 2, 3))
_add_by_4, _add_by_16 = _summed(4, _BATCH, grouped=True), _summed(16, 1, grouped=True)


@routine
def _sum_inside(source, deep, layout, channels, count, tasks, addresses, across, down, weights, total, sums):  # type: ignore[no-untyped-def]
    """Write sums over sub-samples of the pixels of a row whose taps are all inside, in levels or in the source."""
    # One loop over pixels, without functions that take arrays: each of those counts references.
    group = channels if channels < 4 else (4 if channels < 16 else 16)
    weighted, first = 0, 0
    begin, batch = np.uint64(0), np.uint64(_BATCH)
    for i in range(count):
        if tasks[i, 0] != INSIDE:
            continue
        n = tasks[i, 2] * tasks[i, 3]
        base, end = np.uint64(first), np.uint64(n)
        first += -(-n // _BATCH) * _BATCH
        if (tasks[i, 1] > 0) != deep:
            continue
        if n != weighted:
            weighted = n
            for t in range(n + _BATCH):
                weights[t] = 1 if t < n else 0
        stride = layout[tasks[i, 1], 1] * channels
        for channel in range(0, channels, group):
            shift = min(channel, channels - group)
            for k in range(LANES):
                total[k] = 0
            if channels == 3:
                for t in range(begin, end, batch):
                    _add_3(source, shift, addresses, base, t, stride, channels, across, down, weights, total)
            elif channels == 1:
                for t in range(begin, end, batch):
                    _add_1(source, shift, addresses, base, t, stride, channels, across, down, weights, total)
            elif channels == 2:
                for t in range(begin, end, batch):
                    _add_2(source, shift, addresses, base, t, stride, channels, across, down, weights, total)
            elif channels < 16:
                for t in range(begin, end, batch):
                    _add_by_4(source, shift, addresses, base, t, stride, channels, across, down, weights, total)
            else:
                for t in range(begin, end):
                    _add_by_16(source, shift, addresses, base, t, stride, channels, across, down, weights, total)
            for k in range(group):
                sums[i, shift + k] = total[k]


@inline
def _folded(u, length, border):  # type: ignore[no-untyped-def]
    """The coordinate inside the source that stands for a coordinate."""
    if border == _REPLICATE or length == 1:
        return min(max(u, 0.0), length - 1.0)
    if border == _WRAP:
        return u - length * np.floor((u + 0.5) / length)
    low = -0.5 if border == _REFLECT else 0.0
    period = 2.0 * length if border == _REFLECT else 2.0 * length - 2.0
    u = u - low
    u = u - period * np.floor(u / period)
    return low + min(u, period - u)


@routine
def _axis_taps(u, length, level, border, axis, taps, fractions, t):  # type: ignore[no-untyped-def]
    """Write the two indices, -1 for the fill, and the fraction of a coordinate in a level of an axis."""
    rule = border
    if level > 0:
        if border != _CONSTANT:
            u, rule = _folded(u, length, border), _REPLICATE
        u = (u + 0.5) / float(1 << level) - 0.5
    u = min(max(u, -_FAR), _FAR)
    index = np.int64(np.floor(u))
    size = (length - 1 >> level) + 1
    fractions[axis, t] = u - np.floor(u)
    taps[2 * axis, t] = border_index(index, size, rule)
    taps[2 * axis + 1, t] = border_index(index + 1, size, rule) if fractions[axis, t] > 0.0 else taps[2 * axis, t]


@routine
def _locate_anywhere(points, k, level, width, height, columns, rows, border, taps, fractions):  # type: ignore[no-untyped-def]
    """Write indices of the taps of sub-samples, (4, n): left, right, upper, lower; and fractions, (2, n)."""
    for t in range(columns * rows):
        i, j = float(t % columns), float(t // columns)
        w = points[k, 0, 2] + (i * points[k, 1, 2] + j * points[k, 2, 2])
        if w > 0.0:
            _axis_taps(
                (points[k, 0, 0] + (i * points[k, 1, 0] + j * points[k, 2, 0])) / w,
                width,
                level,
                border,
                0,
                taps,
                fractions,
                t,
            )
            _axis_taps(
                (points[k, 0, 1] + (i * points[k, 1, 1] + j * points[k, 2, 1])) / w,
                height,
                level,
                border,
                1,
                taps,
                fractions,
                t,
            )
        else:
            taps[0, t] = taps[1, t] = -1
            fractions[0, t] = fractions[1, t] = 0.0


@routine
def _sum_anywhere(source, begin, width, channels, n, taps, fractions, fill, sums, i):  # type: ignore[no-untyped-def]
    for c in range(channels):
        sums[i, c] = 0.0
        for t in range(n):
            f, g = fractions[0, t], fractions[1, t]
            value = 0.0
            for k in range(4):
                column, row = taps[k & 1, t], taps[2 + (k >> 1), t]
                weight = (f if k & 1 else 1.0 - f) * (g if k >> 1 else 1.0 - g)
                if weight != 0.0:
                    outside = column < 0 or row < 0
                    value += weight * float(
                        fill[c] if outside else source[begin + (row * width + column) * channels + c]
                    )
            sums[i, c] += value


@routine
def _locate_inside(layout, channels, count, tasks, points, size, alongs, acrosses, addresses, across, down):  # type: ignore[no-untyped-def]
    """Write addresses and fractions of the sub-samples of all pixels whose taps are inside, one pixel after another."""
    tabled_columns, tabled_rows, first = 0, 0, 0
    for i in range(count):
        if tasks[i, 0] != INSIDE:
            continue
        level, columns, rows = tasks[i, 1], tasks[i, 2], tasks[i, 3]
        n = columns * rows
        width, height = layout[level, 1], layout[level, 2]
        if width < 2 or height < 2:
            tasks[i, 0] = ANYWHERE
            continue
        if columns != tabled_columns or rows != tabled_rows:
            tabled_columns, tabled_rows = columns, rows
            for j in range(rows):
                for k in range(columns):
                    alongs[j * columns + k], acrosses[j * columns + k] = float(k), float(j)
            # Whole batches are worked on: the last sub-sample is repeated, without weight.
            for t in range(n, n + _BATCH):
                alongs[t], acrosses[t] = float(columns - 1), float(rows - 1)
        scale = 1.0 / float(1 << level)
        for t in range(np.uint64(0), np.uint64(n), np.uint64(_BATCH)):
            _locate(
                t, np.uint64(first) + t, alongs, acrosses, points[i, 0, 0], points[i, 1, 0], points[i, 2, 0],
                points[i, 0, 1], points[i, 1, 1], points[i, 2, 1], points[i, 0, 2], points[i, 1, 2], points[i, 2, 2],
                scale, float(width - 1), float(height - 1), float(width * channels),
                float(channels), float(layout[level, 0]), addresses, across, down,
            )  # fmt: skip
        end = first + -(-n // _BATCH) * _BATCH
        if channels == 3 and level == 0:
            # Vectors of three channels reach beyond the last pixel of the source; levels have room.
            furthest = 0
            for t in range(first, end):
                furthest = max(furthest, addresses[t])
            if furthest + width * channels + 8 > size:
                tasks[i, 0] = ANYWHERE
                continue
        first = end


@kernel(
    *(
        f"void({t}[::1], i8, {r}[::1], i8[:,::1], i8, f8[:,::1], i8, i8, i8, i8, i8, i8, f8, f8, b1, {t}[::1],"
        f"{r}[::1], {r}[:,::1], {t}[::1])"
        for t, r in _REALS.items()
    )
)
def _average(  # type: ignore[no-untyped-def]
    source, channels, levels, layout, depth, m, x, y, width, start, stop, border, lowest, highest, integer, fill, total,
    buffers, out
):  # fmt: skip
    source_width, source_height, top = layout[0, 1], layout[0, 2], len(layout) - 1
    sums, sides = np.zeros((SPAN, channels)), np.zeros((4, SPAN))
    tasks, points = np.zeros((SPAN, 4), np.int64), np.zeros((SPAN, 3, 3))
    alongs, acrosses, addresses = np.zeros(_MOST), np.zeros(_MOST), np.zeros(SPAN * _MOST, np.int64)
    taps, fractions = np.zeros((4, _MOST), np.int64), np.zeros((2, _MOST))
    across, down, weights = buffers[0], buffers[1], buffers[2]
    for row in range(start, stop):
        for left in range(0, width, SPAN):
            count = min(SPAN, width - left)
            if not plan_footprints(
                m, source_width, source_height, top, float(x + left), float(y + row), count, sides, tasks,
                points,
            ):  # fmt: skip
                continue
            _locate_inside(
                layout, channels, count, tasks, points, source.size, alongs, acrosses, addresses, across, down
            )
            _sum_inside(
                source, False, layout, channels, count, tasks, addresses, across, down, weights, total, sums
            )  # fmt: skip
            if depth > 0:
                _sum_inside(
                    levels, True, layout, channels, count, tasks, addresses, across, down, weights, total, sums
                )  # fmt: skip
            for i in range(count):
                task, level = tasks[i, 0], tasks[i, 1]
                if task == NOTHING or (task == OUTSIDE and border == _CONSTANT):
                    continue
                n = tasks[i, 2] * tasks[i, 3]
                wanted = task != INSIDE
                if not integer:
                    for c in range(channels):
                        wanted |= sums[i, c] * 0.0 != 0.0
                if wanted:
                    _locate_anywhere(
                        points, i, level, source_width, source_height, tasks[i, 2], tasks[i, 3], border, taps,
                        fractions,
                    )  # fmt: skip
                    if level > 0:
                        _sum_anywhere(
                            levels, layout[level, 0], layout[level, 1], channels, n, taps, fractions, fill, sums, i
                        )
                    else:
                        _sum_anywhere(source, 0, source_width, channels, n, taps, fractions, fill, sums, i)
                at = (row * width + left + i) * channels
                for c in range(channels):
                    value = sums[i, c] / float(n)
                    if integer:
                        value = min(max(np.floor(value + 0.5), lowest), highest)
                    out[at + c] = value


def average(
    source: Array,
    levels: Pyramid,
    m: Array,
    region: Region,
    start: int,
    stop: int,
    out: Array,
    *,
    border: str,
    fill: Array,
) -> None:
    """Write over the pixels of rows `start:stop` whose footprint is longer than a source pixel.

    Parameters
    ----------
    source, out
        (H, W, C) and (height, width, C), any pixel dtype, the same; `out` holds the plain warp.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    fill
        (C,), the dtype of the source.
    """
    lowest, highest = pixel_range(source.dtype)
    real = levels.values.dtype
    _average(
        source.reshape(-1), source.shape[2], levels.values, levels.layout, levels.depth, m, region.x, region.y,
        region.width, start, stop, BORDERS.index(border), lowest, highest, source.dtype.kind != "f", fill,
        np.zeros(LANES, real), np.zeros((3, SPAN * _MOST), real), out.reshape(-1),
    )  # fmt: skip
