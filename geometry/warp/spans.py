"""Which pixels of each output row lie where: a row of the output is cut into intervals by linear inequalities.

In front of the horizon (w > 0) the condition `u ≥ a` on the source coordinate `u = (m1·q) / (m3·q)` of an output pixel
is `(m1 - a m3)·q ≥ 0`: along a row a half-line. No division is needed, and whether a pixel is in does not depend on
what else is computed.
"""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import inline, kernel

EDGE = 2.0**-30
"""Pixels by which a point may miss the source's edge and still count as on it: entries of homographies are rounded."""


_GRAIN_PIXELS = 1 << 20


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


@kernel("void(f8[:,::1], i8, i8, i8, i8, i8, f8, f8, i8, i8, i8[:,::1])")
def _spans(m, x, y, width, source_width, source_height, reach, margin, start, stop, spans):  # type: ignore[no-untyped-def]
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


def write_spans(
    m: Array, region: Region, source: Array, interpolation: str, start: int, stop: int, spans: Array
) -> None:
    """Write the intervals of rows `start:stop`.

    A row of `spans` holds three intervals of columns, each within the one before: in front of the horizon; some tap
    inside the source; all taps of non-zero weight inside the source. The mask is the last of them.

    Parameters
    ----------
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    spans
        (height, 6) int64, columns relative to the region.
    """
    reach, margin = (0.5, 0.5) if interpolation == "nearest" else (1.0, EDGE)
    height, width = source.shape[:2]
    _spans(m, region.x, region.y, region.width, width, height, reach, margin, start, stop, spans)


@kernel("void(i8[:,::1], i8, i8, u1[:,::1])")
def _span_mask(spans, start, stop, mask):  # type: ignore[no-untyped-def]
    for row in range(start, stop):
        near, past = np.uint64(spans[row, 4]), np.uint64(spans[row, 5])
        flags = mask[row - start]
        for column in range(near):
            flags[column] = 0
        for column in range(near, past):
            flags[column] = 1
        for column in range(past, np.uint64(len(flags))):
            flags[column] = 0


def span_mask(spans: Array, width: int, start: int, stop: int) -> Array:
    """Return the mask of rows `start:stop`: (stop - start, width) bool, True in the last interval of each row."""
    mask = np.empty((stop - start, width), np.bool_)
    flags = mask.view(np.uint8)

    def work(first: int, end: int) -> None:
        _span_mask(spans[start:], first, end, flags[first:])

    run_bands(work, stop - start, grain=max(1, _GRAIN_PIXELS // width))
    return mask
