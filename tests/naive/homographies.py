"""Homographies by their definition, in exact fractions or plain loops."""

from fractions import Fraction
from math import hypot


def solve(rows, right):
    """Gauss–Jordan elimination in fractions."""
    n = len(rows)
    table = [[Fraction(entry) for entry in row] + [Fraction(value)] for row, value in zip(rows, right, strict=True)]
    for column in range(n):
        pivot = next(r for r in range(column, n) if table[r][column] != 0)
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [entry / table[column][column] for entry in table[column]]
        for r in range(n):
            if r != column:
                factor = table[r][column]
                table[r] = [a - factor * b for a, b in zip(table[r], table[column], strict=True)]
    return [row[n] for row in table]


def four_point_homography(source, target, fixed=8):
    """The eight equations of four points, with entry number `fixed` of H set to 1."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        x, y, u, v = (Fraction(float(value)) for value in (x, y, u, v))
        for row in ([x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]):
            right.append(-row.pop(fixed))
            rows.append(row)
    entries = solve(rows, right)
    entries.insert(fixed, Fraction(1))
    return [entries[0:3], entries[3:6], entries[6:9]]


def unit(matrix):
    """Floats of unit Frobenius norm; the sign is kept."""
    largest = max(abs(entry) for row in matrix for entry in row)
    scaled = [[float(entry / largest) for entry in row] for row in matrix]
    norm = sum(entry * entry for row in scaled for entry in row) ** 0.5
    return [[entry / norm for entry in row] for row in scaled]


def image_of(h, point):
    x, y = point
    a, b, w = (row[0] * x + row[1] * y + row[2] for row in h)
    return a / w, b / w


def inverse(h):
    """The inverse by cofactors."""
    (a, b, c), (d, e, f), (g, i, j) = h
    cofactors = [
        [e * j - f * i, c * i - b * j, b * f - c * e],
        [f * g - d * j, a * j - c * g, c * d - a * f],
        [d * i - e * g, b * g - a * i, a * e - b * d],
    ]
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    return [[entry / determinant for entry in row] for row in cofactors]


def transfer_errors(h, source, target):
    """Root of the squared distances in both images, one correspondence at a time."""
    back, errors = inverse(h), []
    for point, image in zip(source, target, strict=True):
        u, v = image_of(h, point)
        x, y = image_of(back, image)
        errors.append(hypot(u - image[0], v - image[1], x - point[0], y - point[1]))
    return errors


def canvas_crop(canvas, h, width, height):
    """Each output pixel from the canvas pixel that H gives, cut to a whole number and clamped; how many were outside.

    The public question's loop.
    """
    rows, columns = canvas.shape[:2]
    out, outside = [[None] * width for _ in range(height)], 0
    for x in range(width):
        for y in range(height):
            u, v = image_of(h, (x, y))
            outside += int(u) < 0 or int(u) > columns - 1 or int(v) < 0 or int(v) > rows - 1
            out[y][x] = canvas[max(min(int(v), rows - 1), 0), max(min(int(u), columns - 1), 0)]
    return out, outside
