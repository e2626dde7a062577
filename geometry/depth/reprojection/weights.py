"""Which pixels the triangles of cells cover and how deep they are there, many at a time.

A cell is cut by its diagonal P Q; its triangles are P M Q and P Q N, in the sense in which the source sees them. Their
other corners M and N are P where there is no such triangle. Falling diagonal: P, Q, M, N = A, D, B, C; rising: B, C, D,
A. Corners are numbered A 0, B 1, C 2, D 3, and triangles by the one of M and N that they have.
"""

import numpy as np

from geometry.depth.reprojection.mesh import ABC, ABD, ACD, BCD, STRIP
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, ramp, select, store

ROWS = STRIP + 2 * LANES
"""Length of the rows of u, v, z above and of u, v, z below that a strip of cells is prepared from."""

CORNERS = 14
"""Rows of what is known of a strip's cells: u, v and z of P, Q, M, N; first column and row they reach."""
_U, _V, _Z = 0, 4, 8
FIRST_COLUMN, FIRST_ROW = 12, 13
SPREAD = 3
"""Rows of whole numbers: columns and rows they reach over; RISING | BACKWARD."""
_RISING, _BACKWARD = 1, 2


def _less(a: Operand, b: Operand) -> Operand:
    return select(a < b, a, b)


def _more(a: Operand, b: Operand) -> Operand:
    return select(a > b, a, b)


def _cross(ax: Operand, ay: Operand, bx: Operand, by: Operand) -> Operand:
    """det[a, b], to the last bit −det[b, a]: two triangles at an edge agree on which side of it a pixel is."""
    return ax * by - ay * bx


@lanes
def copy(plane: Operand, here: Operand, rows: Operand, there: Operand) -> None:
    """Copy numbers to where cells are prepared from."""
    store(rows, there, load(plane, here))


@lanes
def find_lone(cells: Operand, above: Operand, below: Operand, k: Operand, lone: Operand, most: Operand) -> None:
    """Which readings k, k + 1, … belong to no triangle; cells above and below them begin at these places."""
    around = (load(cells, below + k + 1) & (ABC | ABD | ACD)) | (load(cells, below + k) & (ABC | ABD | BCD))
    around = around | (load(cells, above + k + 1) & (ABC | ACD | BCD)) | (load(cells, above + k) & (ABD | ACD | BCD))
    alone = 1 - cast(around > 0, np.uint8)
    store(lone, k, alone)
    store(most, 0, load(most, 0) | alone)


@lanes
def prepare_cells(
    rows: Operand, cells: Operand, at: Operand, k: Operand, count: Operand, right: Operand, top: Operand,
    bottom: Operand, corners: Operand, spread: Operand,
) -> None:  # fmt: skip
    """Arrange the corners of cells k, k + 1, … below `count`, and find the pixels that each may cover."""
    cell = cast(load(cells, at + k), np.int32)
    cell = select(ramp(k) < cast(count, np.int32), cell, 0)
    some, rising = cell > 0, (cell & (ABC | BCD)) > 0
    has_m, has_n = (cell & (ABD | BCD)) > 0, (cell & (ACD | ABC)) > 0
    arranged = []
    for axis, absent in enumerate((0.0, 0.0, 1.0)):
        a, b = (load(rows, axis * ROWS + k + right_) for right_ in (0, 1))
        c, d = (load(rows, (axis + 3) * ROWS + k + right_) for right_ in (0, 1))
        p, q = select(some, select(rising, b, a), absent), select(some, select(rising, c, d), absent)
        arranged.append((p, q, select(has_m, select(rising, d, b), p), select(has_n, select(rising, a, c), p)))
    for corner in range(4):
        for place, axis in ((_U, 0), (_V, 1), (_Z, 2)):
            store(corners, (place + corner) * STRIP + k, arranged[axis][corner])
    reach = []
    for (p, q, m, n), lowest, highest in ((arranged[0], 0.0, right), (arranged[1], top, bottom)):
        least, most = _less(_less(p, q), _less(m, n)), _more(_more(p, q), _more(m, n))
        reach.append((_more(0.0 - floor(0.0 - least), lowest), _less(floor(most), highest)))
    (x0, x1), (y0, y1) = reach
    reached = some & (x0 <= x1) & (y0 <= y1)
    store(corners, FIRST_COLUMN * STRIP + k, select(reached, x0, 0.0))
    store(corners, FIRST_ROW * STRIP + k, select(reached, y0, 0.0))
    store(spread, k, cast(select(reached, x1 - x0 + 1.0, 0.0), np.int32))
    store(spread, STRIP + k, cast(select(reached, y1 - y0 + 1.0, 0.0), np.int32))
    (pu, qu, mu, _), (pv, qv, mv, _), _ = arranged
    ahead = _cross(mu - pu, mv - pv, qu - pu, qv - pv) > 0.0
    store(spread, 2 * STRIP + k, cast(rising, np.int32) | (_BACKWARD - cast(ahead, np.int32) * _BACKWARD))


def _weigh(
    corners: Operand, spread: Operand, k: Operand, count: int, x: Operand, y: Operand, valid: Operand
) -> Operand:
    """Depth at pixels (x, y), infinite where the cell does not cover them; triangle · 4 + corner that weighs most."""
    flags = load(spread, 2 * STRIP + k, count)
    rising = flags & _RISING
    pu, qu, mu, nu = (load(corners, (_U + corner) * STRIP + k, count) for corner in range(4))
    pv, qv, mv, nv = (load(corners, (_V + corner) * STRIP + k, count) for corner in range(4))
    px, py, qx, qy = pu - x, pv - y, qu - x, qv - y
    across = _cross(px, py, qx, qy)
    # On the diagonal itself, the first triangle counts if the source's side of it is seen.
    second = (across > 0.0) | ((across >= 0.0) & ((flags & _BACKWARD) > 0))
    ox, oy = select(second, nu, mu) - x, select(second, nv, mv) - y
    wp, wq = _cross(ox, oy, qx, qy), _cross(px, py, ox, oy)
    wp, wq, wo = select(second, 0.0 - wp, wp), select(second, 0.0 - wq, wq), select(across < 0.0, 0.0 - across, across)
    inside = valid & (wp >= 0.0) & (wq >= 0.0)
    zp, zq, zm, zn = (load(corners, (_Z + corner) * STRIP + k, count) for corner in range(4))
    zo = select(second, zn, zm)
    wp, wq, wo = wp * (zq * zo), wq * (zp * zo), wo * (zp * zq)  # as w / z, up to a factor
    # Of equal weights the corner with the lower number, which is P before Q; the other is the first of all if it is A,
    # the last if it is D.
    other = select(second, 2 - 2 * rising, 1 + 2 * rising)
    most_p = (wp >= wq) & ((wp > wo) | ((wp >= wo) & (other > 0)))
    most_o = (wo > wq) | ((wo >= wq) & (other < 3))
    z = select(most_p, zp, select(most_o, zo, zq))
    # Counted from the corner that weighs most: exact where it weighs all.
    part = wp * (zp - z) + wq * (zq - z) + wo * (zo - z)
    total = wp + wq + wo
    hit = inside & (total > 0.0)
    value = select(hit, z + part / select(hit, total, 1.0), np.inf)
    return value, 4 * other + select(most_p, rising, select(most_o, other, 3 - rising))


@lanes
def weigh_cells(
    corners: Operand, spread: Operand, k: Operand, right: Operand, down: Operand, top: Operand, width: Operand,
    values: Operand, found: Operand,
) -> None:  # fmt: skip
    """One pixel of each cell k, k + 1, …, so far from the first that it may cover: depth, place in the band, code."""
    column, row = load(corners, FIRST_COLUMN * STRIP + k) + right, load(corners, FIRST_ROW * STRIP + k) + down
    wide, tall = cast(load(spread, k), np.float64), cast(load(spread, STRIP + k), np.float64)
    value, code = _weigh(corners, spread, k, LANES, column, row, (wide > right) & (tall > down))
    store(values, 0, value)
    store(found, 0, cast((row - top) * width + column, np.int32))
    store(found, LANES, code)


@lanes
def weigh_row(
    corners: Operand, spread: Operand, k: Operand, left: Operand, count: Operand, row: Operand, top: Operand,
    width: Operand, values: Operand, found: Operand,
) -> None:  # fmt: skip
    """So many pixels of a row, at most LANES, in the cell k: depth, place in the band, code."""
    step = cast(ramp(k) - cast(k, np.int32), np.float64)
    column = left + step
    value, code = _weigh(corners, spread, k, 1, column, row, step < count)
    store(values, 0, value)
    store(found, 0, cast(select(step < count, column, left) + (row - top) * width, np.int32))
    store(found, LANES, code)
