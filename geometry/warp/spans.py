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
from geometry.warp.taps import OVERSHOOT
from geometry.warp.weights import TAPS

EDGE = 2.0**-30
"""Pixels by which a point may miss the source's edge and still count as on it: entries of homographies are rounded."""


_ROOM = 2.0**-20
"""Pixels between the points that a kernel for the inside takes and those where it would read elsewhere."""

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
def _within(m, y, axis, low, high, strict, start, stop):  # type: ignore[no-untyped-def]
    """The part of [start, stop) with source coordinates from low to high, or below it if strict."""
    first, end = _half_line(
        (m[axis, 1] - low * m[2, 1]) * y + (m[axis, 2] - low * m[2, 2]), m[axis, 0] - low * m[2, 0], start, stop, False
    )
    return _half_line(
        (high * m[2, 1] - m[axis, 1]) * y + (high * m[2, 2] - m[axis, 2]),
        high * m[2, 0] - m[axis, 0],
        first,
        end,
        strict,
    )


@kernel("void(f8[:,::1], i8, i8, i8, f8[:,:,::1], b1, i8, i8, i8[:,::1])")
def _spans(m, x, y, width, bounds, strict, start, stop, spans):  # type: ignore[no-untyped-def]
    for row in range(start, stop):
        line = float(y + row)
        first, end = _half_line(m[2, 1] * line + m[2, 2], m[2, 0], x, x + width, True)
        spans[row, 0] = first - x
        spans[row, 1] = end - x
        for interval in range(3):
            near, past = first, end
            for axis in range(2):
                low, high = bounds[interval, axis, 0], bounds[interval, axis, 1]
                near, past = _within(m, line, axis, low, high, strict, near, past)
            spans[row, 2 + 2 * interval] = near - x
            spans[row, 3 + 2 * interval] = past - x


def span_bounds(m: Array | None, source: Array, interpolation: str, *, to_the_edge: bool) -> Array:
    """The intervals of source coordinates that `write_spans` cuts rows by: (3, 2, 2) float64, [which, axis, low/high].

    They are: some tap is inside the source; all taps of non-zero weight are; all that a kernel for the inside reads is.

    Parameters
    ----------
    m
        (3, 3) float64, output to source pixels. Along an axis on which it keeps to whole pixels, a point has one tap.
        None for a map of points.
    source
        (H, W, C).
    to_the_edge
        Whether the kernel for the inside takes all that has its taps there, or wants room on all sides.
    """
    taps = TAPS[interpolation]
    bounds = np.empty((3, 2, 2))
    whole = (False, False) if m is None else _whole_axes(m)
    for axis, length in enumerate(source.shape[1::-1]):
        if taps == 1:
            bounds[:, axis] = -0.5, length - 0.5
            continue
        half = taps // 2
        bounds[0, axis] = -half, length - 1 + half
        bounds[1, axis] = -EDGE, length - 1 + EDGE
        if taps > 2 and not whole[axis]:
            bounds[1, axis] = half - 1 - EDGE, length - half + EDGE
        bounds[2, axis] = bounds[1, axis]
        if not to_the_edge:
            first = -EDGE if taps == 2 else half - 1 + _ROOM
            bounds[2, axis] = first, length - half - axis - _ROOM
    if not to_the_edge:
        if taps == 2:
            bounds[2, 0, 1] = source.shape[1] - 1 + EDGE
        if source.shape[1] * source.shape[2] < OVERSHOOT:
            bounds[2] = 1.0, 0.0
    return bounds


def _whole_axes(m: Array) -> tuple[bool, bool]:
    """Along which axes of the source all points are on whole pixels."""
    if m[2, 0] or m[2, 1]:
        return False, False
    steps = m[:2] / m[2, 2]
    whole = (steps == np.floor(steps)).all(axis=1)
    return bool(whole[0]), bool(whole[1])


def write_spans(
    m: Array, region: Region, bounds: Array, interpolation: str, start: int, stop: int, spans: Array
) -> None:
    """Write the intervals of rows `start:stop`.

    A row of `spans` holds four intervals of columns: in front of the horizon, and in it those of `bounds`. The mask is
    the third of the four.

    Parameters
    ----------
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    bounds
        (3, 2, 2) float64, from `span_bounds`.
    spans
        (height, 8) int64, columns relative to the region.
    """
    _spans(m, region.x, region.y, region.width, bounds, interpolation == "nearest", start, stop, spans)


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
