"""The words of the expression language and what they mean."""

from typing import NamedTuple


class Function(NamedTuple):
    """A function of the language: how many arguments it takes, how it is written and what it gives."""

    least: int
    most: int
    written: str
    meaning: str


_MANY = 64

NAMES = {
    "w": "the window of the image",
    "v": "the same window of the second image; where there is one",
    "element": "numbers of the window's shape, the same for every pixel; where they are given",
    "dy": "how far below the window's centre a place of the window lies, rows",
    "dx": "how far to the right of the centre, columns",
    "pi": "3.14159…",
    "inf": "infinity",
    "nan": "not a number",
    "True": "1",
    "False": "0",
}

OPERATORS = {
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "divided by; by 0: ±inf, 0 / 0: nan",
    "//": "divided by, rounded down",
    "%": "what is left of a division rounded down",
    "**": "to the power of a number: a whole one from -16 to 16, or 0.5",
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "==": "equal",
    "!=": "not equal",
    "and": "both hold",
    "or": "one of them holds",
    "not": "does not hold",
    "&": "both hold, between comparisons in parentheses",
    "|": "one of them holds, between comparisons in parentheses",
    "~": "does not hold, before a comparison in parentheses",
}

ELEMENTWISE = {
    "abs": Function(1, 1, "abs(x)", "|x|"),
    "sqrt": Function(1, 1, "sqrt(x)", "square root; nan below 0"),
    "exp": Function(1, 1, "exp(x)", "e to the power x"),
    "log": Function(1, 1, "log(x)", "natural logarithm; -inf at 0, nan below"),
    "floor": Function(1, 1, "floor(x)", "the greatest whole number not above x"),
    "where": Function(3, 3, "where(c, x, y)", "x where c holds (is not 0), elsewhere y"),
    "minimum": Function(2, 2, "minimum(x, y)", "the smaller of two"),
    "maximum": Function(2, 2, "maximum(x, y)", "the larger of two"),
    "clip": Function(3, 3, "clip(x, low, high)", "minimum(maximum(x, low), high)"),
}

REDUCTIONS = {
    "sum": Function(1, 1, "sum(x)", "sum over the window"),
    "mean": Function(1, 1, "mean(x)", "sum(x) divided by the number of places"),
    "min": Function(
        1, _MANY, "min(x)", "least value of the window; of two arguments or more the least of them, place by place"
    ),
    "max": Function(1, _MANY, "max(x)", "largest value of the window; of two arguments or more the largest of them"),
    "median": Function(1, 1, "median(x)", "value in the middle; the mean of two for an even number of places"),
    "any": Function(1, 1, "any(x)", "1 if x holds (is not 0) anywhere in the window, else 0"),
    "all": Function(1, 1, "all(x)", "1 if x holds everywhere in the window, else 0"),
    "count": Function(1, 1, "count(x)", "number of places where x holds"),
    "var": Function(1, 1, "var(x)", "mean squared distance from the mean"),
    "std": Function(1, 1, "std(x)", "square root of var(x)"),
    "argmin": Function(1, 1, "argmin(x)", "number of the first least value, row by row from 0; nan where one is nan"),
    "argmax": Function(1, 1, "argmax(x)", "number of the first largest value, row by row from 0; nan where one is nan"),
}

FUNCTIONS = ELEMENTWISE | REDUCTIONS

WORDS = frozenset({*NAMES, *FUNCTIONS, "and", "or", "not"})
"""Every name that may be in an expression."""

LONGEST = 2000
"""Characters of an expression."""

MOST_TOKENS = 512
"""Names, numbers and signs of an expression."""

DEEPEST = 64
"""Levels of nesting of an expression."""

WIDEST = 255
"""Rows, and columns, of a window."""

LARGEST_MEDIAN = 225
"""Places of a window that has a median."""
