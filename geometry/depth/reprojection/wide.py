"""Readings moved and kept in float64, for depths that float32 does not hold."""

import numpy as np

from geometry.bands import run_bands, threads
from geometry.depth.reprojection.landing import CHUNK, NO_PLACE, _project, _ray_to_z, _read, _settle, _tally, _z_to_ray
from geometry.depth.reprojection.result import Fates, ReprojectedDepth
from geometry.depth.views import Motion, Readings
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

_BAND_PIXELS = 65536


@kernel(
    "void(f8[:,::1], f8[::1], f8[:,::1], f8[::1], f8[:,:,::1], b1, f8, f8, f8, f8, i8, i8,"
    " i4[:,::1], f8[:,::1], i8[:,::1])",
)
def _land(  # type: ignore[no-untyped-def]
    depth, absent, A, b, inverses, ray, width, height, lowest, highest, start, stop, landing, distance, rows
):
    values, moved, places = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK)
    for y in range(start, stop):
        rows[y, 0], rows[y, 1] = NO_PLACE, -1
        rows[y, 2:] = 0
        for begin in range(0, depth.shape[1], CHUNK):
            count = min(CHUNK, depth.shape[1] - begin)
            _read(depth[y, begin : begin + count], absent, values[:count])
            if ray:
                _ray_to_z(inverses[0], y, begin, values[:count])
            _project(A, b, y, begin, width, height, values[:count], moved, places)
            if ray:
                _z_to_ray(A, b, inverses[1], y, begin, values[:count], moved)
            row_landing, row_distance = landing[y, begin : begin + count], distance[y, begin : begin + count]
            _settle(moved, places, lowest, highest, row_landing, row_distance)
            _tally(row_landing, rows[y])


@kernel("void(i4[:,::1], f8[:,::1], i8[:,::1], i8, i8, f8[:,::1], i4[:,::1], u1[:,::1], i8[::1])")
def _keep_nearest(  # type: ignore[no-untyped-def]
    landing, distance, rows, start, stop, nearest, source_index, status, visible
):
    first, places, columns = start * nearest.shape[1], (stop - start) * nearest.shape[1], landing.shape[1]
    near, kept, holes = (
        nearest[start:stop].reshape(places),
        source_index[start:stop].reshape(places),
        status[start:stop].reshape(places),
    )
    near[:] = np.nan
    kept[:] = -1
    for y in range(len(landing)):
        if rows[y, 1] < first or rows[y, 0] >= first + places:
            continue
        row_landing, row_distance = landing[y], distance[y]
        for x in range(columns):
            place = row_landing[x] - first
            if 0 <= place < places:
                new, old, old_index = row_distance[x], near[place], kept[place]
                closer = not old <= new  # an empty place holds NaN, which is not less than or equal to anything
                near[place] = new if closer else old
                kept[place] = np.int32(y * columns + x) if closer else old_index
    for place in range(places):
        holes[place] = kept[place] < 0
    seen = 0
    for place in range(places):
        seen += kept[place] >= 0
    visible[start] = seen


@kernel("void(f8[:,::1], i4[:,::1], i8, i8, {T}[:,::1])", types=("u1", "u2", "i2", "i4"))
def _round(nearest, source_index, start, stop, depth):  # type: ignore[no-untyped-def]
    for y in range(start, stop):
        near, kept, row = nearest[y], source_index[y], depth[y]
        for x in range(len(row)):
            row[x] = np.int32(np.rint(near[x])) if kept[x] >= 0 else np.int32(0)


def rounded(nearest: Array, source_index: Array, dtype: np.dtype[np.generic]) -> Array:
    """Depths in the dtype of the result: integers rounded half to even, 0 in holes."""
    if nearest.dtype == dtype:
        return nearest
    (result,) = fresh_arrays((nearest.shape, dtype))

    def work(start: int, stop: int) -> None:
        if dtype.kind in "iu":
            _round(nearest, source_index, start, stop, result)
        else:
            result[start:stop] = nearest[start:stop]

    run_bands(work, len(nearest), grain=max(1, _BAND_PIXELS // nearest.shape[1]))
    return result


def nearest_landed(
    landing: Array, distance: Array, rows: Array, size: tuple[int, int]
) -> tuple[Array, Array, Array, int]:
    """Keep the nearest reading of each target pixel, of equal ones the first.

    Parameters
    ----------
    landing
        (H, W) int32: plane index in the target of each reading; negative for none.
    distance
        (H, W) float64: the depth there.
    rows
        (H, ≥ 2) int64: the least of `landing` that is not negative, and the greatest, of each source row.
    size
        Of the target.

    Returns
    -------
    nearest, source_index, status
        (h, w) float64, NaN in holes; int32, −1 in holes; uint8, 1 in holes.
    visible
        How many pixels are no holes.
    """
    width, height = size
    nearest, source_index, status = fresh_arrays(
        *(((height, width), np.dtype(kind)) for kind in (np.float64, np.int32, np.uint8))
    )
    visible = np.zeros(height, np.int64)
    # A band's target rows stay in the second-level cache. It looks through all source rows that reach into it, so
    # that its height must be worth theirs; where they reach everywhere, there are no more bands than threads.
    reach = float(np.maximum(rows[:, 1] // width - rows[:, 0] // width, 0).mean())
    tall = min(max(int(2 * reach), _BAND_PIXELS // width, 1), -(-height // threads()))
    run_bands(
        lambda start, stop: _keep_nearest(landing, distance, rows, start, stop, nearest, source_index, status, visible),
        height,
        grain=tall,
    )
    return nearest, source_index, status, int(visible.sum())


def reproject_wide(readings: Readings, motion: Motion) -> ReprojectedDepth:
    """Move readings and keep the nearest of each target pixel, of equal ones the first."""
    depth = readings.depth.astype(np.float64, copy=False)
    lines, columns = depth.shape
    landing, distance = fresh_arrays((depth.shape, np.dtype(np.int32)), (depth.shape, np.dtype(np.float64)))
    rows = np.empty((lines, 6), np.int64)

    def land(start: int, stop: int) -> None:
        _land(
            depth, readings.absent, motion.A, motion.b, motion.inverses, motion.ray, *motion.bounds, start, stop,
            landing, distance, rows,
        )  # fmt: skip

    run_bands(land, lines, grain=max(1, _BAND_PIXELS // columns))
    size = motion.width, motion.height
    nearest, source_index, status, visible = nearest_landed(landing, distance, rows, size)
    fates = Fates.of(rows[:, 2:].sum(axis=0), visible, depth.size)
    return ReprojectedDepth(rounded(nearest, source_index, readings.dtype), source_index, status, fates)
