"""Two-view geometry by its definition, in exact rational arithmetic."""

from fractions import Fraction


def exact(matrix):
    return [[Fraction(float(value)) for value in row] for row in matrix]


def determinant(rows):
    if len(rows) == 1:
        return rows[0][0]
    return sum(
        (-1) ** c * value * determinant([row[:c] + row[c + 1 :] for row in rows[1:]]) for c, value in enumerate(rows[0])
    )


def permanent(rows):
    """The determinant's products, all taken positive: what rounding errors are measured against."""
    if len(rows) == 1:
        return abs(rows[0][0])
    return sum(abs(value) * permanent([row[:c] + row[c + 1 :] for row in rows[1:]]) for c, value in enumerate(rows[0]))


def fundamental(left, right, of=determinant):
    """F[i][j] = det [rows of left without j; rows of right without i], the rest in cyclic order."""
    return determinants(exact(left), exact(right), of)


def determinants(left, right, of=determinant):
    """The same of matrices whose entries are exact already."""
    rest = ((1, 2), (2, 0), (0, 1))
    return [
        [of([left[rest[j][0]], left[rest[j][1]], right[rest[i][0]], right[rest[i][1]]]) for j in range(3)]
        for i in range(3)
    ]


def plain_fundamental(left, right):
    """The same in floating point, by numpy-free cofactors: what happens without a change of origin."""
    left, right = [[float(v) for v in row] for row in left], [[float(v) for v in row] for row in right]
    rest = ((1, 2), (2, 0), (0, 1))
    return [
        [determinant([left[rest[j][0]], left[rest[j][1]], right[rest[i][0]], right[rest[i][1]]]) for j in range(3)]
        for i in range(3)
    ]


def unit_norm(matrix):
    """Divide by the Frobenius norm, through an integer square root good to 40 digits."""
    from math import isqrt

    square = sum(value * value for row in matrix for value in row)
    digits = 10**40
    # scale the square to a large integer so that its integer root has 40 significant digits or more
    scale = Fraction(1)
    while square * scale < digits * digits:
        scale *= 10**8
    root = Fraction(isqrt(int(square * scale * scale))) / scale
    return [[float(value / root) for value in row] for row in matrix]


def integers(matrix):
    """Whole numbers and the power of two that brings them back: exact for all floats."""
    rows = [[Fraction(value) for value in row] for row in matrix]
    scale = max(value.denominator for row in rows for value in row)
    return [[int(value * scale) for value in row] for row in rows], scale


REST = ((1, 2), (2, 0), (0, 1))


def _minor(rows, c, d):
    return rows[0][c] * rows[1][d] - rows[0][d] * rows[1][c]


_PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
_SIGNS = (1, -1, 1, 1, -1, 1)


def _unsigned_minor(rows, c, d):
    return abs(rows[0][c] * rows[1][d]) + abs(rows[0][d] * rows[1][c])


def laplace(upper, lower):
    """The determinant of two rows above two rows, the sum of the absolute products of minors, and the permanent."""
    value, size, largest = 0, 0, 0
    for k in range(6):
        product = _minor(upper, *_PAIRS[k]) * _minor(lower, *_PAIRS[5 - k])
        value += _SIGNS[k] * product
        size += abs(product)
        largest += _unsigned_minor(upper, *_PAIRS[k]) * _unsigned_minor(lower, *_PAIRS[5 - k])
    return value, size, largest


def fundamental_and_sizes(left, right):
    """Exact F, the sums of absolute products of minors, and the permanents."""
    left, left_scale = integers(left)
    right, right_scale = integers(right)
    scale = left_scale**2 * right_scale**2
    found = [[None] * 3 for _ in range(3)]
    for i in range(3):
        for j in range(3):
            upper, lower = [left[r] for r in REST[j]], [right[r] for r in REST[i]]
            found[i][j] = tuple(Fraction(v, scale) for v in laplace(upper, lower))
    return found


def trifocal_and_sizes(first, second, third):
    """T[i][j][k] = det [rows of first without i; row j of second; row k of third], exact, with sizes as above."""
    first, a = integers(first)
    second, b = integers(second)
    third, c = integers(third)
    scale = a * a * b * c
    found = [[[None] * 3 for _ in range(3)] for _ in range(3)]
    for i in range(3):
        for j in range(3):
            for k in range(3):
                upper, lower = [first[r] for r in REST[i]], [second[j], third[k]]
                found[i][j][k] = tuple(Fraction(v, scale) for v in laplace(upper, lower))
    return found


def moved(camera, origin):
    """The camera in the world X' = X − origin, exactly: t' = t + M s."""
    rows = exact(camera)
    shift = [Fraction(float(value)) for value in origin]
    return [[*row[:3], row[3] + sum(m * s for m, s in zip(row[:3], shift, strict=True))] for row in rows]
