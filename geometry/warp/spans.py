"""Which pixels of each output row lie where: a row of the output is cut into intervals by linear inequalities.

In front of the horizon (w > 0) the condition `u ≥ a` on the source coordinate `u = (m1·q) / (m3·q)` of an output pixel
is `(m1 - a m3)·q ≥ 0`: along a row a half-line. No division is needed, and whether a pixel is in does not depend on
what else is computed.
"""

from typing import NamedTuple

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel

EDGE = 2.0**-30
"""Pixels by which a point may miss the source's edge and still count as on it: entries of homographies are rounded."""


class Region(NamedTuple):
    """Columns `x` and on of an output, and rows `y` and on: the part that is computed."""

    x: int
    y: int
    width: int
    height: int


@inline
def _half_line(alpha, beta, start, stop, strict):  # type: ignore[no-untyped-def]
    """The integers x of [start, stop) with alpha + beta x ≥ 0, or > 0 if strict, as an interval (first, end)."""
    if beta == 0.0:
        if alpha > 0.0 or (alpha == 0.0 and not strict):
            return start, stop
        return start, start
    cut = int(min(max(np.ceil(-alpha / beta), float(start)), float(stop)))
    rising = beta > 0.0
    # Rounding may leave the root a step away from where the sign changes.
    while cut > start:
        value = alpha + beta * float(cut - 1)
        if (value > 0.0 or (value == 0.0 and not strict)) != rising:
            break
        cut -= 1
    while cut < stop:
        value = alpha + beta * float(cut)
        if (value > 0.0 or (value == 0.0 and not strict)) == rising:
            break
        cut += 1
    if rising:
        return cut, stop
    return start, cut


@inline
def _within(m, y, axis, length, margin, strict, start, stop):  # type: ignore[no-untyped-def]
    """The part of [start, stop) with source coordinates from -margin to length - 1 + margin, or below it if strict."""
    far = length - 1.0 + margin
    first, end = _half_line(
        (m[axis, 1] + margin * m[2, 1]) * y + (m[axis, 2] + margin * m[2, 2]),
        m[axis, 0] + margin * m[2, 0],
        start,
        stop,
        False,
    )
    return _half_line(
        (far * m[2, 1] - m[axis, 1]) * y + (far * m[2, 2] - m[axis, 2]), far * m[2, 0] - m[axis, 0], first, end, strict
    )


@kernel("void(f8[:,::1], i8, i8, i8, i8, f8, f8, i8, i8, i8[:,::1], u1[:,::1])")
def _spans(m, x, y, source_width, source_height, reach, margin, start, stop, spans, mask):  # type: ignore[no-untyped-def]
    width = mask.shape[1]
    strict = margin == 0.5
    lengths = float(source_width), float(source_height)
    for row in range(start, stop):
        line = float(y + row)
        first, end = _half_line(m[2, 1] * line + m[2, 2], m[2, 0], x, x + width, True)
        spans[row, 0] = first - x
        spans[row, 1] = end - x
        near, past = first, end
        for axis in range(2):
            near, past = _within(m, line, axis, lengths[axis], reach, strict, near, past)
        spans[row, 2] = near - x
        spans[row, 3] = past - x
        for axis in range(2):
            near, past = _within(m, line, axis, lengths[axis], margin, strict, near, past)
        spans[row, 4] = near - x
        spans[row, 5] = past - x
        flags = mask[row]
        for column in range(np.uint64(near - x)):
            flags[column] = 0
        for column in range(np.uint64(near - x), np.uint64(past - x)):
            flags[column] = 1
        for column in range(np.uint64(past - x), np.uint64(width)):
            flags[column] = 0


def write_spans(
    m: Array, region: Region, source: Array, interpolation: str, start: int, stop: int, spans: Array, mask: Array
) -> None:
    """Write the intervals and the mask of rows `start:stop`.

    A row of `spans` holds three intervals of columns, each within the one before: in front of the horizon; some tap
    inside the source; all taps of non-zero weight inside the source. The mask is the last of them.

    Parameters
    ----------
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 6) int64, columns relative to the region.
    mask
        (height, width) bool.
    """
    reach, margin = (0.5, 0.5) if interpolation == "nearest" else (1.0, EDGE)
    height, width = source.shape[:2]
    _spans(m, region.x, region.y, width, height, reach, margin, start, stop, spans, mask.view(np.uint8))
