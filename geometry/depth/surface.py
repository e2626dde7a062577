"""Surfaces of keys merged into one depth map."""

from queue import SimpleQueue

import numpy as np

from geometry.bands import run_bands, threads
from geometry.depth.result import Fates, ReprojectedDepth
from geometry.depth.splat import EMPTY, _exact_distance, _nearer, _splat
from geometry.depth.views import Motion, Readings
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, lanes, load, pick, reinterpret, store
from geometry.memory import fresh_arrays

_MOST_BYTES = 2**29  # of all surfaces, as long as there are no more than two
_BAND_PIXELS = 65536

_INDEX_BITS = np.uint64(2**32 - 1)


@lanes
def _part(
    surface: Operand, at: Operand, bits: Operand, source_index: Operand, status: Operand, x: Operand, holes: Operand
) -> None:
    """Keys split into bits of distances and plane indices; holes counted by lane."""
    halves = reinterpret(load(surface, at), np.uint32)
    index = reinterpret(pick(halves, range(0, 2 * LANES, 2)), np.int32)
    store(bits, x, pick(halves, range(1, 2 * LANES, 2)))
    store(source_index, x, index)
    hole = reinterpret(index, np.uint32) >> 31
    store(status, x, cast(hole, np.uint8))
    store(holes, 0, load(holes, 0) + hole)


@inline
def _part_some(surface, at, bits, source_index, status, begin, holes):  # type: ignore[no-untyped-def]
    for x in range(begin, len(source_index)):
        key = surface[at + x]
        low = np.uint32(key & _INDEX_BITS)
        bits[x] = np.uint32(key >> np.uint64(32))
        source_index[x] = np.int32(low)
        status[x] = np.uint8(low >> np.uint32(31))
        holes[0] = np.uint32(holes[0] + (low >> np.uint32(31)))


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
    "void(f4[:,::1], f8[:,::1], f8[::1], u8[:,::1], u1[:,::1], i8, i8, f4[:,::1], i4[:,::1], u1[:,::1], i8[::1])",
    "void(u2[:,::1], f8[:,::1], f8[::1], u8[:,::1], u1[:,::1], i8, i8, {T}[:,::1], i4[:,::1], u1[:,::1], i8[::1])",
    types=("u1", "u2", "i2"),
)
def _merge(  # type: ignore[no-untyped-def]
    depth, A, b, surfaces, reached, start, stop, nearest, source_index, status, holes_in_rows
):
    width, whole = nearest.shape[1], nearest.itemsize != 4
    bits, empty, holes = np.empty(width, np.uint32), np.full(width, np.uint64(EMPTY)), np.empty(LANES, np.uint32)
    near, vectors = bits.view(np.float32), width // LANES * LANES
    for y in range(start, stop):
        begin, keys, found = y * width, empty, False
        for one in range(len(surfaces)):
            if reached[one, y] == 0:
                continue
            others = surfaces[one, begin : begin + width]
            if not found:
                keys, found = others, True
                continue
            for x in range(width):
                key, old = others[x], keys[x]
                kept = min(key, old)
                if whole and (key ^ old) <= _INDEX_BITS and old != np.uint64(EMPTY):
                    kept = _nearer(depth, A, b, key, old)
                keys[x] = kept
        row, kept, flags = nearest[y], source_index[y], status[y]
        near_bits = bits if whole else row.view(np.uint32)
        holes[:] = 0
        for x in range(0, vectors, LANES):
            _part(keys, x, near_bits, kept, flags, x, holes)
        _part_some(keys, 0, near_bits, kept, flags, vectors, holes)
        if whole and _round_row(near, kept, row):
            for x in range(width):
                if abs(near[x] - np.rint(near[x])) == np.float32(0.5):
                    row[x] = np.int32(np.rint(_exact_distance(depth, A, b, np.int64(kept[x]))))
        holes_in_rows[y] = holes.sum()


def surface_count(pixels: int) -> int:
    """How many surfaces of so many pixels are in use at once: one a thread, fewer where they are large."""
    return max(1, min(threads(), max(2, _MOST_BYTES // (8 * pixels))))


def reproject_single(readings: Readings, motion: Motion) -> ReprojectedDepth:
    """Move readings and keep the nearest of each target pixel; of those that are equal in the result, the first."""
    depth, width, height = readings.depth, motion.width, motion.height
    lines, columns = depth.shape
    number = surface_count(width * height)
    (surfaces,) = fresh_arrays(((number, height * width), np.dtype(np.uint64)))
    reached = np.zeros((number, height), np.uint8)
    counts = np.zeros((number, 4), np.int64)
    free: SimpleQueue[int] = SimpleQueue()
    for surface in range(number):
        free.put(surface)

    def splat(start: int, stop: int) -> None:
        one = free.get()
        try:
            _splat(
                depth, readings.absent, motion.A, motion.b, motion.inverses, motion.ray, *motion.bounds, start, stop,
                surfaces[one], reached[one], counts[one],
            )  # fmt: skip
        finally:
            free.put(one)

    run_bands(splat, lines, grain=max(1, _BAND_PIXELS // columns))
    nearest, source_index, status = fresh_arrays(
        *(((height, width), np.dtype(kind)) for kind in (readings.dtype, np.int32, np.uint8))
    )
    holes = np.empty(height, np.int64)

    def merge(start: int, stop: int) -> None:
        _merge(depth, motion.A, motion.b, surfaces, reached, start, stop, nearest, source_index, status, holes)

    run_bands(merge, height, grain=max(1, _BAND_PIXELS // width))
    fates = Fates.of(counts.sum(axis=0), width * height - int(holes.sum()), depth.size)
    return ReprojectedDepth(nearest, source_index, status, fates)
