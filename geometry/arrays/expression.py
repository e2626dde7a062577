"""Einstein summation as text: which letter names which axis."""

import string
from collections.abc import Sequence
from typing import NamedTuple

from geometry.errors import InvalidInput

OPERANDS = "abcdef"
"""Names of the operands in their order, which is how many there may be."""

_LONGEST = 256


class Expression(NamedTuple):
    """Letters of every operand's axes and of the result's."""

    operands: tuple[str, ...]
    output: str


def parse_expression(text: str, count: int) -> Expression:
    """Read `letters,letters->letters` for `count` operands.

    Without an arrow the result has the letters that occur once, in alphabetical order, capitals first. Blanks are
    skipped.

    Raises
    ------
    InvalidInput
        On `expression`: what is wrong, and where.
    """
    plain = "".join(text.split())
    if len(plain) > _LONGEST:
        raise InvalidInput("expression", f"is longer than {_LONGEST} characters")
    if "..." in plain:
        raise InvalidInput("expression", "has an ellipsis (...), which is not supported: name every axis by a letter")
    for place, sign in enumerate(plain):
        if sign not in string.ascii_letters + ",->":
            raise InvalidInput("expression", f"{sign!r} at character {place} is not a letter, a comma or ->")
    inputs, arrow, output = plain.partition("->")
    if "-" in inputs + output or ">" in inputs + output:
        raise InvalidInput("expression", "must have one arrow -> at most")
    operands = tuple(inputs.split(","))
    if len(operands) != count:
        raise InvalidInput("expression", f"names {len(operands)} operands, there are {count}")
    if not arrow:
        letters = inputs.replace(",", "")
        output = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    if "," in output:
        raise InvalidInput("expression", "has a comma behind the arrow: there is one result")
    for letter in output:
        if output.count(letter) > 1:
            raise InvalidInput("expression", f"repeats {letter!r} in the result")
        if letter not in inputs:
            raise InvalidInput("expression", f"has {letter!r} in the result, which no operand has")
    return Expression(operands, output)


def letter_sizes(expression: Expression, shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """How long the axis of each letter is.

    Raises
    ------
    InvalidInput
        On an operand's name: another number of axes, or a length that disagrees with an axis of the same letter. An
        axis of length 1 is not repeated.
    """
    found: dict[str, tuple[int, str]] = {}
    for name, letters, shape in zip(OPERANDS, expression.operands, shapes, strict=False):
        if len(shape) != len(letters):
            raise InvalidInput(name, f"has {len(shape)} axes, {letters!r} names {len(letters)}")
        for letter, length in zip(letters, shape, strict=True):
            first, where = found.setdefault(letter, (length, name))
            if first != length:
                raise InvalidInput(name, f"has length {length} in {letter!r}, which has length {first} in {where}")
    return {letter: length for letter, (length, _) in found.items()}
