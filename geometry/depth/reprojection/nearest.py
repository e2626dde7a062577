"""The nearest reading of each target pixel: the least distance in float32, of equal ones the first.

Rows of the target that a thread owns are written at once, as bits of distances and plane indices. What it finds in rows
of others goes into a surface of its own, as keys of 64 bits, merged when all have finished. The least wins, so that
neither the order of the readings nor the number of threads matters. Rows are filled when they are first reached.
"""

import numpy as np

from geometry.kernel import inline, routine

EMPTY = 0x7FC00000_FFFFFFFF
"""The key of no reading, bits of NaN and −1: greater than that of any reading."""

_NONE = np.uint32(EMPTY >> 32)
_INDEX_BITS = np.uint64(2**32 - 1)


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
        if reached[y] == 0:
            reached[y] = 1
            empty_row(bits[y], source_index[y])
    return True


@inline
def keep(depth, A, b, exact, places, distances, source, bits, source_index):  # type: ignore[no-untyped-def]
    """Write readings to where they land."""
    for i in range(np.uint64(len(places))):
        place = places[i]
        if place >= 0:
            at, new, index = np.uint64(place), distances[i], np.uint32(source + i)
            old = bits[at]
            if new < old:
                bits[at] = new
                source_index[at] = np.int32(index)
            elif new == old:
                source_index[at] = np.int32(first_of(depth, A, b, exact, index, np.uint32(source_index[at])))


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


@inline
def absorb(depth, A, b, exact, keys, bits, source_index):  # type: ignore[no-untyped-def]
    """Take from a row of another surface what is nearer."""
    for x in range(len(keys)):
        new, index = np.uint32(keys[x] >> np.uint64(32)), np.uint32(keys[x] & _INDEX_BITS)
        old = bits[x]
        if new < old:
            bits[x] = new
            source_index[x] = np.int32(index)
        elif (new == old) & (new != _NONE):
            source_index[x] = np.int32(first_of(depth, A, b, exact, index, np.uint32(source_index[x])))
