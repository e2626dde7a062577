"""The front surface of each pixel out of the readings of many views, and one depth for it.

Readings of a pixel are put in order by a network of comparisons, which is the same for all pixels and therefore runs on
many at once; neither the order of the views nor ties change what comes out, to the last bit.
"""

import numpy as np

from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, lanes, load, select, store

NEAREST, MEDIAN, MEAN = 0, 1, 2
OK, HOLE, UNSUPPORTED = 0, 1, 2
_CHUNK_ENTRIES = 1 << 13  # readings in order at a time: they stay in the first-level cache
_MOST_CHUNK, _LEAST_CHUNK = 512, 16


@lanes
def _exchange(values: Operand, one: Operand, other: Operand) -> None:
    """Put two vectors in order, lane by lane."""
    a, b = load(values, one), load(values, other)
    swap = b < a
    store(values, one, select(swap, b, a))
    store(values, other, select(swap, a, b))


@lanes
def _exchange_weighted(values: Operand, weights: Operand, one: Operand, other: Operand) -> None:
    """The same with weights, which decide between equal values."""
    a, b, v, w = load(values, one), load(values, other), load(weights, one), load(weights, other)
    swap = (b < a) | ((b <= a) & (w < v))
    store(values, one, select(swap, b, a))
    store(values, other, select(swap, a, b))
    store(weights, one, select(swap, w, v))
    store(weights, other, select(swap, v, w))


@inline
def _order(values, weights, weighted, padded):  # type: ignore[no-untyped-def]
    """Put columns of `values` in ascending order, of equal ones the lighter first (Batcher's merge exchange)."""
    count, chunk = values.shape
    power = 1
    while power < count:
        power *= 2
    p = power // 2
    while p > 0:
        q, r, distance = power // 2, 0, p
        while distance > 0:
            for i in range(count - distance):
                if i & p == r:
                    one, other = i * chunk, (i + distance) * chunk
                    if weighted:
                        for x in range(0, padded, LANES):
                            _exchange_weighted(values, weights, one + x, other + x)
                    else:
                        for x in range(0, padded, LANES):
                            _exchange(values, one + x, other + x)
            if q == p:
                break
            distance, r = q - p, p
            q //= 2
        p //= 2


@lanes
def _claim(
    readings: Operand, indices: Operand, at: Operand, view: Operand, x: Operand, winner: Operand, cameras: Operand,
    places: Operand,
) -> None:  # fmt: skip
    """Name a view where the reading is its own."""
    own, camera, place = load(winner, x), load(cameras, x), load(places, x)
    given = load(readings, at)
    same = (given <= own) & (given >= own)
    store(cameras, x, select(same, camera * 0 + view, camera))
    store(places, x, select(same, load(indices, at), place))


@kernel(
    "void({T}[:,:,::1], i4[:,:,::1], f4[:,:,::1], i8, f8, i8, i8, i8, {T}[:,::1], i4[:,::1], i4[:,::1], i4[:,::1],"
    " u1[:,::1])",
    types=("f4", "f8"),
)
def front_rows(  # type: ignore[no-untyped-def]
    readings, indices, weights, reduce, tolerance, min_support, start, stop, depth, support, source_camera,
    source_index, status,
):  # fmt: skip
    """Reduce readings (N, rows, width), NaN or 0 for none, to rows `start:stop` of the results.

    `weights` have the same shape for the mean, and none otherwise.
    """
    (views, rows, width), weighted = readings.shape, reduce == MEAN
    chunk = max(_LEAST_CHUNK, min(_MOST_CHUNK, _CHUNK_ENTRIES // views // LANES * LANES))
    infinite = readings.dtype.type(np.inf)
    ordered = np.empty((views, chunk), readings.dtype)
    loads = np.zeros((views if weighted else 1, chunk), np.float32)
    front, bound = np.empty(chunk, np.int64), np.empty(chunk)
    least, winner, total, moved = np.empty(chunk), np.empty(chunk, readings.dtype), np.empty(chunk), np.empty(chunk)
    number, cameras, places = np.empty(chunk, np.int32), np.empty(chunk, np.int32), np.empty(chunk, np.int32)
    for y in range(start, stop):
        for begin in range(0, width, chunk):
            count = min(chunk, width - begin)
            whole, padded = count // LANES * LANES, (count + LANES - 1) // LANES * LANES
            for view in range(views):
                given, row = readings[view, y, begin : begin + count], ordered[view]
                for x in range(count):
                    row[x] = given[x] if given[x] > 0 else infinite
                for x in range(count, padded):
                    row[x] = infinite
                if weighted:
                    loads[view, :count] = weights[view, y, begin : begin + count]
            _order(ordered, loads, weighted, padded)

            front[:], bound[:], least[:], number[:] = -1, -np.inf, np.inf, 0
            for k in range(views - min_support, -1, -1):
                low, high = ordered[k], ordered[k + min_support - 1]
                for x in range(count):
                    limit = np.float64(low[x]) + tolerance * np.float64(low[x])
                    enough = (high[x] <= limit) & (low[x] < infinite)
                    front[x] = k if enough else front[x]
                    bound[x] = limit if enough else bound[x]
                    least[x] = low[x] if enough else least[x]
            for k in range(views):
                row = ordered[k]
                for x in range(count):
                    number[x] += np.int32((row[x] >= least[x]) & (row[x] <= bound[x]))

            total[:], moved[:] = 0.0, 0.0
            if weighted:
                for k in range(views):
                    row, load = ordered[k], loads[k]
                    for x in range(count):
                        weight = np.float64(load[x]) if (row[x] >= least[x]) & (row[x] <= bound[x]) else 0.0
                        total[x] += weight
                        moved[x] += weight * (np.float64(row[x]) - least[x]) if weight > 0.0 else 0.0
            for x in range(count):
                middle = front[x] + (number[x] - 1) // 2 if reduce == MEDIAN else front[x]
                winner[x] = ordered[middle, x] if front[x] >= 0 else infinite

            cameras[:], places[:] = -1, -1
            for view in range(views - 1, -1, -1):
                at = (view * rows + y) * width + begin
                for x in range(0, whole, LANES):
                    _claim(readings, indices, at + x, np.int32(view), x, winner, cameras, places)
                for x in range(whole, count):
                    if readings[view, y, begin + x] == winner[x]:
                        cameras[x], places[x] = view, indices[view, y, begin + x]
            row, flags = depth[y, begin : begin + count], status[y, begin : begin + count]
            for x in range(count):
                value = least[x] + moved[x] / total[x] if total[x] > 0.0 else np.float64(winner[x])
                row[x] = value if front[x] >= 0 else np.nan
                flags[x] = OK if front[x] >= 0 else HOLE if ordered[0, x] == infinite else UNSUPPORTED
            support[y, begin : begin + count] = number[:count]
            source_camera[y, begin : begin + count] = cameras[:count]
            source_index[y, begin : begin + count] = places[:count]
