"""Values that every pixel has, as a graph: each is made from others, seen from a few pixels away, or from numbers.

What two pixels compute alike is one value: operands keep only their distances to each other, so that a term which every
tap of the window needs is computed once per pixel and looked up from its neighbours.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from geometry.errors import InvalidInput
from geometry.filters.neighbourhood.instructions import INSTRUCTIONS

LARGEST_PROGRAM = 8_192
"""Instructions for each pixel that an expression may need."""


class Place(NamedTuple):
    """A value of the graph at the pixel `dy` rows below and `dx` columns to the right."""

    number: int
    dy: int
    dx: int

    def moved(self, dy: int, dx: int) -> "Place":
        """The same value, further away."""
        return Place(self.number, self.dy + dy, self.dx + dx)


Operand = Place | float


class Bounds(NamedTuple):
    """What is known of a value: its finite values lie between `low` and `high`; `whole`: they are whole numbers;
    `special`: it may be infinite or NaN.
    """

    low: float
    high: float
    whole: bool
    special: bool


class Field(NamedTuple):
    """A value of the graph: an instruction and its operands, or one of the images."""

    instruction: str
    operands: tuple[Operand, ...]
    bounds: Bounds
    image: int = -1


_TRUTH = Bounds(0, 1, whole=True, special=False)
_UNKNOWN = Bounds(-math.inf, math.inf, whole=False, special=True)
_COMMUTATIVE = {"add", "multiply", "minimum", "maximum", "equal", "unequal", "distance"}
_COMPARISONS = {"less", "less_equal", "equal", "unequal"}


class Fields:
    """The values that an expression needs, each of them once, in an order in which they can be computed."""

    def __init__(self, images: list[Bounds]) -> None:
        self.all = [Field("image", (), bounds, number) for number, bounds in enumerate(images)]
        self._known: dict[tuple[Any, ...], int] = {}

    def image(self, number: int) -> Place:
        """The pixels of an image."""
        return Place(number, 0, 0)

    def bounds(self, operand: Operand) -> Bounds:
        """What is known of an operand."""
        if isinstance(operand, Place):
            return self.all[operand.number].bounds
        finite = math.isfinite(operand)
        value = operand if finite else 0.0
        return Bounds(value, value, whole=float(value).is_integer(), special=not finite)

    def make(self, instruction: str, *operands: Operand) -> Operand:
        """The value of an instruction, computed now where all operands are numbers, known ones taken where possible."""
        numbers = [operand for operand in operands if not isinstance(operand, Place)]
        if len(numbers) == len(operands):
            return constant(instruction, *numbers)
        simpler = self._simpler(instruction, operands)
        if simpler is not None:
            return simpler
        if instruction in _COMMUTATIVE:
            operands = tuple(sorted(operands, key=_order))
        first = next(operand for operand in operands if isinstance(operand, Place))
        near = tuple(o.moved(-first.dy, -first.dx) if isinstance(o, Place) else o for o in operands)
        key = (instruction, *near)
        number = self._known.get(key)
        if number is None:
            if len(self.all) > LARGEST_PROGRAM:
                raise InvalidInput("expression", f"needs more than {LARGEST_PROGRAM} instructions for each pixel")
            number = self._known[key] = len(self.all)
            self.all.append(Field(instruction, near, _bounds(instruction, [self.bounds(o) for o in near])))
        return Place(number, first.dy, first.dx)

    def _simpler(self, instruction: str, operands: tuple[Operand, ...]) -> Operand | None:
        """What an instruction that changes nothing, or always gives one number, comes to."""
        a, b = operands[0], operands[-1]
        if instruction == "select" and not isinstance(a, Place):
            return operands[1] if a != 0 else operands[2]
        if instruction == "select" and operands[1] == operands[2]:
            return b
        if len(operands) != 2:
            return None
        ordinary = not (self.bounds(a).special or self.bounds(b).special)
        for one, other in ((a, b), (b, a)):
            neutral = {"add": 0.0, "multiply": 1.0, "minimum": math.inf, "maximum": -math.inf}.get(instruction)
            if one == neutral:
                return other
            if instruction == "multiply" and one == 0 and ordinary:
                return 0.0
        if instruction in ("subtract", "divide") and b == (0.0 if instruction == "subtract" else 1.0):
            return a
        if a == b:
            if instruction in ("minimum", "maximum"):
                return a
            if ordinary and instruction in ("subtract", "distance"):
                return 0.0
            if ordinary and instruction in _COMPARISONS:
                return float(instruction in ("less_equal", "equal"))
        return None


def constant(instruction: str, *operands: float) -> float:
    """What an instruction makes of numbers."""
    with np.errstate(all="ignore"):
        return float(INSTRUCTIONS[instruction](*(np.array([operand], np.float64) for operand in operands))[0])


def _order(operand: Operand) -> tuple[float, ...]:
    return (0, *operand) if isinstance(operand, Place) else (1, operand)


def _bounds(instruction: str, of: list[Bounds]) -> Bounds:
    if instruction in _COMPARISONS:
        return _TRUTH
    special, whole = any(bounds.special for bounds in of), all(bounds.whole for bounds in of)
    if instruction == "select":
        chosen = of[1:]
        low, high = min(b.low for b in chosen), max(b.high for b in chosen)
        return Bounds(low, high, all(b.whole for b in chosen), any(b.special for b in chosen))
    if instruction in ("divide", "root", "exponential", "logarithm"):
        return _of_curve(instruction, of, special=special)
    low, high = _INTERVALS[instruction](of)
    known = not (math.isnan(low) or math.isnan(high))
    return Bounds(low, high, whole or instruction == "floor", special) if known else _UNKNOWN


def _of_curve(instruction: str, of: list[Bounds], *, special: bool) -> Bounds:
    a = of[0]
    if instruction == "divide" and (of[1].low > 0 or of[1].high < 0):
        low, high = _extremes([x / y for x in a[:2] for y in of[1][:2]])
        return Bounds(low, high, whole=False, special=special)
    if instruction == "root" and a.low >= 0:
        return Bounds(math.sqrt(a.low), math.sqrt(a.high), whole=False, special=special)
    if instruction == "exponential" and a.high < 80:
        return Bounds(0, math.exp(a.high), whole=False, special=special)
    if instruction == "logarithm" and a.low > 0:
        return Bounds(math.log(a.low), math.log(a.high), whole=False, special=special)
    return _UNKNOWN


def _extremes(values: list[float]) -> tuple[float, float]:
    return (math.nan, math.nan) if any(map(math.isnan, values)) else (min(values), max(values))


_INTERVALS: dict[str, Callable[[list[Bounds]], tuple[float, float]]] = {
    "add": lambda of: (sum(b.low for b in of), sum(b.high for b in of)),
    "subtract": lambda of: (of[0].low - of[1].high, of[0].high - of[1].low),
    "multiply": lambda of: _extremes([x * y for x in of[0][:2] for y in of[1][:2]]),
    "minimum": lambda of: (min(b.low for b in of), max(b.high for b in of)),
    "maximum": lambda of: (min(b.low for b in of), max(b.high for b in of)),
    "median3": lambda of: (min(b.low for b in of), max(b.high for b in of)),
    "absolute": lambda of: (0.0, max(abs(of[0].low), abs(of[0].high))),
    "floor": lambda of: (of[0].low - 1, of[0].high),
}
