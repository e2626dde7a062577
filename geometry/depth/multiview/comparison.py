"""One view's readings held against another's: what the other one sees where they are.

In inverse depths the motion is projective: with w = 1/z of a reading at (x, y), `A (x, y, 1) + b w` is where it is seen
times z_other / z, for `A = K_o R K⁻¹`, `b = K_o t`. The same form leads back from what the other view reads there.
"""

import numpy as np

from geometry.depth.reprojection.landing import _HALF as HALF
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, reinterpret, select, square_root, store

CONSISTENCY_REASONS = (
    "consistent",
    "inconsistent",
    "occluded",
    "no_reading",
    "behind_camera",
    "outside",
    "no_reading_there",
)
"""What became of a reading in the other view; inconsistent: it is nearer than what the other view sees, which would
have seen it; occluded: it is further."""

CONSISTENT, INCONSISTENT, OCCLUDED, NO_READING, BEHIND_CAMERA, OUTSIDE, NO_READING_THERE = range(7)

_CHUNK = 512
_REASONS = len(CONSISTENCY_REASONS)
LOSS = _REASONS  # column of row sums
# Sizes of errors in a histogram: float32 by their upper bits, so that a bin is a part in 512 wide.
SHIFT = 14
LEAST_BITS = (127 - 20) << (23 - SHIFT)
BINS = 40 << (23 - SHIFT)
PIXELS, SHARES = 0, 1


@lanes
def _project(
    i: Operand, nearness: Operand, xs: Operand, ys: Operand, matrices: Operand, vectors: Operand, us: Operand,
    vs: Operand, inverses: Operand, codes: Operand,
) -> None:  # fmt: skip
    """Where the other view would show readings, the inverse depths there, and whether they are before it."""
    bits = reinterpret(load(nearness, i), np.int32) & 0x7FFFFFFF
    w, x, y = cast(reinterpret(bits, np.float32), np.float64), load(xs, i), load(ys, i)
    a, b = [load(matrices, at, 1) for at in range(9)], [load(vectors, at, 1) for at in range(3)]
    s = x * a[6] + (y * a[7] + a[8]) + w * b[2]
    front = (w > 0.0) & (s > 0.0)
    inverse = 1.0 / select(front, s, 1.0)
    store(us, i, (x * a[0] + (y * a[1] + a[2]) + w * b[0]) * inverse)
    store(vs, i, (x * a[3] + (y * a[4] + a[5]) + w * b[1]) * inverse)
    store(inverses, i, w * inverse)
    none = bits & 0
    store(codes, i, select(front, none + NO_READING_THERE, select(w > 0.0, none + BEHIND_CAMERA, NO_READING)))


@lanes
def _locate(
    i: Operand, ps: Operand, qs: Operand, width: Operand, height: Operand, shift: Operand, codes: Operand,
    columns: Operand, lines: Operand,
) -> None:  # fmt: skip
    """Which of them fall into a pixel, and the pixel to begin to read at."""
    p, q, code = load(ps, i), load(qs, i), load(codes, i)
    column, line = floor(p + HALF), floor(q + HALF)
    inside = (column >= 0.0) & (column < width) & (line >= 0.0) & (line < height)
    there = code > OUTSIDE
    store(codes, i, select(there & inside, code, select(there, code * 0 + OUTSIDE, code)))
    store(columns, i, cast(select(inside, floor(p + shift), 0.0), np.int32))
    store(lines, i, cast(select(inside, floor(q + shift), 0.0), np.int32))


@inline
def _best_of_four(there, column, line, w):  # type: ignore[no-untyped-def]
    """Of the four inverse depths from a place on, some of which may be beyond the border, the one most like w."""
    best, least = np.float32(0.0), np.inf
    for dy in range(2):
        y = line + dy
        if (y < 0) | (y >= there.shape[0]):
            continue
        for dx in range(2):
            x = column + dx
            if (x < 0) | (x >= there.shape[1]):
                continue
            other = np.float32(abs(there[np.uint64(y), np.uint64(x)]))
            if other > 0.0:
                off = abs(other - w) / min(other, w)
                best, least = (other, off) if off < least else (best, least)
    return best


@inline
def _read_corners(there, begin, nearest, codes, columns, lines, inverses, corners):  # type: ignore[no-untyped-def]
    """What the other view has at four corners around LANES places: of one surface, or four times the same; 0 for none.

    Only where there is something to read; True if there was.
    """
    upper_left, upper_right, lower_left, lower_right = corners[0], corners[1], corners[2], corners[3]
    landed, one = False, np.uint64(1)
    for x in range(np.uint64(begin), np.uint64(begin + LANES)):
        if codes[x] != NO_READING_THERE:
            continue
        landed = True
        j, i, value = np.uint64(columns[x]), np.uint64(lines[x]), np.float32(0.0)
        if nearest:
            value = np.float32(abs(there[i, j]))
        else:
            if (columns[x] >= 0) & (lines[x] >= 0):
                value = there[i, j]
            if value < 0.0:  # the cell is in the image, and one surface
                upper_left[x], upper_right[x] = -value, abs(there[i, j + one])
                lower_left[x], lower_right[x] = abs(there[i + one, j]), abs(there[i + one, j + one])
                continue
            value = _best_of_four(there, np.int64(columns[x]), np.int64(lines[x]), inverses[x])
        upper_left[x], upper_right[x], lower_left[x], lower_right[x] = value, value, value, value
    return landed


@lanes
def _judge(
    i: Operand, xs: Operand, ys: Operand, us: Operand, vs: Operand, ps: Operand, qs: Operand, inverses: Operand,
    corners: Operand, matrices: Operand, vectors: Operand, tolerance: Operand, max_error: Operand, codes: Operand,
    errors: Operand, bins: Operand, losses: Operand,
) -> None:  # fmt: skip
    """Take what was read back to the first view, and compare."""
    four = [cast(load(corners, i + at * _CHUNK), np.float64) for at in range(4)]
    p, q, u, v, w, code = load(ps, i), load(qs, i), load(us, i), load(vs, i), load(inverses, i), load(codes, i)
    across, down = p - floor(p), q - floor(q)
    over, under = four[0] + across * (four[1] - four[0]), four[2] + across * (four[3] - four[2])
    other = over + down * (under - over)
    found = (code > OUTSIDE) & (other > 0.0)
    other = select(found, other, 1.0)
    a, b = [load(matrices, 9 + at, 1) for at in range(9)], [load(vectors, 3 + at, 1) for at in range(3)]
    s = u * a[6] + (v * a[7] + a[8]) + other * b[2]
    back = found & (s > 0.0)
    scale = 1.0 / select(back, s, 1.0)
    dx = (u * a[0] + (v * a[1] + a[2]) + other * b[0]) * scale - load(xs, i)
    dy = (u * a[3] + (v * a[4] + a[5]) + other * b[1]) * scale - load(ys, i)
    off = select(back, square_root(cast(dx * dx + dy * dy, np.float32)), np.inf)
    nearer = w > other
    difference, lesser = select(nearer, w - other, other - w), select(nearer, other, w)
    share = cast(difference, np.float32) / cast(select(found, lesser, 1.0), np.float32)
    same = (share <= tolerance) & (off <= max_error)
    code = select(found, select(same, code * 0, select(nearer, code * 0 + INCONSISTENT, OCCLUDED)), code)
    store(codes, i, code)
    comparable = code < OCCLUDED
    ratio = tolerance / select(comparable & (share > 0.0), share, 1.0)
    loss = 1.0 / (ratio * ratio + 1.0)
    store(losses, 0, load(losses, 0) + select(comparable & (share > 0.0), cast(loss, np.float64), 0.0))
    off = select(found, off, np.nan)
    store(errors, i, off)
    for at, number in enumerate((off, share)):
        place = (reinterpret(number, np.int32) >> SHIFT) - LEAST_BITS
        place = select(place > 0, place, 0)
        store(bins, i + at * _CHUNK, select(place < BINS, place, BINS - 1))


@lanes
def _tally(i: Operand, codes: Operand, below: Operand) -> None:
    """Count by lane how many reasons are below each."""
    code = load(codes, i)
    for reason in range(1, _REASONS):
        before = load(below, LANES * reason)
        store(below, LANES * reason, before + select(code < reason, code * 0 + 1, 0))


@kernel(
    "void(f4[:,::1], f4[:,::1], f8[:,:,::1], f8[:,:,::1], f8[:,:,::1], f8[:,::1], b1, f8, f8, i8, i8, u4[:,::1],"
    " f8[:,::1], u1[:,::1], f4[:,::1])"
)
def compare_rows(  # type: ignore[no-untyped-def]
    here, there, ideal, seen, matrices, vectors, nearest, tolerance, max_error, start, stop, histograms, sums,
    reasons, errors,
):  # fmt: skip
    width, height, columns = float(there.shape[1]), float(there.shape[0]), here.shape[1]
    shift, lens = HALF if nearest else 0.0, len(seen) > 0
    nearness, xs, ys = np.zeros(_CHUNK, np.float32), np.empty(_CHUNK), np.empty(_CHUNK)
    us, vs, inverses = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    seen_us, seen_vs = np.zeros(_CHUNK), np.zeros(_CHUNK)
    ps, qs = (seen_us, seen_vs) if lens else (us, vs)
    codes, bins = np.empty(_CHUNK, np.int32), np.empty((2, _CHUNK), np.int32)
    x0, y0 = np.empty(_CHUNK, np.int32), np.empty(_CHUNK, np.int32)
    corners, off = np.zeros((4, _CHUNK), np.float32), np.empty(_CHUNK, np.float32)
    landed = np.empty(_CHUNK // LANES, np.bool_)
    losses, below = np.empty(LANES), np.empty((_REASONS, LANES), np.int32)
    in_pixels, in_shares, by_pixels, by_shares = histograms[PIXELS], histograms[SHARES], bins[0], bins[1]
    share_limit, pixel_limit = np.float32(tolerance), np.float32(max_error)
    for y in range(start, stop):
        losses[:], below[:] = 0.0, 0
        row, whole = here[y], float(y)
        for begin in range(0, columns, _CHUNK):
            count = min(_CHUNK, columns - begin)
            padded = (count + LANES - 1) // LANES * LANES
            for x in range(count):
                nearness[x] = row[begin + x]
            for x in range(count, padded):
                nearness[x] = np.float32(0.0)
            if len(ideal) > 0:
                for x in range(count):
                    xs[x], ys[x] = ideal[y, begin + x, 0], ideal[y, begin + x, 1]
            else:
                for x in range(padded):
                    xs[x], ys[x] = float(begin + x), whole
            for i in range(0, padded, LANES):
                _project(i, nearness, xs, ys, matrices, vectors, us, vs, inverses, codes)
            if lens:
                for x in range(count):
                    seen_us[x], seen_vs[x] = seen[y, begin + x, 0], seen[y, begin + x, 1]
            # Vectors are not loaded right after the numbers in them were stored one by one, which would have to wait.
            for i in range(0, padded, LANES):
                _locate(i, ps, qs, width, height, shift, codes, x0, y0)
                landed[i // LANES] = _read_corners(there, i, nearest, codes, x0, y0, inverses, corners)
            for i in range(0, padded, LANES):
                if landed[i // LANES]:
                    _judge(
                        i, xs, ys, us, vs, ps, qs, inverses, corners, matrices, vectors, share_limit, pixel_limit,
                        codes, off, bins, losses,
                    )  # fmt: skip
                    for x in range(np.uint64(i), np.uint64(i + LANES)):
                        if codes[x] < OCCLUDED:
                            in_pixels[np.uint64(by_pixels[x])] += np.uint32(1)
                            in_shares[np.uint64(by_shares[x])] += np.uint32(1)
                else:
                    for x in range(np.uint64(i), np.uint64(i + LANES)):
                        off[x] = np.nan
                _tally(i, codes, below)
            for x in range(count, padded):
                for reason in range(codes[x] + 1, _REASONS):
                    below[reason, 0] -= 1
            if len(reasons) > 0:
                for x in range(count):
                    reasons[y, begin + x] = codes[x]
            if len(errors) > 0:
                for x in range(count):
                    errors[y, begin + x] = off[x]
        counted = np.int64(0)
        for reason in range(1, _REASONS):
            up_to = below[reason].sum()
            sums[y, reason - 1] = up_to - counted
            counted = up_to
        sums[y, _REASONS - 1] = columns - counted
        sums[y, LOSS] = losses.sum()
