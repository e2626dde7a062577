"""The triangles between neighbouring readings: which of them there are, and which target rows they reach.

Four neighbouring readings make a cell: A B in a row, C D below. Where three of its sides or all are links of one
surface, it has two triangles, cut by the diagonal whose ends differ less; where two that meet are, it has one.
"""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.depth.jumps import DOWN, RIGHT, RISING
from geometry.inputs import Array
from geometry.kernel import inline, kernel

ABC, ABD, ACD, BCD = 1, 2, 4, 8
"""Bits of a cell: which triangles it has."""

FURTHEST = 2.0**60
"""px; corners of triangles are not further from the target's origin."""
SHALLOWEST, DEEPEST = 2.0**-400, 2.0**400
"""Between them lie the depths of corners of triangles, so that no product of theirs leaves float64."""
STRIP = 64  # cells that are looked up together
_NOWHERE = 2**30
_BAND_PIXELS = 32768


@inline
def _place(positions, z, length, places):  # type: ignore[no-untyped-def]
    """The pixels before positions along one axis, at most two off the target, so that it is seen that they are."""
    for x in range(len(places)):
        at = positions[x]
        known = (at == at) & (z[x] > 0.0)
        places[x] = np.int32(max(-2.0, min(np.floor(at), length))) if known else np.int32(_NOWHERE)


@inline
def _known(place):  # type: ignore[no-untyped-def]
    """The place, far below all others where it is none."""
    return place if place < np.int32(_NOWHERE) else np.int32(-_NOWHERE)


@inline
def _range(places, others):  # type: ignore[no-untyped-def]
    """The least of the places in both, and the greatest."""
    least, greatest = np.int32(_NOWHERE), np.int32(-_NOWHERE)
    for x in range(len(places)):
        one, other = places[x], others[x]
        least = min(least, one, other)
        greatest = max(greatest, _known(one), _known(other))
    return least, greatest


@inline
def _area(cells, rows, rows_below, sides, sides_below):  # type: ignore[no-untyped-def]
    """Pixels that the cells of a row reach over, as if they were upright: what they cost at most."""
    area = 0
    for x in range(len(cells)):
        a, b, c, d = rows[x], rows[x + 1], rows_below[x], rows_below[x + 1]
        tall = max(_known(a), _known(b), _known(c), _known(d)) - min(a, b, c, d) + 1
        a, b, c, d = sides[x], sides[x + 1], sides_below[x], sides_below[x + 1]
        wide = max(_known(a), _known(b), _known(c), _known(d)) - min(a, b, c, d) + 1
        area += tall * wide if cells[x] > 0 else 0
    return area


@inline
def _usable(u, v, z, usable):  # type: ignore[no-untyped-def]
    """Whether readings can be corners of triangles."""
    for x in range(len(usable)):
        near = (abs(u[x]) < FURTHEST) & (abs(v[x]) < FURTHEST)
        usable[x] = np.uint8(near & (z[x] > SHALLOWEST) & (z[x] < DEEPEST))


@inline
def _row_of_cells(links, links_below, usable, usable_below, cells):  # type: ignore[no-untyped-def]
    for x in range(len(cells)):
        top = (links[x] // RIGHT) & usable[x] & usable[x + 1] & 1
        left = (links[x] // DOWN) & usable[x] & usable_below[x] & 1
        right = (links[x + 1] // DOWN) & usable[x + 1] & usable_below[x + 1] & 1
        bottom = (links_below[x] // RIGHT) & usable_below[x] & usable_below[x + 1] & 1
        corners = (top & left) * ABC | (top & right) * ABD | (left & bottom) * ACD | (right & bottom) * BCD
        cut = (ABC | BCD) if links[x] & RISING else (ABD | ACD)
        cells[x] = np.uint8(cut if top + left + right + bottom >= 3 else corners)


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], u1[:,::1], f8, f8, i8, i8, u1[:,::1], i4[:,:,::1], i8[::1])")
def _mesh(u, v, z, links, width, height, start, stop, cells, spans, areas):  # type: ignore[no-untyped-def]
    lines, columns = z.shape
    usable = np.zeros((2, columns), np.uint8)
    rows, sides = np.empty((2, columns), np.int32), np.empty((2, columns), np.int32)
    rows[:], sides[:] = _NOWHERE, _NOWHERE
    for y in range(start, min(stop + 1, lines)):
        _usable(u[y], v[y], z[y], usable[y & 1])
        _place(v[y], z[y], height, rows[y & 1])
        _place(u[y], z[y], width, sides[y & 1])
        if y > start:
            above, below = usable[1 - (y & 1)], usable[y & 1]
            cells[y, 0] = 0
            _row_of_cells(links[y - 1], links[y], above, below, cells[y, 1:columns])
            cells[y, columns] = 0
            areas[y - 1] = _area(cells[y, 1:columns], rows[1 - (y & 1)], rows[y & 1], sides[1 - (y & 1)], sides[y & 1])
            _find_spans(rows, sides, width, height, spans[y - 1])
    if stop == lines:
        cells[lines], areas[lines - 1] = 0, 0
        rows[lines & 1], sides[lines & 1] = _NOWHERE, _NOWHERE
        _find_spans(rows, sides, width, height, spans[lines - 1])


@inline
def _find_spans(rows, sides, width, height, spans):  # type: ignore[no-untyped-def]
    """First and last target row of each strip; the last comes first where there is none."""
    columns = rows.shape[1]
    for strip in range(len(spans)):
        begin, end = strip * STRIP, min(strip * STRIP + STRIP + 1, columns)
        first, last = _range(rows[0, begin:end], rows[1, begin:end])
        left, right = _range(sides[0, begin:end], sides[1, begin:end])
        reached = (left < width) & (right >= -1)
        spans[strip, 0] = first if reached else np.int32(_NOWHERE)
        spans[strip, 1] = last + np.int32(1) if reached else np.int32(-_NOWHERE)


class Cells(NamedTuple):
    """Where there are triangles."""

    kinds: Array
    """uint8 of ABC | ABD | ACD | BCD, rows of W + 1: row y + 1, column x + 1 is the cell whose A is pixel (x, y); 0
    around, and at the end as many more as vectors may read too far."""
    spans: Array
    """(H, ceil(W / STRIP), 2) int32: first and last target row of a strip: cells of a row and the readings above."""
    areas: Array
    """(H,) int64: target pixels that the cells of a row reach over."""


def find_cells(u: Array, v: Array, z: Array, links: Array, *, width: int, height: int) -> Cells:
    """Find the triangles of each cell and what they reach."""
    lines, columns = z.shape
    padded = np.zeros((lines + 1) * (columns + 1) + STRIP, np.uint8)
    cells = padded[: (lines + 1) * (columns + 1)].reshape(lines + 1, columns + 1)
    spans = np.empty((lines, -(-columns // STRIP), 2), np.int32)
    areas = np.empty(lines, np.int64)
    run_bands(
        lambda start, stop: _mesh(u, v, z, links, float(width), float(height), start, stop, cells, spans, areas),
        lines,
        grain=max(1, _BAND_PIXELS // columns),
    )
    return Cells(padded, spans, areas)
