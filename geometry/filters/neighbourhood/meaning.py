"""From the syntax of an expression to the values that every pixel has."""

import ast
import math
from collections.abc import Callable, Sequence

import numpy as np

from geometry.errors import InvalidInput
from geometry.filters.neighbourhood.fields import Bounds, Fields, Operand, Place
from geometry.filters.neighbourhood.instructions import INSTRUCTIONS
from geometry.filters.neighbourhood.reductions import (
    folded,
    median,
    median_of_rectangle,
    over_rectangle,
    position,
    seen,
)
from geometry.filters.neighbourhood.syntax import refuse
from geometry.filters.neighbourhood.values import Each, Scalar, Shared, Value, each
from geometry.filters.neighbourhood.vocabulary import FUNCTIONS, LARGEST_MEDIAN
from geometry.inputs import Array

_MOST_TAPS_WORKED = 2**18
_HIGHEST_POWER = 16

_ARITHMETIC = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, bool]] = {
    ast.Lt: ("less", False),
    ast.Gt: ("less", True),
    ast.LtE: ("less_equal", False),
    ast.GtE: ("less_equal", True),
    ast.Eq: ("equal", False),
    ast.NotEq: ("unequal", False),
}
_CURVES = {"abs": "absolute", "sqrt": "root", "exp": "exponential", "log": "logarithm", "floor": "floor"}
_CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}


class Meaning:
    """Evaluates syntax to values; `fields` collects what must be computed."""

    def __init__(self, window: tuple[int, int], images: Sequence[Bounds], element: Array | None) -> None:
        self.height, self.width = window
        self.taps = self.height * self.width
        self.top, self.left = (self.height - 1) // 2, (self.width - 1) // 2
        self.fields = Fields(list(images))
        self._worked = 0
        rows, columns = np.indices(window).reshape(2, -1).astype(np.float64)
        self._names: dict[str, Value] = {name: Scalar(number) for name, number in _CONSTANTS.items()}
        self._names |= {"dy": each(rows - self.top), "dx": each(columns - self.left)}
        self._names |= {name: Shared(self.fields.image(n)) for n, name in enumerate("wv"[: len(images)])}
        if element is not None:
            self._names["element"] = each(element.reshape(-1))

    def result(self, tree: ast.expr) -> Scalar:
        """What the whole expression gives for each pixel."""
        value = self.value(tree)
        if not isinstance(value, Scalar):
            refuse(tree.col_offset, "gives a whole window for each pixel: reduce it, or take one place of it")
        return value

    def value(self, node: ast.expr) -> Value:
        """What a part of an expression gives."""
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.Subscript():
                return self._place(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.BoolOp():
                instruction = "multiply" if isinstance(node.op, ast.And) else "maximum"
                terms = [self._truth(self.value(operand)) for operand in node.values]
                return self._in_turn(instruction, terms, truth=True)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return self._call(node)
        return refuse(node.col_offset, f"{type(node).__name__} is not allowed here")

    def apply(self, instruction: str, *values: Value, truth: bool = False) -> Value:
        """An instruction on values, place by place where there are windows."""
        if all(isinstance(value, Scalar) for value in values):
            return Scalar(self.fields.make(instruction, *(value[0] for value in values)), truth)  # type: ignore[arg-type]
        if not any(isinstance(v, Each) or (isinstance(v, Scalar) and isinstance(v.value, Place)) for v in values):
            return Shared(self.fields.make(instruction, *(value[0] for value in values)), truth)  # type: ignore[arg-type]
        self._worked += self.taps
        if self._worked > _MOST_TAPS_WORKED:
            raise InvalidInput("expression", f"works on more than {_MOST_TAPS_WORKED} places of windows one by one")
        columns = [self.places(value) for value in values]
        if all(isinstance(value, float) for column in columns for value in column):
            with np.errstate(all="ignore"):
                return each(INSTRUCTIONS[instruction](*(np.array(column) for column in columns)), truth=truth)
        made = tuple(self.fields.make(instruction, *places) for places in zip(*columns, strict=True))
        shared = Shared(seen(made[0], self.top, self.left), truth)
        return shared if self.places(shared) == made else Each(made, truth)

    def places(self, value: Value) -> tuple[Operand, ...]:
        """A value for each place of the window, row by row."""
        if isinstance(value, Each):
            return value.values
        if isinstance(value, Scalar):
            return (value.value,) * self.taps
        return tuple(
            seen(value.value, row - self.top, column - self.left)
            for row in range(self.height)
            for column in range(self.width)
        )

    def _in_turn(self, instruction: str, values: Sequence[Value], *, truth: bool = False) -> Value:
        total = values[0]
        for value in values[1:]:
            total = self.apply(instruction, total, value, truth=truth)
        return total

    def _truth(self, value: Value) -> Value:
        return value if value.truth else self.apply("unequal", value, Scalar(0.0), truth=True)

    def _number(self, node: ast.Constant) -> Scalar:
        if isinstance(node.value, bool):
            return Scalar(float(node.value), truth=True)
        if not isinstance(node.value, int | float):
            refuse(node.col_offset, f"{type(node.value).__name__} is not part of the language")
        number = float(node.value)
        if math.isinf(number):
            refuse(node.col_offset, "this number is too large; infinity is inf")
        return Scalar(number)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self._names:
            return self._names[node.id]
        if node.id in FUNCTIONS:
            refuse(node.col_offset, f"{node.id} is a function: {FUNCTIONS[node.id].written}")
        given = {"v": "second", "element": "element"}[node.id]
        return refuse(node.col_offset, f"{node.id!r} needs the argument {given}")

    def _place(self, node: ast.Subscript) -> Scalar:
        if not isinstance(node.value, ast.Name) or node.value.id not in ("w", "v", "element"):
            refuse(node.col_offset, "only w, v and element have places")
        window, index = self._name(node.value), node.slice
        if not isinstance(index, ast.Tuple) or len(index.elts) != 2:
            refuse(index.col_offset, f"a place is two whole numbers: {node.value.id}[row, column], from the centre")
        row, column = (self._step(step) for step in index.elts)
        if not (0 <= row + self.top < self.height and 0 <= column + self.left < self.width):
            rows = f"rows {-self.top} to {self.height - 1 - self.top}"
            columns = f"columns {-self.left} to {self.width - 1 - self.left}"
            refuse(index.col_offset, f"[{row}, {column}] is outside of the window, which has {rows} and {columns}")
        if isinstance(window, Each):
            return Scalar(window.values[(row + self.top) * self.width + column + self.left], window.truth)
        return Scalar(seen(window.value, row, column), window.truth)

    def _step(self, node: ast.expr) -> int:
        sign, number = 1, node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign, number = (-1 if isinstance(node.op, ast.USub) else 1), node.operand
        if not isinstance(number, ast.Constant) or type(number.value) is not int:
            refuse(node.col_offset, "a place is given in whole numbers, such as w[0, -1]")
        return sign * number.value

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.value(node.operand)
        if isinstance(node.op, ast.UAdd):
            return value._replace(truth=False)
        if isinstance(node.op, ast.USub):
            return self.apply("multiply", value, Scalar(-1.0))
        if isinstance(node.op, ast.Invert) and not value.truth:
            refuse(node.operand.col_offset, "~ stands before comparisons in parentheses")
        return self.apply("equal", value, Scalar(0.0), truth=True)

    def _binary(self, node: ast.BinOp) -> Value:
        if isinstance(node.op, ast.Pow):
            return self._power(node)
        left, right = self.value(node.left), self.value(node.right)
        if type(node.op) in _ARITHMETIC:
            return self.apply(_ARITHMETIC[type(node.op)], left, right)
        if isinstance(node.op, ast.BitAnd | ast.BitOr):
            if not (left.truth and right.truth):
                place = node.right if left.truth else node.left
                refuse(place.col_offset, "& and | stand between comparisons in parentheses; otherwise write and, or")
            return self.apply("multiply" if isinstance(node.op, ast.BitAnd) else "maximum", left, right, truth=True)
        whole = self.apply("floor", self.apply("divide", left, right))
        if isinstance(node.op, ast.FloorDiv):
            return whole
        if not isinstance(node.op, ast.Mod):
            refuse(node.col_offset, f"the operator {type(node.op).__name__} is not part of the language")
        return self.apply("subtract", left, self.apply("multiply", right, whole))

    def _power(self, node: ast.BinOp) -> Value:
        base, exponent = self.value(node.left), self.value(node.right)
        power = exponent.value if isinstance(exponent, Scalar) else None
        if power == 0.5:
            return self.apply("root", base)
        if not isinstance(power, float) or not power.is_integer() or abs(power) > _HIGHEST_POWER:
            refuse(
                node.right.col_offset,
                f"a power is a whole number from -{_HIGHEST_POWER} to {_HIGHEST_POWER}, or 0.5; or write exp and log",
            )
        value: Value = Scalar(1.0)
        for bit in f"{abs(int(power)):b}":
            value = self.apply("multiply", value, value)
            value = self.apply("multiply", value, base) if bit == "1" else value
        return self.apply("divide", Scalar(1.0), value) if power < 0 else value

    def _comparison(self, node: ast.Compare) -> Value:
        values = [self.value(operand) for operand in (node.left, *node.comparators)]
        found = []
        for left, right, operator in zip(values, values[1:], node.ops, strict=False):
            if type(operator) not in _COMPARISONS:
                refuse(node.col_offset, f"the comparison {type(operator).__name__} is not part of the language")
            instruction, turned = _COMPARISONS[type(operator)]
            found.append(self.apply(instruction, *((right, left) if turned else (left, right)), truth=True))
        return self._in_turn("multiply", found, truth=True)

    def _call(self, node: ast.Call) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            refuse(node.func.col_offset, "this is not a function of the language")
        function = FUNCTIONS[name]
        if node.keywords or not function.least <= len(node.args) <= function.most:
            refuse(node.col_offset, f"is written {function.written}")
        values = [self.value(argument) for argument in node.args]
        if name in _CURVES:
            return self.apply(_CURVES[name], *values)
        if name == "where":
            return self.apply("select", *values, truth=values[1].truth and values[2].truth)
        if name in ("minimum", "maximum") or len(values) > 1:
            instruction = {"min": "minimum", "max": "maximum", "clip": "maximum"}.get(name, name)
            between = self._in_turn(instruction, values[: 2 if name == "clip" else None])
            return self.apply("minimum", between, values[2]) if name == "clip" else between
        if isinstance(values[0], Scalar):
            refuse(node.args[0].col_offset, f"{name} is taken over a window, and this is one value for each pixel")
        if name == "median" and self.taps > LARGEST_MEDIAN:
            refuse(node.col_offset, f"a median is taken of at most {LARGEST_MEDIAN} places, the window has {self.taps}")
        return Scalar(_REDUCTIONS[name](self, values[0]), truth=name in ("any", "all"))

    def _reduce(self, instruction: str, value: Value) -> Operand:
        if isinstance(value, Shared):
            corner = seen(value.value, -self.top, -self.left)
            return over_rectangle(self.fields, instruction, corner, self.height, self.width)
        places = self.places(value)
        if instruction == "add" and all(isinstance(place, float) for place in places):
            return float(np.sum(places))
        return folded(self.fields, instruction, places)

    def _sum(self, value: Value) -> Operand:
        return self._reduce("add", value)

    def _mean(self, value: Value) -> Operand:
        return self.fields.make("divide", self._sum(value), float(self.taps))

    def _median(self, value: Value) -> Operand:
        if isinstance(value, Shared):
            corner = seen(value.value, -self.top, -self.left)
            return median_of_rectangle(self.fields, corner, self.height, self.width)
        return median(self.fields, self.places(value))

    def _variance(self, value: Value) -> Operand:
        bounds = self.fields.bounds(value.value) if isinstance(value, Shared) else None
        if bounds is not None and bounds.whole and not bounds.special:
            squares = self.fields.make("multiply", self._sum(self.apply("multiply", value, value)), float(self.taps))
            total = self._sum(value)
            spread = self.fields.make("subtract", squares, self.fields.make("multiply", total, total))
            return self.fields.make("divide", spread, float(self.taps**2))
        distance = self.apply("subtract", value, Scalar(self._mean(value)))
        return self._mean(self.apply("multiply", distance, distance))

    def _deviation(self, value: Value) -> Operand:
        return self.fields.make("root", self._variance(value))

    def _position(self, value: Value, instruction: str) -> Operand:
        return position(self.fields, self.places(value), self._reduce(instruction, value))


_REDUCTIONS: dict[str, Callable[[Meaning, Value], Operand]] = {
    "sum": Meaning._sum,  # noqa: SLF001  # the table stands beside the class
    "mean": Meaning._mean,  # noqa: SLF001
    "min": lambda meaning, value: meaning._reduce("minimum", value),  # noqa: SLF001
    "max": lambda meaning, value: meaning._reduce("maximum", value),  # noqa: SLF001
    "median": Meaning._median,  # noqa: SLF001
    "any": lambda meaning, value: meaning._reduce("maximum", meaning._truth(value)),  # noqa: SLF001
    "all": lambda meaning, value: meaning._reduce("minimum", meaning._truth(value)),  # noqa: SLF001
    "count": lambda meaning, value: meaning._sum(meaning._truth(value)),  # noqa: SLF001
    "var": Meaning._variance,  # noqa: SLF001
    "std": Meaning._deviation,  # noqa: SLF001
    "argmin": lambda meaning, value: meaning._position(value, "minimum"),  # noqa: SLF001
    "argmax": lambda meaning, value: meaning._position(value, "maximum"),  # noqa: SLF001
}
