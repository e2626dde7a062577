"""Depth maps that fit float32: which thread keeps which rows of the target, and what they found put together."""

import numpy as np

from geometry.bands import run_bands, run_bands_apart, threads
from geometry.depth.reprojection.nearest import FINISHED, UNTOUCHED, absorb, empty_row, finish_row
from geometry.depth.reprojection.result import Fates, ReprojectedDepth
from geometry.depth.reprojection.splat import _splat
from geometry.depth.views import Motion, Readings
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

_MOST_BYTES = 2**29  # of all surfaces, as long as there are no more than two
_BAND_PIXELS = 65536
_SAMPLES = 8
_TOGETHER = 8  # target rows of one owner
_SINGLE, _INDEX, _FLAG = np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.uint8)


@kernel(
    "void({T}[:,::1], f8[:,::1], f8[::1], u1[::1], u8[:,::1], u1[:,::1], i8[::1], i8, i8, u4[:,::1], u1[:,::1],"
    " i4[:,::1], u1[:,::1], i8[::1])",
    types=("u2", "f4"),
)
def _merge(  # type: ignore[no-untyped-def]
    depth, A, b, reached, surfaces, reached_apart, rows, start, stop, bits, result, source_index, status, holes
):
    width, exact = bits.shape[1], depth.itemsize == 2
    for y in rows[start:stop]:
        if reached[y] == UNTOUCHED:
            empty_row(bits[y], source_index[y])
        for one in range(len(surfaces)):
            if reached_apart[one, y] != 0:
                absorb(depth, A, b, exact, surfaces[one, y * width : (y + 1) * width], bits[y], source_index[y])
        holes[y] = finish_row(depth, A, b, exact, bits[y], source_index[y], status[y], result[y])


@kernel(
    "void({T}[:,::1], f8[:,::1], f8[::1], i8, i4[::1])",
    types=("u2", "f4"),
)
def _expect(depth, A, b, workers, owners):  # type: ignore[no-untyped-def]
    """Give each target row to the worker that will probably reach it most; any choice is right."""
    samples = _SAMPLES * workers
    rows, whose = np.empty(samples), np.empty(samples, np.int32)
    found = 0
    for sample in range(samples):
        y = (2 * sample + 1) * depth.shape[0] // (2 * samples)
        for column in range(1, 8):
            x = column * depth.shape[1] // 8
            z = np.float64(depth[y, x])
            ahead = z * (A[2, 0] * x + A[2, 1] * y + A[2, 2]) + b[2]
            if (z > 0.0) & (z < np.inf) & (ahead > 0.0):
                rows[found] = (z * (A[1, 0] * x + A[1, 1] * y + A[1, 2]) + b[1]) / ahead
                whose[found] = sample // _SAMPLES
                found += 1
                break
    for first in range(0, len(owners), _TOGETHER):
        owner, least = 0, np.inf
        for sample in range(found):
            off = abs(rows[sample] - first)
            owner, least = (whose[sample], off) if off < least else (owner, least)
        owners[first : first + _TOGETHER] = owner


@kernel("i8(u1[::1], u1[:,::1], i8[::1])")
def _late(reached, reached_apart, rows):  # type: ignore[no-untyped-def]
    """Number the rows that are not finished yet, or that somebody else reached, too."""
    late = 0
    for y in range(len(reached)):
        finished = reached[y] == FINISHED
        for one in range(len(reached_apart)):
            finished &= reached_apart[one, y] == 0
        if not finished:
            rows[late] = y
            late += 1
    return late


@kernel("void(i8[:,::1], i8[::1], i8[::1])")
def _total(counts, holes, totals):  # type: ignore[no-untyped-def]
    """Sum up the fates that the workers counted, and the holes."""
    totals[:] = 0
    for one in range(len(counts)):
        for fate in range(4):
            totals[fate] += counts[one, fate]
    for y in range(len(holes)):
        totals[4] += holes[y]


def surface_count(pixels: int) -> int:
    """How many threads work on a target of so many pixels: fewer than there are, where their surfaces are large."""
    return max(1, min(threads(), max(2, _MOST_BYTES // (8 * max(pixels, 1)))))


def _owners(depth: Array, motion: Motion, workers: int) -> Array:
    owners = np.zeros(motion.height, np.int32)
    if workers > 1:
        _expect(depth, motion.A, motion.b, workers, owners)
    return owners


def reproject_single(readings: Readings, motion: Motion) -> ReprojectedDepth:
    """Move readings and keep the nearest of each target pixel; of those that are equal in the result, the first."""
    depth, shape = readings.depth, (motion.height, motion.width)
    lines, columns = depth.shape
    workers = surface_count(motion.height * motion.width)
    nearest, source_index, status = fresh_arrays((shape, _SINGLE), (shape, _INDEX), (shape, _FLAG))
    (result,) = fresh_arrays((shape, readings.dtype)) if readings.dtype != np.float32 else (nearest,)
    (surfaces,) = fresh_arrays(((workers, nearest.size if workers > 1 else 0), np.dtype(np.uint64)))
    owners = _owners(depth, motion, workers)
    reached, reached_apart = np.zeros(motion.height, np.uint8), np.zeros((workers, motion.height), np.uint8)
    counts, totals = np.zeros((workers, 4), np.int64), np.empty(5, np.int64)
    holes, late = np.empty(motion.height, np.int64), np.empty(motion.height, np.int64)
    bits, rounded = nearest.view(np.uint32), result.view(np.uint8)

    def splat(worker: int, start: int, stop: int) -> None:
        _splat(
            depth, readings.absent, motion.A, motion.b, motion.inverses, motion.ray, *motion.bounds, start, stop, bits,
            source_index, status, rounded, holes, owners, worker, reached, surfaces[worker], reached_apart[worker],
            counts[worker],
        )  # fmt: skip

    def merge(start: int, stop: int) -> None:
        _merge(
            depth, motion.A, motion.b, reached, surfaces, reached_apart, late, start, stop, bits, rounded, source_index,
            status, holes,
        )  # fmt: skip

    run_bands_apart(splat, lines, workers=workers, grain=max(1, _BAND_PIXELS // columns))
    run_bands(merge, _late(reached, reached_apart, late), grain=max(1, _BAND_PIXELS // motion.width))
    _total(counts, holes, totals)
    *lost, empty = totals.tolist()
    return ReprojectedDepth(result, source_index, status, Fates.of(lost, nearest.size - empty, depth.size))
