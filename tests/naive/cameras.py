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
    left, right = exact(left), exact(right)
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
