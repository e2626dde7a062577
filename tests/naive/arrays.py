"""Linear algebra, contractions and correlations in plain loops and exact rational numbers."""

import math
from fractions import Fraction
from itertools import product


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


def contract(expression, *operands):
    """Einstein summation with a loop for every letter, in Python's own numbers; nested lists or a number."""
    inputs, arrow, output = expression.replace(" ", "").partition("->")
    names = inputs.split(",")
    letters = sorted(set("".join(names)))
    if not arrow:
        output = "".join(letter for letter in letters if inputs.count(letter) == 1)
    lengths = {
        letter: n
        for name, array in zip(names, operands, strict=True)
        for letter, n in zip(name, array.shape, strict=True)
    }
    summed = [letter for letter in letters if letter not in output]

    def places(wanted):
        return product(*(range(lengths[letter]) for letter in wanted))

    def total(at):
        found = 0
        for rest in places(summed):
            where = at | dict(zip(summed, rest, strict=True))
            term = 1
            for name, array in zip(names, operands, strict=True):
                term *= array[tuple(where[letter] for letter in name)].item()
            found += term
        return found

    def nested(wanted, at):
        if not wanted:
            return total(at)
        return [nested(wanted[1:], at | {wanted[0]: n}) for n in range(lengths[wanted[0]])]

    return nested(output, {})


def correlation(x, y):
    """Pearson's ρ in exact sums, rounded at the end; None where one of them does not vary."""
    pairs = [(Fraction(float(a)), Fraction(float(b))) for a, b in zip(x, y, strict=True) if a == a and b == b]
    n = len(pairs)
    if n < 2:
        return None
    mean_x, mean_y = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    xx = sum((a - mean_x) ** 2 for a, _ in pairs)
    yy = sum((b - mean_y) ** 2 for _, b in pairs)
    xy = sum((a - mean_x) * (b - mean_y) for a, b in pairs)
    if xx == 0 or yy == 0:
        return None
    return math.copysign(math.sqrt(xy * xy / (xx * yy)), xy)


def spanning_tree(weights, *, maximum=False):
    """Kruskal's algorithm over a dictionary {(i, j): weight}; of equal weights the lower pair first."""
    group = {}
    edges = []

    def root(node):
        while group.get(node, node) != node:
            node = group[node]
        return node

    for (i, j), _ in sorted(weights.items(), key=lambda entry: (-entry[1] if maximum else entry[1], entry[0])):
        a, b = root(i), root(j)
        if a != b:
            group[max(a, b)] = min(a, b)
            edges.append((i, j))
    return edges


def extreme(values, operation):
    """The largest or smallest of a list and its first place."""
    best = 0
    for place, value in enumerate(values):
        if value > values[best] if operation == "max" else value < values[best]:
            best = place
    return values[best], best


def window_mean(rows, center, radius):
    """Mean of the rows within `radius` of `center` that exist, and how many there are."""
    taken = [row for place, row in enumerate(rows) if abs(place - center) <= radius]
    total = sum(row.astype(float) for row in taken)
    return total / len(taken), len(taken)


def _product(x, y):
    return math.fsum(a * b for a, b in zip(x, y, strict=True))


def distance(x, y, metric):
    """Of two vectors."""
    if metric == "cosine":
        return 1 - _product(x, y) / math.sqrt(_product(x, x) * _product(y, y))
    squares = sum((a - b) ** 2 for a, b in zip(x, y, strict=True))
    return squares if metric == "squared" else math.sqrt(squares)


def nearest(distances, k):
    """Places of the k smallest, of equal ones the first."""
    return sorted(range(len(distances)), key=lambda place: (distances[place], place))[:k]
