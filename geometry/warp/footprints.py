"""Footprints: what output pixels cover of the source, and which sub-samples stand for it.

An output pixel is a square; the map M takes it to a footprint in the source with, to first order, the sides `J a` and
`J b`, J the Jacobian of the map at the pixel's centre. a and b are the axes of the output where the sides are within
14° of a right angle; else the principal axes of J, which cut long thin footprints lengthwise. Along a side of length s
lie n = ⌈s⌉ sub-samples with the spacing `√((s² - 1) / (n² - 1))` in source pixels. Source pixels being means over
squares themselves, this has the variance of the mean over the side, `(s² - 1) / 12`; sub-samples are whole pixels apart
where s is whole, and come together where s is 1. Each is put through M and interpolated linearly.

A footprint wider than FINE pixels, or longer than LONG, is sampled in a level of a pyramid in which it is not. One that
is more than LONG / FINE times as long as wide may be blurred across for it. Pixels of length 1 and below are left.
"""

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.warp.pyramid import FINE, LONG, deepest_level
from geometry.warp.spans import EDGE, Region

SPAN = 32
"""Pixels of a row that are planned at once."""
NOTHING, INSIDE, OUTSIDE, ANYWHERE = range(4)
"""What to do for a pixel: no mean; one with all taps inside the source, with all on one side of it, or neither."""

_SAME = 2.0**-20
"""Lengths this much above a whole number count as that: those of turned pixels are rounded."""
_SKEW = 1 / 16  # square of the cosine from which on the sides are not at right angles
_HUGE, _NONE = 1e100, 1e-300
_GRAIN_PIXELS = 1 << 15


@routine
def _measure(m, x, y, count, sides):  # type: ignore[no-untyped-def]
    """Write length, width and direction (c, s) of the footprints of pixels x, x + 1, … of a row; length 0: no mean."""
    one = (1.0 + _SAME) * (1.0 + _SAME)
    p_line, q_line, w_line = m[0, 1] * y + m[0, 2], m[1, 1] * y + m[1, 2], m[2, 1] * y + m[2, 2]
    p_step, q_step, w_step = m[0, 0], m[1, 0], m[2, 0]
    p_down, q_down, w_down = m[0, 1], m[1, 1], m[2, 1]
    needed = 0
    for i in range(np.uint64(count)):
        at = x + float(i)
        w = w_step * at + w_line
        inverse = 1.0 / (w if w > 0.0 else 1.0)
        u, v = (p_step * at + p_line) * inverse, (q_step * at + q_line) * inverse
        ax, ay = (p_step - u * w_step) * inverse, (q_step - v * w_step) * inverse
        bx, by = (p_down - u * w_down) * inverse, (q_down - v * w_down) * inverse
        sides[0, i] = ax * ax + ay * ay
        sides[1, i] = bx * bx + by * by
        sides[2, i] = ax * bx + ay * by
        sides[3, i] = ax * by - ay * bx if w > 0.0 else np.inf
        needed += (sides[0, i] + sides[1, i] > one) & (w > 0.0)
    if needed == 0:
        return False
    needed = 0
    for i in range(np.uint64(count)):
        first, second, product, determinant = sides[0, i], sides[1, i], sides[2, i], sides[3, i]
        skewed = product * product > _SKEW * first * second
        half, mean = 0.5 * (first - second), 0.5 * (first + second)
        radius = np.sqrt(half * half + product * product)
        along = mean + radius if skewed else max(first, second)
        length = np.sqrt(along)
        turn = 0.5 * half / max(radius, _NONE)
        upright = 1.0 if second <= first else 0.0
        sine = np.sqrt(max(0.5 - turn, 0.0))
        sine = sine if product > 0.0 else -sine
        sides[2, i] = np.sqrt(max(0.5 + turn, 0.0)) if skewed else upright
        sides[3, i] = sine if skewed else 1.0 - upright
        sides[1, i] = abs(determinant) / length if skewed else np.sqrt(min(first, second))
        wanted = (along > one) & (along < _HUGE) & (abs(determinant) < _HUGE)
        sides[0, i] = length if wanted else 0.0
        needed += wanted
    return needed > 0


@inline
def _numbers(length, width, top):  # type: ignore[no-untyped-def]
    """Level, numbers of sub-samples along and across, and their distances in the output."""
    level = 0
    while level < top and (width > FINE * (1.0 + _SAME) or length > LONG * (1.0 + _SAME)):
        length, width = 0.5 * length, 0.5 * width
        level += 1
    columns = int(min(np.ceil(length - _SAME), float(LONG)))
    rows = int(min(max(np.ceil(width - _SAME), 1.0), float(FINE)))
    step, skip = 0.0, 0.0
    if columns > 1:
        step = np.sqrt((length * length - 1.0) / (float(columns * columns - 1) * (length * length)))
    if rows > 1:
        skip = np.sqrt((width * width - 1.0) / (float(rows * rows - 1) * (width * width)))
    return level, columns, rows, step, skip


@inline
def _reach(along, across, columns, rows):  # type: ignore[no-untyped-def]
    """How far a linear form falls from the first sub-sample to the one where it is least."""
    return min(along * float(columns - 1), 0.0) + min(across * float(rows - 1), 0.0)


@inline
def _beyond(p, p_along, p_across, w, w_along, w_across, bound, columns, rows):  # type: ignore[no-untyped-def]
    """Whether p / w ≥ bound for all sub-samples, w > 0."""
    return p - bound * w + _reach(p_along - bound * w_along, p_across - bound * w_across, columns, rows) >= 0.0


@inline
def _task(  # type: ignore[no-untyped-def]
    width, height, level, columns, rows, p, p_along, p_across, q, q_along, q_across, w, w_along, w_across
):  # fmt: skip
    """What to do for a footprint: taps may be anywhere, are all inside the source, or all on one side of it."""
    if not w + _reach(w_along, w_across, columns, rows) > 0.0:
        return ANYWHERE
    size = float(1 << level)
    edge = (0.5 - EDGE) * size - 0.5
    right, bottom = float(width >> level) * size - 1.0 - edge, float(height >> level) * size - 1.0 - edge
    if (
        _beyond(p, p_along, p_across, w, w_along, w_across, edge, columns, rows)
        and _beyond(q, q_along, q_across, w, w_along, w_across, edge, columns, rows)
        and _beyond(-p, -p_along, -p_across, w, w_along, w_across, -right, columns, rows)
        and _beyond(-q, -q_along, -q_across, w, w_along, w_across, -bottom, columns, rows)
    ):
        return INSIDE
    far_right, far_bottom = float(width) + 1.5 * size, float(height) + 1.5 * size
    if (
        _beyond(-p, -p_along, -p_across, w, w_along, w_across, 0.5 * size + 0.5, columns, rows)
        or _beyond(-q, -q_along, -q_across, w, w_along, w_across, 0.5 * size + 0.5, columns, rows)
        or _beyond(p, p_along, p_across, w, w_along, w_across, far_right, columns, rows)
        or _beyond(q, q_along, q_across, w, w_along, w_across, far_bottom, columns, rows)
    ):
        return OUTSIDE
    return ANYWHERE


@routine
def plan_footprints(m, width, height, top, x, y, count, sides, tasks, points):  # type: ignore[no-untyped-def]
    """Write for pixels x, x + 1, … of a row: task, level, numbers of sub-samples; and where those lie.

    `points` are homogeneous source coordinates of the first sub-sample, and their steps along and across.
    """
    if not _measure(m, x, y, count, sides):
        return False
    for i in range(np.uint64(count)):
        tasks[i, 0] = NOTHING
        length, c, s = sides[0, i], sides[2, i], sides[3, i]
        if length > 0.0:
            level, columns, rows, step, skip = _numbers(length, sides[1, i], top)
            for axis in range(np.uint64(3)):
                along = (m[axis, 0] * c + m[axis, 1] * s) * step
                across = (m[axis, 1] * c - m[axis, 0] * s) * skip
                centre = m[axis, 0] * (x + float(i)) + (m[axis, 1] * y + m[axis, 2])
                points[i, 0, axis] = centre - 0.5 * (float(columns - 1) * along + float(rows - 1) * across)
                points[i, 1, axis], points[i, 2, axis] = along, across
            tasks[i, 0] = _task(
                width, height, level, columns, rows, points[i, 0, 0], points[i, 1, 0], points[i, 2, 0],
                points[i, 0, 1], points[i, 1, 1], points[i, 2, 1], points[i, 0, 2], points[i, 1, 2], points[i, 2, 2],
            )  # fmt: skip
            tasks[i, 1], tasks[i, 2], tasks[i, 3] = level, columns, rows
    return True


@kernel("void(i8, i8, i8, f8[:,::1], i8, i8, i8[:,::1], i8, u1[:,::1])")
def _footprint_mask(width, height, top, m, x, y, spans, start, mask):  # type: ignore[no-untyped-def]
    sides, tasks, points = np.zeros((4, SPAN)), np.zeros((SPAN, 4), np.int64), np.zeros((SPAN, 3, 3))
    for row in range(len(mask)):
        for column in range(mask.shape[1]):
            mask[row, column] = spans[start + row, 4] <= column < spans[start + row, 5]
        for left in range(0, mask.shape[1], SPAN):
            count = min(SPAN, mask.shape[1] - left)
            line = float(y + start + row)
            if plan_footprints(m, width, height, top, float(x + left), line, count, sides, tasks, points):
                for i in range(count):
                    if tasks[i, 0] != NOTHING:
                        mask[row, left + i] = tasks[i, 0] == INSIDE


def footprint_mask(size: tuple[int, int], m: Array, region: Region, spans: Array, start: int, stop: int) -> Array:
    """Return the mask of rows `start:stop`, (stop - start, width) bool: whole footprints inside the source.

    Parameters
    ----------
    size
        (width, height) of the source.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 8) int64, as `write_spans` makes them.
    """
    mask = np.empty((stop - start, region.width), np.bool_)
    flags = mask.view(np.uint8)

    def work(first: int, end: int) -> None:
        _footprint_mask(
            *size, deepest_level(size), m, region.x, region.y, spans, start + first, flags[first:end]
        )  # fmt: skip

    run_bands(work, stop - start, grain=max(1, _GRAIN_PIXELS // region.width))
    return mask
