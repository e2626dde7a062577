"""Linear algebra in exact rational numbers."""

from fractions import Fraction


def matrix_rank(matrix):
    """Rank by elimination without rounding."""
    rows = [[Fraction(float(value)) for value in row] for row in matrix]
    rank = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in range(rank, len(rows)) if rows[row][column] != 0), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for row in range(rank + 1, len(rows)):
            factor = rows[row][column] / rows[rank][column]
            rows[row] = [a - factor * b for a, b in zip(rows[row], rows[rank], strict=True)]
        rank += 1
    return rank


def singular_values_2x2(matrix):
    """Squares of both singular values times two: trace and discriminant of MᵀM, exact, as (p, q) for (p ± √q) / 2."""
    a, b, c, d = (Fraction(float(value)) for row in matrix for value in row)
    trace = a * a + b * b + c * c + d * d
    return trace, trace * trace - 4 * (a * d - b * c) ** 2
