"""Scores of camera pairs from K, R and C by plain loops; spanning trees by Prim's definition; the law of draws."""

import math


def _product(A, x):
    return [sum(a * b for a, b in zip(row, x, strict=True)) for row in A]


def _turned(R, x):
    return [sum(R[r][c] * x[r] for r in range(3)) for c in range(3)]


def point_at(camera, x, y, depth):
    """The world point that the camera shows at pixel (x, y) at this depth."""
    K, R, C, *_ = camera
    v = (y - K[1][2]) / K[1][1]
    u = (x - K[0][2] - K[0][1] * v) / K[0][0]
    return [c + depth * d for c, d in zip(C, _turned(R, [u, v, 1.0]), strict=True)]


def inside(camera, point):
    K, R, C, (width, height), (near, far) = camera
    X = _product(R, [p - c for p, c in zip(point, C, strict=True)])
    if X[2] < near or X[2] > far:
        return False
    x, y, _ = _product(K, [X[0] / X[2], X[1] / X[2], 1.0])
    return -0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5


def share(a, b, grid, depths):
    """How many points of the frustum of `a` are in that of `b`."""
    (width, height), (near, far) = a[3], a[4]
    found = 0
    for k in range(depths):
        depth = near * (far / near) ** ((k + 0.5) / depths)
        for row in range(grid):
            for column in range(grid):
                x, y = width * (column + 0.5) / grid - 0.5, height * (row + 0.5) / grid - 0.5
                found += inside(b, point_at(a, x, y, depth))
    return found / (grid * grid * depths)


def _angle(u, v):
    cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    return math.atan2(math.hypot(*cross), sum(a * b for a, b in zip(u, v, strict=True)))


def _middle(a):
    (width, height), (near, far) = a[3], a[4]
    depth = math.sqrt(near * far)
    return point_at(a, (width - 1) / 2, (height - 1) / 2, depth), depth


def _at_middle(a, b):
    point, depth = _middle(a)
    angle = _angle([c - p for c, p in zip(a[2], point, strict=True)], [c - p for c, p in zip(b[2], point, strict=True)])
    angle = min(angle, math.pi - angle)
    other = _product(b[1], [p - c for p, c in zip(point, b[2], strict=True)])[2]
    if other <= 0:
        return angle, 0.0
    scales = [math.sqrt(c[0][0][0] * c[0][1][1]) / z for c, z in ((a, depth), (b, other))]
    return angle, min(scales) / max(scales)


def measures(a, b, grid, depths):
    """Baseline angle, direction angle, overlap, scale ratio and distance of two cameras (K, R, C, size, range)."""
    one, other = _at_middle(a, b), _at_middle(b, a)
    directions = [[p - c for p, c in zip(_middle(camera)[0], camera[2], strict=True)] for camera in (a, b)]
    return (
        (one[0] + other[0]) / 2,
        _angle(*directions),
        (share(a, b, grid, depths) + share(b, a, grid, depths)) / 2,
        (one[1] + other[1]) / 2,
        math.dist(a[2], b[2]),
    )


def score(baseline, direction, overlap, scale, best, weights):
    factors = [overlap, 2 * baseline * best / (baseline**2 + best**2), max(0.0, math.cos(direction)), scale]
    if overlap == 0:
        return 0.0
    product = 1.0
    for factor, weight in zip(factors, weights, strict=True):
        product *= factor ** (weight / sum(weights)) if weight > 0 else 1.0
    return product


def greatest_forest(weights):
    """Edges of the maximum spanning forest of a table of weights, 0 for none: the heaviest edge that closes no loop."""
    count = len(weights)
    part = list(range(count))
    edges = sorted((-weights[i][j], i, j) for i in range(count) for j in range(i + 1, count) if weights[i][j] > 0)
    chosen = []
    for _, i, j in edges:
        if part[i] != part[j]:
            chosen.append((i, j))
            part = [part[i] if p == part[j] else p for p in part]
    return sorted(chosen), part


def chances(a, b, count, ordered, self_pairs):
    """The probability of every sequence of `count` distinct pairs."""
    weights = {}
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if (self_pairs or i != j) and x * y > 0:
                key = (i, j) if ordered else (min(i, j), max(i, j))
                weights[key] = weights.get(key, 0.0) + x * y
    found = {}

    def draw(drawn, probability):
        if len(drawn) == count:
            found[drawn] = probability
            return
        left = {key: weight for key, weight in weights.items() if key not in drawn}
        total = sum(left.values())
        for key, weight in left.items():
            draw((*drawn, key), probability * weight / total)

    draw((), 1.0)
    return found
