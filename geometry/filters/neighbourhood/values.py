"""What a part of an expression can be."""

from typing import NamedTuple

from geometry.filters.neighbourhood.fields import Operand
from geometry.inputs import Array


class Scalar(NamedTuple):
    """One value for each pixel; `truth`: it is 0 or 1 and means yes or no."""

    value: Operand
    truth: bool = False


class Shared(NamedTuple):
    """A window whose places hold what the pixels there have themselves; `value` is that of the centre."""

    value: Operand
    truth: bool = False


class Each(NamedTuple):
    """A window with a value of its own for each place, row by row."""

    values: tuple[Operand, ...]
    truth: bool = False


Value = Scalar | Shared | Each


def each(values: Array, *, truth: bool = False) -> Each:
    """A window of numbers, from an array."""
    return Each(tuple(values.tolist()), truth)
