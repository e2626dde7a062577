"""Depth maps that fit float32: which thread keeps which rows of the target, and what they found put together."""

import numpy as np

from geometry.bands import run_bands, run_bands_apart, threads
from geometry.depth.reprojection.nearest import absorb, empty_row, exact_distance
from geometry.depth.reprojection.result import Fates, ReprojectedDepth
from geometry.depth.reprojection.splat import _splat
from geometry.depth.views import Motion, Readings
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, lanes, load, reinterpret, store
from geometry.memory import fresh_arrays

_MOST_BYTES = 2**29  # of all surfaces, as long as there are no more than two
_BAND_PIXELS = 65536
_SAMPLES = 16


@lanes
def _flag(source_index: Operand, x: Operand, status: Operand, holes: Operand) -> None:
    """The status of pixels; holes counted by lane."""
    hole = reinterpret(load(source_index, x), np.uint32) >> 31
    store(status, x, cast(hole, np.uint8))
    store(holes, 0, load(holes, 0) + hole)


@inline
def _round_row(near, source_index, depth):  # type: ignore[no-untyped-def]
    """Round half to even; True where some are halves in float32, which they may not have been before."""
    halves, zero, half = np.int32(0), np.float32(0.0), np.float32(0.5)
    for x in range(len(depth)):
        rounded = np.rint(near[x])
        depth[x] = np.int32(rounded if source_index[x] >= 0 else zero)
        halves = np.int32(halves + np.int32(abs(near[x] - rounded) == half))
    return halves > 0


@kernel(
    "void(f4[:,::1], f8[:,::1], f8[::1], u1[::1], u8[:,::1], u1[:,::1], i8, i8, f4[:,::1], f4[:,::1], i4[:,::1],"
    " u1[:,::1], i8[::1])",
    "void(u2[:,::1], f8[:,::1], f8[::1], u1[::1], u8[:,::1], u1[:,::1], i8, i8, f4[:,::1], {T}[:,::1], i4[:,::1],"
    " u1[:,::1], i8[::1])",
    types=("u1", "u2", "i2"),
)
def _merge(  # type: ignore[no-untyped-def]
    depth, A, b, reached, surfaces, reached_apart, start, stop, nearest, result, source_index, status, holes_in_rows
):
    width, whole, holes = nearest.shape[1], depth.itemsize == 2, np.empty(LANES, np.uint32)
    vectors = width // LANES * LANES
    for y in range(start, stop):
        near, index, flags = nearest[y], source_index[y], status[y]
        if reached[y] == 0:
            empty_row(near.view(np.uint32), index)
        for one in range(len(surfaces)):
            if reached_apart[one, y] != 0:
                absorb(depth, A, b, whole, surfaces[one, y * width : (y + 1) * width], near.view(np.uint32), index)
        holes[:] = 0
        for x in range(0, vectors, LANES):
            _flag(index, x, flags, holes)
        for x in range(vectors, width):
            flags[x] = index[x] < 0
            holes[0] += np.uint32(index[x] < 0)
        holes_in_rows[y] = holes.sum()
        if whole and _round_row(near, index, result[y]):
            row = result[y]
            for x in range(width):
                if abs(near[x] - np.rint(near[x])) == np.float32(0.5):
                    row[x] = np.int32(np.rint(exact_distance(depth, A, b, np.int64(index[x]))))


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
    for y in range(len(owners)):
        owners[y], least = 0, np.inf
        for sample in range(found):
            off = abs(rows[sample] - y)
            owners[y], least = (whose[sample], off) if off < least else (owners[y], least)


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
    nearest, source_index, status = fresh_arrays(
        *((shape, np.dtype(kind)) for kind in (np.float32, np.int32, np.uint8))
    )
    result = nearest
    if readings.dtype != np.float32:
        (result,) = fresh_arrays((shape, readings.dtype))
    (surfaces,) = fresh_arrays(((workers, nearest.size if workers > 1 else 0), np.dtype(np.uint64)))
    owners = _owners(depth, motion, workers)
    reached, reached_apart = np.zeros(motion.height, np.uint8), np.zeros((workers, motion.height), np.uint8)
    counts, holes = np.zeros((workers, 4), np.int64), np.empty(motion.height, np.int64)
    bits = nearest.view(np.uint32)

    def splat(worker: int, start: int, stop: int) -> None:
        _splat(
            depth, readings.absent, motion.A, motion.b, motion.inverses, motion.ray, *motion.bounds, start, stop, bits,
            source_index, owners, worker, reached, surfaces[worker], reached_apart[worker], counts[worker],
        )  # fmt: skip

    def merge(start: int, stop: int) -> None:
        _merge(
            depth, motion.A, motion.b, reached, surfaces, reached_apart, start, stop, nearest, result, source_index,
            status, holes,
        )  # fmt: skip

    run_bands_apart(splat, lines, workers=workers, grain=max(1, _BAND_PIXELS // columns))
    run_bands(merge, motion.height, grain=max(1, _BAND_PIXELS // motion.width))
    fates = Fates.of(counts.sum(axis=0), nearest.size - int(holes.sum()), depth.size)
    return ReprojectedDepth(result, source_index, status, fates)
