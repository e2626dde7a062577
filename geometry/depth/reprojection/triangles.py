"""A depth map as a surface: the triangles between neighbouring readings, rasterised in another view.

In a triangle with corners p, q, r in the image and their depths z, pixel x has the weights `w_p = det[q − x, r − x]`
and so on, cyclically; it is covered where none has the other sign than in the source. Space weighs corners by w / z, so
that `z = Σ w / Σ (w / z)`, which is exact on planes.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands, threads
from geometry.depth.reprojection.landing import _HALF
from geometry.depth.reprojection.mesh import STRIP, find_cells
from geometry.depth.reprojection.weights import (
    CORNERS,
    FIRST_COLUMN,
    FIRST_ROW,
    ROWS,
    SPREAD,
    copy,
    find_lone,
    prepare_cells,
    weigh_cells,
    weigh_row,
)
from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.lanes import LANES
from geometry.memory import fresh_arrays

LONE, NO_TRIANGLE = 64, 255
"""Codes besides those of triangles: a reading of no triangle, alone in its pixel; nothing."""

_BAND_PIXELS = 65536
_PIECE_PIXELS = 1 << 28  # reached over between two chances to interrupt
_MANY = 3  # of LANES cells that reach over several pixels; from there on their other pixels are looked at together


class TriangleSplat(NamedTuple):
    """What the triangles of a depth map cover in another view."""

    nearest: Array
    """(h, w) float64: z at the pixel's centre, NaN where nothing covers it."""
    source_index: Array
    """(h, w) int32: plane index y·W + x of the reading that weighs most in space; of equal ones the first; −1 in
    holes."""
    triangle: Array
    """(h, w) uint8: which triangle around that reading won, for `shade_triangles`; LONE, NO_TRIANGLE."""


@routine
def _keep(values, found, count, step, index, columns, nearest, source_index, triangle):  # type: ignore[no-untyped-def]
    """Write what lanes have found where it is nearer; of equal depths the lower index, then the lower code.

    The cells of neighbouring lanes are `step` apart.
    """
    for lane in range(np.uint64(count)):
        z = values[lane]
        if z < np.inf:
            code, at = found[np.uint64(1), lane], np.uint64(found[np.uint64(0), lane])
            source = index + np.int64(lane) * step + (code & 1) + ((code >> 1) & 1) * columns
            old, old_index = nearest[at], np.int64(source_index[at])
            first = (source < old_index) | ((source == old_index) & (code < triangle[at]))
            if (z < old) | ((z == old) & first):
                nearest[at], source_index[at], triangle[at] = z, np.int32(source), np.uint8(code)


@routine
def _load(plane, y, begin, count, rows, at):  # type: ignore[no-untyped-def]
    """Copy parts of two rows of a plane to where cells are prepared from."""
    flat, whole = plane.reshape(plane.size), count // LANES * LANES
    for below in range(2):
        here, there = (y + below) * plane.shape[1] + begin, (at + 3 * below) * ROWS
        for x in range(0, whole, LANES):
            copy(flat, here + x, rows, there + x)
        for x in range(whole, count):
            rows[at + 3 * below, x] = flat[here + x]


@routine
def _count(spread, begin):  # type: ignore[no-untyped-def]
    """Most columns and rows that any of the cells reaches over, and how many reach more than one pixel."""
    widest, tallest, several = np.int32(0), np.int32(0), np.int32(0)
    for k in range(np.uint64(begin), np.uint64(begin + LANES)):
        wide, tall = spread[0, k], spread[1, k]
        widest, tallest = max(widest, wide), max(tallest, tall)
        several = np.int32(several + np.int32((wide > 1) | (tall > 1)))
    return widest, tallest, several


@inline
def _narrow(ax, ay, bx, by, low, high):  # type: ignore[no-untyped-def]
    """Widen low and high by where an edge meets row 0."""
    if (min(ay, by) <= 0.0) & (max(ay, by) >= 0.0):
        if ay == by:
            low, high = min(low, ax, bx), max(high, ax, bx)
        else:
            x = ax - ay / (by - ay) * (bx - ax)
            doubt = 1.0 + 2.0**-48 * (abs(ax) + abs(bx))
            low, high = min(low, x - doubt), max(high, x + doubt)
    return low, high


@routine
def _walk(corners, spread, k, top, width, values, found, index, columns, nearest, source_index, triangle):  # type: ignore[no-untyped-def]
    """Go through the rows of a cell that reaches over several pixels."""
    x0, y0, wide = corners[FIRST_COLUMN, k], corners[FIRST_ROW, k], float(spread[0, k])
    for down in range(spread[1, k]):
        row, low, high = y0 + down, x0, x0 + wide - 1.0
        if wide > LANES:
            left, right = np.inf, -np.inf
            pu, qu, mu, nu = corners[0, k], corners[1, k], corners[2, k], corners[3, k]
            pv, qv, mv, nv = corners[4, k] - row, corners[5, k] - row, corners[6, k] - row, corners[7, k] - row
            left, right = _narrow(pu, pv, mu, mv, left, right)
            left, right = _narrow(mu, mv, qu, qv, left, right)
            left, right = _narrow(qu, qv, nu, nv, left, right)
            left, right = _narrow(nu, nv, pu, pv, left, right)
            low, high = max(low, np.ceil(left)), min(high, np.floor(right))
        while low <= high:
            count = min(high - low + 1.0, float(LANES))
            weigh_row(corners, spread, k, low, count, row, top, float(width), values, found)
            _keep(values, found, np.int64(count), 0, index, columns, nearest, source_index, triangle)
            low += float(LANES)


@routine
def _lone(cells, above, below, count, lone, most):  # type: ignore[no-untyped-def]
    """Find readings that belong to no triangle, with cells from these places on; True where there may be some."""
    most[:] = 0
    for k in range(0, count, LANES):
        find_lone(cells, above, below, k, lone, most)
    some = np.uint8(0)
    for lane in range(LANES):
        some |= most[lane]
    return some != 0


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], u1[::1], i4[:,:,::1], i8, i8, i8, i8, f8[:,::1], i4[:,::1], u1[:,::1])")
def _rasterise(  # type: ignore[no-untyped-def]
    u, v, z, cells, spans, line, next_line, start, stop, nearest, source_index, triangle
):
    lines, columns = z.shape
    width = nearest.shape[1]
    places = (stop - start) * width
    near, kept, codes = (
        nearest[start:stop].reshape(places),
        source_index[start:stop].reshape(places),
        triangle[start:stop].reshape(places),
    )
    if line == 0:
        near[:], kept[:], codes[:] = np.inf, -1, NO_TRIANGLE
    top, bottom, right = float(start), float(stop - 1), float(width - 1)
    rows, lone, most = np.zeros((6, ROWS)), np.zeros(STRIP, np.uint8), np.zeros(LANES, np.uint8)
    corners, spread = np.zeros((CORNERS, STRIP)), np.zeros((SPREAD, STRIP), np.int32)
    values, found = np.empty(LANES), np.empty((2, LANES), np.int32)
    for y in range(line, next_line):
        for strip in range(spans.shape[1]):
            if (spans[y, strip, 1] < start) | (spans[y, strip, 0] >= stop):
                continue
            begin, count = strip * STRIP, min(STRIP, columns - strip * STRIP)
            index, known = y * columns + begin, min(count + 1, columns - begin)
            above, below = y * (columns + 1) + begin, (y + 1) * (columns + 1) + begin
            if _lone(cells, above, below, count, lone, most):
                for x in range(begin, begin + count):
                    column, row = np.floor(u[y, x] + _HALF), np.floor(v[y, x] + _HALF)
                    inside = (column >= 0.0) & (column <= right) & (row >= top) & (row <= bottom)
                    if (lone[x - begin] != 0) & inside & (z[y, x] > 0.0) & (z[y, x] < np.inf):
                        values[0] = z[y, x]
                        found[0, 0], found[1, 0] = np.int32((row - top) * width + column), LONE
                        _keep(values, found, 1, 1, y * columns + x, columns, near, kept, codes)
            if y == lines - 1:
                continue
            _load(u, y, begin, known, rows, 0)
            _load(v, y, begin, known, rows, 1)
            _load(z, y, begin, known, rows, 2)
            for k in range(0, count, LANES):
                prepare_cells(rows, cells, below + 1, k, count, right, top, bottom, corners, spread)
                wide, tall, several = _count(spread, k)
                if wide == 0:
                    continue
                many = several >= _MANY
                for down in range(2 if many & (tall > 1) else 1):
                    for beside in range(2 if many & (wide > 1) else 1):
                        weigh_cells(corners, spread, k, float(beside), float(down), top, float(width), values, found)
                        _keep(values, found, LANES, 1, index + k, columns, near, kept, codes)
                done = 2 if many else 1
                if max(wide, tall) <= done:
                    continue
                for cell in range(k, min(k + LANES, count)):
                    if max(spread[0, cell], spread[1, cell]) > done:
                        _walk(
                            corners, spread, cell, top, width, values, found, index + cell, columns, near, kept, codes
                        )
    if next_line == lines:
        for place in range(places):
            near[place] = near[place] if kept[place] >= 0 else np.nan


def splat_triangles(u: Array, v: Array, z: Array, links: Array, *, width: int, height: int) -> TriangleSplat:
    """Rasterise the triangles between neighbouring readings and keep the nearest at each pixel.

    Pixels are covered where their centre is inside a triangle or on its edge. Triangles seen from behind are dropped:
    the source has not seen that side. A reading of no triangle fills its own pixel, `floor(u + 0.5), floor(v + 0.5)`.
    Of equal depths the one with the lower source index stays. Where a reading lies on a pixel's centre, and its
    triangles are the nearest, its depth is kept to the last bit.

    Parameters
    ----------
    u, v
        (H, W) float64, C-contiguous: where in the target each source pixel's reading lies; pixel centres at integers.
    z
        (H, W) float64, C-contiguous: its depth along the target's axis. Not a positive finite number, or NaN in `u`
        or `v`: there is nothing (no reading, behind the camera, outside of a lens).
    links
        (H, W) uint8 of `surface_links`: which neighbours belong to one surface.
    width, height
        Size of the target, px, ≥ 1.
    """
    shape = (height, width)
    nearest, source_index, triangle = fresh_arrays(
        *((shape, np.dtype(kind)) for kind in (np.float64, np.int32, np.uint8))
    )
    cells = find_cells(u, v, z, links, width=width, height=height)
    # Cells near the camera's plane may reach over all of the target, each of them: such work is done in pieces.
    pieces = np.cumsum(cells.areas) // _PIECE_PIXELS
    edges = [0, *(np.flatnonzero(np.diff(pieces)) + 1).tolist(), len(pieces)]
    for line, next_line in pairwise(edges):

        def rasterise(start: int, stop: int, line: int = line, next_line: int = next_line) -> None:
            _rasterise(
                u, v, z, cells.kinds, cells.spans, line, next_line, start, stop, nearest, source_index, triangle
            )  # fmt: skip

        run_bands(rasterise, height, grain=max(1, min(_BAND_PIXELS // width, -(-height // threads()))))
    return TriangleSplat(nearest, source_index, triangle)
