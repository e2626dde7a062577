"""The nearest reading of each target pixel: the least distance in float32, of equal ones the first.

Rows of the target that a thread owns are written at once, as bits of distances and plane indices. What it finds in rows
of others goes into a surface of its own, as keys of 64 bits, merged when all have finished. The least wins, so that
neither the order of the readings nor the number of threads matters. Rows are filled when they are first reached.
"""

import numpy as np

from geometry.fold import fold
from geometry.kernel import inline, routine
from geometry.lanes import LANES, Operand, across, cast, lanes, load, nearest_whole, ramp, reinterpret, select, store
from geometry.masks import first_lane, load_where, mask_bits, mask_of, store_where

EMPTY = 0x7FC00000_FFFFFFFF
"""The key of no reading, bits of NaN and −1: greater than that of any reading."""

_NONE = np.uint32(EMPTY >> 32)
_INDEX_BITS = np.uint64(2**32 - 1)
_EVERY_LANE = np.uint32(2**LANES - 1)

UNTOUCHED, REACHED, FINISHED = 0, 1, 2
"""States of target rows: without readings, with some of their owner's, and with all of them, flags included."""


@inline
def exact_distance(depth, A, b, source):  # type: ignore[no-untyped-def]
    """Recompute z in the target as it was before it became float32."""
    y, x = source // depth.shape[1], source % depth.shape[1]
    return np.float64(depth[y, x]) * (A[2, 0] * float(x) + (A[2, 1] * y + A[2, 2])) + b[2]


@routine
def first_of(depth, A, b, exact, one, other):  # type: ignore[no-untyped-def]
    """Of two sources with equal distances in float32 the first; if it is to be exact, the one that is nearer."""
    if not exact:
        return min(one, other)
    here, there = exact_distance(depth, A, b, np.int64(one)), exact_distance(depth, A, b, np.int64(other))
    if here == there:
        return min(one, other)
    return one if here < there else other


@inline
def empty_row(bits, source_index):  # type: ignore[no-untyped-def]
    """Fill with no reading."""
    bits[:] = _NONE
    source_index[:] = np.int32(-1)


@inline
def own_rows(first, last, bits, source_index, owners, worker, reached):  # type: ignore[no-untyped-def]
    """Whether all these rows belong to a worker; if so, they are filled where nothing has reached them yet."""
    for y in range(first, last + 1):
        if owners[y] != worker:
            return False
    for y in range(first, last + 1):
        if reached[y] == UNTOUCHED:
            empty_row(bits[y], source_index[y])
        reached[y] = REACHED
    return True


@lanes
def _landed(i: Operand, places: Operand) -> Operand:
    """Which readings land somewhere."""
    return mask_bits(load(places, i) >= 0)


@lanes
def _keep_alike(
    left: Operand, i: Operand, places: Operand, distances: Operand, source: Operand, bits: Operand,
    source_index: Operand,
) -> Operand:  # fmt: skip
    """Keep those readings, of the ones left, that move as far as the first; what is left then, and above it the ties.

    No two of them land in one pixel.
    """
    left = cast(left, np.uint32)
    lane = first_lane(left)
    shift = load(places, i + cast(lane, np.int64), 1) - lane
    alike = mask_of(left) & (load(places, i) == ramp(shift))
    new = load(distances, i)
    old = load_where(alike, bits, shift, new)
    closer = new < old
    store_where(closer, bits, shift, new)
    store_where(closer, source_index, shift, ramp(source))
    return (mask_bits(alike & (new == old)) << LANES) | (left & (mask_bits(alike) ^ _EVERY_LANE))


@inline
def keep(depth, A, b, exact, places, distances, source, bits, source_index):  # type: ignore[no-untyped-def]
    """Write readings to where they land, together those that move alike; as many as fill vectors."""
    for i in range(0, len(places), LANES):
        left = _landed(i, places)
        while left != 0:
            found = _keep_alike(left, i, places, distances, np.int32(source + i), bits, source_index)
            left, ties, lane = found & _EVERY_LANE, found >> np.uint32(LANES), i
            while ties != 0:
                if ties & np.uint32(1):
                    at, index = np.uint64(places[lane]), np.uint32(source + lane)
                    source_index[at] = np.int32(first_of(depth, A, b, exact, index, np.uint32(source_index[at])))
                ties, lane = ties >> np.uint32(1), lane + 1


@inline
def keep_apart(depth, A, b, exact, places, distances, source, first, last, width, surface, reached):  # type: ignore[no-untyped-def]
    """Write the keys of readings to where they land in rows `first` to `last` of a surface."""
    for y in range(first, last + 1):
        if reached[y] == 0:
            reached[y] = 1
            surface[y * width : (y + 1) * width] = np.uint64(EMPTY)
    for i in range(np.uint64(len(places))):
        place = places[i]
        if place >= 0:
            at = np.uint64(place)
            key, old = (np.uint64(distances[i]) << np.uint64(32)) | np.uint64(source + i), surface[at]
            if (key ^ old) > _INDEX_BITS:
                surface[at] = min(key, old)
            else:
                one, other = np.uint32(key & _INDEX_BITS), np.uint32(old & _INDEX_BITS)
                surface[at] = (key & ~_INDEX_BITS) | np.uint64(first_of(depth, A, b, exact, one, other))


@lanes
def _absorb(x: Operand, keys: Operand, bits: Operand, source_index: Operand) -> Operand:
    """Take what is nearer; which are ties."""
    key, old = load(keys, x), load(bits, x)
    new = cast(key >> 32, np.uint32)
    closer = new < old
    store(bits, x, select(closer, new, old))
    store(source_index, x, select(closer, reinterpret(cast(key, np.uint32), np.int32), load(source_index, x)))
    return mask_bits((new == old) & (new < _NONE))


@inline
def _absorb_one(depth, A, b, exact, key, bits, source_index, x):  # type: ignore[no-untyped-def]
    new, index = np.uint32(key >> np.uint64(32)), np.uint32(key & _INDEX_BITS)
    if new < bits[x]:
        bits[x], source_index[x] = new, np.int32(index)
    elif (new == bits[x]) & (new != _NONE):
        source_index[x] = np.int32(first_of(depth, A, b, exact, index, np.uint32(source_index[x])))


@inline
def absorb(depth, A, b, exact, keys, bits, source_index):  # type: ignore[no-untyped-def]
    """Take from a row of another surface what is nearer."""
    vectors = len(keys) // LANES * LANES
    for i in range(0, vectors, LANES):
        ties, x = _absorb(i, keys, bits, source_index), i
        while ties != 0:
            if ties & np.uint32(1):
                _absorb_one(depth, A, b, exact, keys[x], bits, source_index, x)
            ties, x = ties >> np.uint32(1), x + 1
    for x in range(vectors, len(keys)):
        _absorb_one(depth, A, b, exact, keys[x], bits, source_index, x)


@lanes
def _flag(vectors: Operand, source_index: Operand, status: Operand) -> Operand:
    """The status of pixels; how many are holes."""

    def flag(vector: Operand, holes: list[Operand]) -> list[Operand]:
        hole = reinterpret(load(source_index, vector * LANES), np.uint32) >> 31
        store(status, vector * LANES, cast(hole, np.uint8))
        return [holes[0] + hole]

    return across("add", *fold(vectors, [reinterpret(ramp(vectors), np.uint32) & 0], flag))


@lanes
def _round(i: Operand, near: Operand, source_index: Operand, row: Operand) -> Operand:
    """Round half to even, holes to 0; which are halves in float32, but perhaps were none before."""
    distance, seen = load(near, i), load(source_index, i) >= 0
    whole = select(seen, nearest_whole(distance), 0.0)
    store(row, i, cast(cast(whole, np.int32), row.dtype))
    off = distance - whole
    return mask_bits(off * off == 0.25)


@inline
def _round_one(depth, A, b, near, source_index):  # type: ignore[no-untyped-def]
    """A reading's distance as a whole number, decided by float64 where float32 holds a half."""
    whole = np.rint(near)
    if abs(near - whole) == np.float32(0.5):
        return np.int32(np.rint(exact_distance(depth, A, b, np.int64(source_index))))
    return np.int32(whole)


@inline
def _round_row(depth, A, b, near, source_index, row):  # type: ignore[no-untyped-def]
    vectors = len(row) // LANES * LANES
    for i in range(0, vectors, LANES):
        halves, x = _round(i, near, source_index, row), i
        while halves != 0:
            if halves & np.uint32(1):
                row[x] = _round_one(depth, A, b, near[x], source_index[x])
            halves, x = halves >> np.uint32(1), x + 1
    for x in range(vectors, len(row)):
        row[x] = _round_one(depth, A, b, near[x], source_index[x]) if source_index[x] >= 0 else np.int32(0)


@routine
def finish_row(depth, A, b, exact, bits, source_index, status, result):  # type: ignore[no-untyped-def]
    """Flag the holes of a row and count them; round its depths to integers of one or two bytes if they are to be."""
    width = len(bits)
    holes = _flag(width // LANES, source_index, status)
    for x in range(width // LANES * LANES, width):
        status[x] = source_index[x] < 0
        holes += np.uint32(source_index[x] < 0)
    if exact:
        near = bits.view(np.float32)
        if len(result) == width:
            _round_row(depth, A, b, near, source_index, result)
        else:
            _round_row(depth, A, b, near, source_index, result.view(np.uint16))
    return np.int64(holes)
