"""Expressions over windows by their definition: the syntax tree is walked again for every pixel."""

import ast
import math

import numpy as np

from tests.naive.filters import source


def neighbourhood(
    image, expression, window, *, second=None, element=None, border="constant", fill=0.0, dtype="float64"
):
    """The expression's value for every pixel of (H, W, C) images, in arithmetic of `dtype`; not rounded."""
    tree = ast.parse(expression, mode="eval").body
    height, width, channels = image.shape
    out = np.empty(image.shape, dtype)
    top, left = (window[0] - 1) // 2, (window[1] - 1) // 2
    rows, columns = np.indices(window).astype(dtype)
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                names = {"dy": rows - np.dtype(dtype).type(top), "dx": columns - np.dtype(dtype).type(left)}
                for name, pixels in (("w", image), ("v", second)):
                    if pixels is not None:
                        names[name] = _window(pixels[:, :, c], y - top, x - left, window, border, fill, dtype)
                if element is not None:
                    names["element"] = np.array(element, dtype)
                names |= {name: np.dtype(dtype).type(value) for name, value in _NUMBERS.items()}
                with np.errstate(all="ignore"):
                    out[y, x, c] = _value(tree, names, (top, left), np.dtype(dtype).type)
    return out


_NUMBERS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}


def _window(pixels, y0, x0, window, border, fill, dtype):
    height, width = pixels.shape
    values = np.empty(window, dtype)
    for i in range(window[0]):
        for j in range(window[1]):
            y, x = source(y0 + i, height, border), source(x0 + j, width, border)
            values[i, j] = fill if y is None or x is None else pixels[y, x]
    return values


def _value(node, names, centre, number):
    """A number, or an array of the window's shape; numpy does what is done to each."""

    def of(part):
        return _value(part, names, centre, number)

    if isinstance(node, ast.Constant):
        return number(node.value)
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Subscript):
        row, column = (int(ast.literal_eval(part)) for part in node.slice.elts)
        return names[node.value.id][row + centre[0], column + centre[1]]
    if isinstance(node, ast.UnaryOp):
        value = of(node.operand)
        return -value if isinstance(node.op, ast.USub) else number(1) * (value == 0)
    if isinstance(node, ast.BoolOp):
        holds = [of(part) != 0 for part in node.values]
        for other in holds[1:]:
            holds[0] = holds[0] & other if isinstance(node.op, ast.And) else holds[0] | other
        return number(1) * holds[0]
    if isinstance(node, ast.Compare):
        values = [of(part) for part in (node.left, *node.comparators)]
        holds = True
        for a, b, sign in zip(values, values[1:], node.ops, strict=False):
            holds = holds & _COMPARISONS[type(sign)](a, b)
        return number(1) * holds
    if isinstance(node, ast.BinOp):
        return _binary(node, of(node.left), of(node.right), number)
    return _FUNCTIONS[node.func.id](*(of(part) for part in node.args), number=number)


def _binary(node, a, b, number):
    if isinstance(node.op, ast.Pow):
        if b == 0.5:
            return np.sqrt(a)
        power = number(1) + 0 * a
        for _ in range(abs(int(b))):
            power = power * a
        return number(1) / power if b < 0 else power
    return {
        ast.Add: lambda: a + b,
        ast.Sub: lambda: a - b,
        ast.Mult: lambda: a * b,
        ast.Div: lambda: a / b,
        ast.FloorDiv: lambda: np.floor(a / b),
        ast.Mod: lambda: a - b * np.floor(a / b),
        ast.BitAnd: lambda: a * b,
        ast.BitOr: lambda: np.maximum(a, b),
    }[type(node.op)]()


_COMPARISONS = {
    ast.Lt: lambda a, b: a < b,
    ast.Gt: lambda a, b: a > b,
    ast.LtE: lambda a, b: a <= b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}


def _least(*values, number):
    return np.min(values[0]) if len(values) == 1 else np.minimum(values[0], _rest(_least, values[1:], number))


def _largest(*values, number):
    return np.max(values[0]) if len(values) == 1 else np.maximum(values[0], _rest(_largest, values[1:], number))


def _rest(function, values, number):
    return values[0] if len(values) == 1 else function(*values, number=number)


def _mean(values, number):
    return np.sum(values) / number(values.size)


def _variance(values, number):
    return _mean((values - _mean(values, number)) ** 2, number)


def _first(values, number, best):
    return number(math.nan) if np.isnan(values).any() else number(best(values))


_FUNCTIONS = {
    "abs": lambda a, number: np.abs(a),
    "sqrt": lambda a, number: np.sqrt(a),
    "exp": lambda a, number: np.exp(a),
    "log": lambda a, number: np.log(a),
    "floor": lambda a, number: np.floor(a),
    "where": lambda c, a, b, number: np.where(c != 0, a, b),
    "minimum": lambda a, b, number: np.minimum(a, b),
    "maximum": lambda a, b, number: np.maximum(a, b),
    "clip": lambda a, low, high, number: np.minimum(np.maximum(a, low), high),
    "min": _least,
    "max": _largest,
    "sum": lambda a, number: np.sum(a),
    "mean": _mean,
    "median": lambda a, number: np.median(a),
    "any": lambda a, number: number(np.any(a != 0)),
    "all": lambda a, number: number(np.all(a != 0)),
    "count": lambda a, number: number(np.sum(a != 0)),
    "var": _variance,
    "std": lambda a, number: np.sqrt(_variance(a, number)),
    "argmin": lambda a, number: _first(a, number, np.argmin),
    "argmax": lambda a, number: _first(a, number, np.argmax),
}
