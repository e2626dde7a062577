"""Readings spread over the four pixels around them; of each pixel the readings of its nearest surface are averaged.

A band of the target is filled by one thread, which goes through all readings that reach it, in order. So neither the
number of bands nor the number of threads matters to the sums.
"""

import numpy as np

from geometry.bands import run_bands
from geometry.depth.reprojection.positions import SEGMENT, Positions
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

_BAND_PIXELS = 65536  # few enough bands that little of the source is looked at twice
_CHANNELS = 4  # averaged together


@inline
def _within(p, q, width, start, stop):  # type: ignore[no-untyped-def]
    """Whether some pixel of rows `start:stop` may be around a position; False with NaN."""
    return (p > -1.0) & (p < width) & (q > start - 1) & (q < stop)


@inline
def _around(p, q, start, wide):  # type: ignore[no-untyped-def]
    """The four cells around a position, and their bilinear weights."""
    left, top = np.floor(p), np.floor(q)
    right, lower = p - left, q - top
    at = np.uint64((np.int64(top) - start + 1) * wide + np.int64(left) + 1)
    below = at + np.uint64(wide)
    upper = 1.0 - lower
    return (
        (at, (1.0 - right) * upper), (at + np.uint64(1), right * upper),
        (below, (1.0 - right) * lower), (below + np.uint64(1), right * lower),
    )  # fmt: skip


@inline
def _approach(near, place, share, z):  # type: ignore[no-untyped-def]
    known = near[place]
    near[place] = z if (share > 0.0) & (z < known) else known


@inline
def _average(near, sums, kept, place, share, z, limit, source):  # type: ignore[no-untyped-def]
    """Add to the sums of a cell, of weights and of weighted depths beyond the nearest; keep the largest weight."""
    nearest, cell = near[place], sums[place]
    share = share if z <= nearest * limit else 0.0
    cell[0] += share
    cell[1] += share * (z - nearest) if share > 0.0 else 0.0
    largest = cell[2]
    cell[2], kept[place] = (share, source) if share > largest else (largest, kept[place])


@kernel(
    "void(f8[:,::1], f8[:,::1], f8[:,::1], i4[:,:,::1], f8, i8, i8, i8, f8[::1], f8[:,::1], i4[::1], f8[:,::1],"
    " i4[:,::1], u1[:,::1])"
)
def _spread(  # type: ignore[no-untyped-def]
    u, v, distance, reach, tolerance, first, end, start, near, sums, kept, nearest, source_index, status
):
    """Fill rows of the target; a margin of cells all around takes what falls outside."""
    rows, width = nearest.shape
    columns, wide, stop, limit = u.shape[1], width + 2, start + rows, 1.0 + tolerance
    near[:] = np.inf
    sums[:] = 0.0
    kept[:] = -1
    for y in range(first, end):
        across, down, away = u[y], v[y], distance[y]
        for segment in range(reach.shape[1]):
            if reach[y, segment, 0] < stop and reach[y, segment, 1] >= start:
                for x in range(np.uint64(segment * SEGMENT), np.uint64(min(columns, (segment + 1) * SEGMENT))):
                    if _within(across[x], down[x], width, start, stop):
                        one, two, three, four = _around(across[x], down[x], start, wide)
                        _approach(near, one[0], one[1], away[x])
                        _approach(near, two[0], two[1], away[x])
                        _approach(near, three[0], three[1], away[x])
                        _approach(near, four[0], four[1], away[x])
    for y in range(first, end):
        across, down, away = u[y], v[y], distance[y]
        for segment in range(reach.shape[1]):
            if reach[y, segment, 0] < stop and reach[y, segment, 1] >= start:
                for x in range(np.uint64(segment * SEGMENT), np.uint64(min(columns, (segment + 1) * SEGMENT))):
                    if _within(across[x], down[x], width, start, stop):
                        source = np.int32(np.uint64(y * columns) + x)
                        one, two, three, four = _around(across[x], down[x], start, wide)
                        _average(near, sums, kept, one[0], one[1], away[x], limit, source)
                        _average(near, sums, kept, two[0], two[1], away[x], limit, source)
                        _average(near, sums, kept, three[0], three[1], away[x], limit, source)
                        _average(near, sums, kept, four[0], four[1], away[x], limit, source)
    for row in range(rows):
        for column in range(width):
            at = (row + 1) * wide + column + 1
            hole = kept[at] < 0
            nearest[row, column] = np.nan if hole else near[at] + sums[at, 1] / sums[at, 0]
            source_index[row, column], status[row, column] = kept[at], hole


@kernel(
    "void(f8[:,::1], f8[:,::1], f8[:,::1], i4[:,:,::1], f8, i8, i8, i8, i8, i8, f8[::1], {T}[:,:,::1], i8, f8[:,::1])",
    types=("u1", "f4", "f8"),
)
def _mix(  # type: ignore[no-untyped-def]
    u, v, distance, reach, tolerance, first, end, start, stop, width, near, image, channel, sums
):
    """Sum up some channels of an image with the weights that depths had."""
    columns, limit, channels = u.shape[1], 1.0 + tolerance, np.uint64(sums.shape[1])
    sums[:] = 0.0
    for y in range(first, end):
        across, down, away = u[y], v[y], distance[y]
        for segment in range(reach.shape[1]):
            if reach[y, segment, 0] < stop and reach[y, segment, 1] >= start:
                for x in range(np.uint64(segment * SEGMENT), np.uint64(min(columns, (segment + 1) * SEGMENT))):
                    if _within(across[x], down[x], width, start, stop):
                        for place, share in _around(across[x], down[x], start, width + 2):
                            if (share > 0.0) & (away[x] <= near[place] * limit):
                                for c in range(channels):
                                    sums[place, c] += share * np.float64(image[y, x, np.uint64(channel) + c])


def spread_bilinear(
    moved: Positions, tolerance: float, size: tuple[int, int], image: Array | None
) -> tuple[Array, Array, Array, Array | None]:
    """Spread readings, and pixels of an image with them.

    A reading's weights are those of bilinear interpolation at its position. Those readings are averaged whose depth is
    at most 1 + `tolerance` times that of the nearest one with a weight above 0.

    Returns
    -------
    nearest
        (h, w) float64, NaN in holes.
    source_index
        (h, w) int32: the reading with the largest weight, of equal ones the first; −1 in holes.
    status
        (h, w) uint8: 1 in holes.
    colours
        (h, w, C), dtype of the image, integers rounded half to even; 0 in holes.
    """
    width, height = size
    shape = (height, width)
    nearest, source_index, status = fresh_arrays(
        *((shape, np.dtype(kind)) for kind in (np.float64, np.int32, np.uint8))
    )
    colours, held = None, None
    if image is not None:
        (colours,) = fresh_arrays(((*shape, image.shape[2]), image.dtype))
        held = image.astype(
            {"uint16": "float32", "int16": "float32", "int32": "float64"}.get(image.dtype.name, image.dtype), copy=False
        )
    tall = max(1, _BAND_PIXELS // width)

    def block(start: int, stop: int) -> None:
        first, end = moved.source_rows(start, stop)
        given = (moved.u, moved.v, moved.distance, moved.reach, tolerance, first, end, start)
        cells = (stop - start + 2) * (width + 2)
        near, weights, kept = fresh_arrays(
            ((cells,), np.dtype(np.float64)), ((cells, 3), np.dtype(np.float64)), ((cells,), np.dtype(np.int32))
        )
        _spread(*given, near, weights, kept, nearest[start:stop], source_index[start:stop], status[start:stop])
        if colours is None or held is None:
            return
        weights = weights[:, 0].reshape(-1, width + 2)[1:-1, 1:-1, np.newaxis]
        for channel in range(0, held.shape[2], _CHANNELS):
            several = min(_CHANNELS, held.shape[2] - channel)
            (sums,) = fresh_arrays(((cells, several), np.dtype(np.float64)))
            _mix(*given, stop, width, near, held, channel, sums)
            inner = sums.reshape(-1, width + 2, several)[1:-1, 1:-1]
            inner = inner / np.where(weights > 0, weights, 1.0)
            colours[start:stop, :, channel : channel + several] = (
                np.rint(inner) if colours.dtype.kind in "iu" else inner
            )

    def work(start: int, stop: int) -> None:
        for top in range(start, stop, tall):
            block(top, min(top + tall, stop))

    run_bands(work, height, grain=tall)
    return nearest, source_index, status, colours
