"""The surface of a depth map, link by link, triangle by triangle and pixel by pixel, in exact rational arithmetic."""

import math
from fractions import Fraction
from itertools import pairwise

TRIANGLES = {"ABC": (0, 1, 2), "ABD": (0, 1, 3), "ACD": (0, 2, 3), "BCD": (1, 2, 3)}
CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))  # x, y of A, B, C, D


def reading(value):
    return value > 0 and math.isfinite(value)


def joined(line, i, max_jump):
    """Whether readings i and i + 1 of a line belong to one surface."""
    if not (0 <= i < len(line) - 1 and reading(line[i]) and reading(line[i + 1])):
        return False
    inverse = [1 / float(value) if reading(value) else math.nan for value in line]
    most = max_jump * min(inverse[i], inverse[i + 1])
    if abs(inverse[i + 1] - inverse[i]) <= most:
        return True
    for first in (i - 2, i - 1, i):
        if first >= 0 and first + 3 < len(line):
            steps = [b - a for a, b in pairwise(inverse[first : first + 4])]
            if all(abs(b - a) <= most for a, b in pairwise(steps)):
                return True
    return False


def links(depth, max_jump):
    """Pairs of neighbouring pixels ((x, y), (x, y)) that belong to one surface."""
    rows, columns = len(depth), len(depth[0])
    found = set()
    for y in range(rows):
        for x in range(columns):
            if joined(list(depth[y]), x, max_jump):
                found.add(((x, y), (x + 1, y)))
            if joined([depth[i][x] for i in range(rows)], y, max_jump):
                found.add(((x, y), (x, y + 1)))
    return found


def mesh(depth, usable, max_jump):
    """Triangles as triples of pixels, in the order of their indices."""
    rows, columns = len(depth), len(depth[0])
    known = {pair for pair in links(depth, max_jump) if all(usable[y][x] for x, y in pair)}
    found = []
    for y in range(rows - 1):
        for x in range(columns - 1):
            a, b, c, d = ((x + i, y + j) for i, j in CORNERS)
            sides = {
                name for name, pair in (("t", (a, b)), ("l", (a, c)), ("r", (b, d)), ("b", (c, d))) if pair in known
            }
            if len(sides) >= 3:
                inverse = [1 / float(depth[j][i]) for i, j in (a, b, c, d)]
                rising = abs(inverse[1] - inverse[2]) < abs(inverse[0] - inverse[3])
                found += [(a, b, c), (b, c, d)] if rising else [(a, b, d), (a, c, d)]
            else:
                for pair, triangle in (("tl", (a, b, c)), ("tr", (a, b, d)), ("lb", (a, c, d)), ("rb", (b, c, d))):
                    if sides == set(pair):
                        found.append(triangle)
    return found


def cross(p, q, r):
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


def placed(u, v, z, triangles):
    """Triangles that are seen from the front: (pixels, corners in the target, depths, sense in the source), exact."""
    found = []
    for triangle in triangles:
        corners = [(Fraction(u[j][i]), Fraction(v[j][i])) for i, j in triangle]
        turned = cross(*triangle)
        if cross(*corners) * turned > 0:
            found.append((triangle, corners, [Fraction(z[j][i]) for i, j in triangle], turned))
    return found


def candidates(triangles, x, y):
    """All that covers pixel (x, y): (depth, source pixels that weigh most, weights by source pixel), exact."""
    found, pixel = [], (Fraction(x), Fraction(y))
    for triangle, corners, depths, turned in triangles:
        if any(min(axis) > at or max(axis) < at for axis, at in zip(zip(*corners, strict=True), pixel, strict=True)):
            continue
        weights = [cross(pixel, corners[k - 2], corners[k - 1]) * turned for k in range(3)]
        if min(weights) < 0:
            continue
        weights = [w / depth for w, depth in zip(weights, depths, strict=True)]
        total = sum(weights)
        weights = [w / total for w in weights]
        value = sum(w * depth for w, depth in zip(weights, depths, strict=True))
        top = [p for p, w in zip(triangle, weights, strict=True) if w == max(weights)]
        found.append((value, top, dict(zip(triangle, weights, strict=True))))
    return found


def alone(u, v, z, triangles):
    """Pixels of the target that readings of no triangle fill, by source pixel."""
    taken = {p for triangle in triangles for p in triangle}
    return {
        (x, y): (math.floor(u[y][x] + 0.5 + 2.0**-30), math.floor(v[y][x] + 0.5 + 2.0**-30))
        for y in range(len(z))
        for x in range(len(z[0]))
        if (x, y) not in taken and reading(z[y][x]) and math.isfinite(u[y][x]) and math.isfinite(v[y][x])
    }
