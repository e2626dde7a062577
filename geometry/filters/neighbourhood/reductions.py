"""Windows reduced to one value for each pixel: sums, extremes, medians, positions.

A window that every pixel's neighbours share is reduced first down the columns, then along the rows, by runs of two or
three times the length of those before: the cost grows with the logarithm of the window's sides. Sums take no
differences of longer ones, so nothing leaks from outside the window and nothing cancels.
"""

from collections.abc import Iterable, Sequence
from functools import reduce

from geometry.filters.neighbourhood.fields import Fields, Operand, Place


def folded(fields: Fields, instruction: str, operands: Iterable[Operand]) -> Operand:
    """`add`, `minimum` or `maximum` of one value or more, from the first on."""
    return reduce(lambda total, operand: fields.make(instruction, total, operand), operands)


def over_rectangle(fields: Fields, instruction: str, corner: Operand, height: int, width: int) -> Operand:
    """`add`, `minimum` or `maximum` over the rectangle whose top left value is `corner`."""
    run = _sum_of_run if instruction == "add" else _extreme_of_run
    column = run(fields, instruction, corner, height, 1, 0)
    return run(fields, instruction, column, width, 0, 1)


def _sum_of_run(fields: Fields, instruction: str, first: Operand, length: int, dy: int, dx: int) -> Operand:
    if length == 1:
        return first
    parts = 3 if length % 3 == 0 else 2
    part = length // parts
    some = _sum_of_run(fields, instruction, first, part, dy, dx)
    terms = [seen(some, dy * part * k, dx * part * k) for k in range(parts)]
    if parts * part < length:
        terms.append(seen(first, dy * (length - 1), dx * (length - 1)))
    return folded(fields, instruction, terms)


def _extreme_of_run(fields: Fields, instruction: str, first: Operand, length: int, dy: int, dx: int) -> Operand:
    if length == 1:
        return first
    part = -(-length // 3)
    some = _extreme_of_run(fields, instruction, first, part, dy, dx)
    starts = sorted({0, min(part, length - part), length - part})
    return folded(fields, instruction, [seen(some, dy * k, dx * k) for k in starts])


def seen(value: Operand, dy: int, dx: int) -> Operand:
    """A value as the pixel `dy` rows below and `dx` columns to the right has it."""
    return value.moved(dy, dx) if isinstance(value, Place) else value


def median_of_rectangle(fields: Fields, corner: Operand, height: int, width: int) -> Operand:
    """The median over the rectangle whose top left value is `corner`; columns are sorted once for all windows."""
    column = _sorted(fields, [seen(corner, row, 0) for row in range(height)])
    if (height, width) == (3, 3):
        low, middle, high = ([seen(value, 0, shift) for shift in range(3)] for value in column)
        lowest, highest = folded(fields, "maximum", low), folded(fields, "minimum", high)
        return fields.make("median3", lowest, fields.make("median3", *middle), highest)
    half = _columns(fields, column, width // 2)
    rest = _columns(fields, column, width - width // 2)
    return _middle(fields, half, [seen(value, 0, width // 2) for value in rest])


def median(fields: Fields, values: Sequence[Operand]) -> Operand:
    """The median of values; of an even number of them the mean of the two in the middle."""
    half = len(values) // 2
    return _middle(fields, _sorted(fields, values[:half]), _sorted(fields, values[half:]))


def _columns(fields: Fields, column: list[Operand], count: int) -> list[Operand]:
    """The sorted values of `count` columns side by side."""
    if count < 2:
        return column if count else []
    half = _columns(fields, column, count // 2)
    both = _merged(fields, half, [seen(value, 0, count // 2) for value in half])
    return both if count % 2 == 0 else _merged(fields, both, [seen(value, 0, count - 1) for value in column])


def _sorted(fields: Fields, values: Sequence[Operand]) -> list[Operand]:
    if len(values) < 2:
        return list(values)
    half = len(values) // 2
    return _merged(fields, _sorted(fields, values[:half]), _sorted(fields, values[half:]))


def _merged(fields: Fields, a: Sequence[Operand], b: Sequence[Operand]) -> list[Operand]:
    """Two sorted lists in one: Batcher's odd-even merge, for any lengths."""
    if not a or not b:
        return [*a, *b]
    if len(a) == len(b) == 1:
        return [fields.make("minimum", a[0], b[0]), fields.make("maximum", a[0], b[0])]
    even, odd = _merged(fields, a[::2], b[::2]), _merged(fields, a[1::2], b[1::2])
    merged = [even[0]]
    for lower, upper in zip(odd, even[1:], strict=False):
        merged += [fields.make("minimum", lower, upper), fields.make("maximum", lower, upper)]
    return merged + (even[len(odd) + 1 :] or odd[len(even) - 1 :])


def _middle(fields: Fields, a: list[Operand], b: list[Operand]) -> Operand:
    """The median of two sorted lists together."""
    count = len(a) + len(b)
    upper = _ranked(fields, a, b, count // 2 + 1)
    if count % 2:
        return upper
    return fields.make("multiply", fields.make("add", _ranked(fields, a, b, count // 2), upper), 0.5)


def _ranked(fields: Fields, a: list[Operand], b: list[Operand], rank: int) -> Operand:
    """The value of a rank, from 1, among two sorted lists: the least of max(a_i, b_j) over i + j = rank."""

    def candidates() -> Iterable[Operand]:
        for i in range(max(0, rank - len(b)), min(rank, len(a)) + 1):
            ends = [*a[i - 1 : i]] * (i > 0) + [*b[rank - i - 1 : rank - i]] * (i < rank)
            yield folded(fields, "maximum", ends)

    return folded(fields, "minimum", candidates())


def position(fields: Fields, values: Sequence[Operand], best: Operand) -> Operand:
    """The number of the first of the values that equals the best of them; NaN where that is NaN."""
    found: Operand = float(len(values) - 1)
    for number in range(len(values) - 2, -1, -1):
        found = fields.make("select", fields.make("equal", values[number], best), float(number), found)
    return fields.make("select", fields.make("equal", best, best), found, float("nan"))
