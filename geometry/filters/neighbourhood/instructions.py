"""What the machine can do: every instruction is a function on vectors, applied along a run of numbers."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np

from geometry.fold import fold
from geometry.lanes import (
    LANES,
    Operand,
    Vector,
    cast,
    floor,
    lanes,
    load,
    multiply_add,
    reinterpret,
    select,
    square_root,
    store,
)

UNROLLED = 2
"""Vectors of one round. Instructions run over whole rounds; what lies behind a run is overwritten."""

ROUND = UNROLLED * LANES

_LOG_2 = {
    bits: (first, float(Decimal(2).ln() - Decimal(first)))
    for bits, first in ((32, math.floor(math.log(2) * 2**9) / 2**9), (64, math.floor(math.log(2) * 2**32) / 2**32))
}
"""ln 2 for each size of float in two parts, the first of few bits, so that its whole multiples are exact."""


def equal(a: Operand, b: Operand) -> Operand:
    """Where two numbers are the same; NaN is not."""
    return (a <= b) & (a >= b)


def truth(condition: Operand, like: Operand) -> Operand:
    """1 where a condition holds, else 0, in the dtype of `like`."""
    return select(condition, like.constant(1), 0.0) if isinstance(like, Vector) else condition.astype(like.dtype)


def minimum(a: Operand, b: Operand) -> Operand:
    """The smaller one; NaN if one is."""
    return select(equal(a, a), select(a < b, a, b), a)


def maximum(a: Operand, b: Operand) -> Operand:
    """The larger one; NaN if one is."""
    return select(equal(a, a), select(a > b, a, b), a)


def lesser(a: Operand, b: Operand) -> Operand:
    """The smaller one of two that are not NaN."""
    return select(a < b, a, b)


def greater(a: Operand, b: Operand) -> Operand:
    """The larger one of two that are not NaN."""
    return select(a > b, a, b)


def absolute(a: Operand) -> Operand:
    """The number without its sign."""
    bits = np.dtype(f"u{a.dtype.itemsize}")
    return reinterpret(reinterpret(a, bits) & (2 ** (8 * bits.itemsize - 1) - 1), a.dtype)


def unequal(a: Operand, b: Operand) -> Operand:
    """1 where two numbers differ; NaN differs from all."""
    return 1.0 - truth(equal(a, b), a)


def exponential(a: Operand) -> Operand:
    """e^a = 2^n e^r with |r| ≤ ln 2 / 2, e^r by its series, 2^n in two factors, so that small results stay."""
    single = np.finfo(a.dtype).bits == 32
    low, high, terms = (-110.0, 95.0, 8) if single else (-760.0, 720.0, 14)
    x = select(a < low, low, select(a > high, high, a))
    n = floor(x * (1 / math.log(2)) + 0.5)
    high_part, low_part = _LOG_2[np.finfo(a.dtype).bits]
    r = multiply_add(n, -low_part, multiply_add(n, -high_part, x))
    power = r * (1 / math.factorial(terms)) + 1 / math.factorial(terms - 1)
    for k in range(terms - 2, -1, -1):
        power = multiply_add(power, r, 1 / math.factorial(k))
    whole = select(equal(n, n), n, 0.0)
    half = floor(whole * 0.5)
    return power * _power_of_two(half) * _power_of_two(whole - half)


def _power_of_two(n: Operand) -> Operand:
    kind = np.finfo(n.dtype)
    bits = np.dtype(f"i{n.dtype.itemsize}")
    return reinterpret((cast(n, bits) + (kind.maxexp - 1)) << kind.nmant, n.dtype)


def logarithm(a: Operand) -> Operand:
    """The logarithm: ln a = n ln 2 + 2 artanh((m - 1) / (m + 1)) for a = m 2^n, √½ ≤ m < √2; -inf at 0, NaN below."""
    kind, bits = np.finfo(a.dtype), np.dtype(f"i{a.dtype.itemsize}")
    single = kind.bits == 32
    small = a < float(kind.smallest_normal)
    word = reinterpret(select(small, a * 2.0**kind.nmant, a), bits)
    exponent = (word - int(np.array(math.sqrt(0.5), a.dtype).view(bits))) >> kind.nmant
    m = reinterpret(word - (exponent << kind.nmant), a.dtype)
    n = cast(exponent, a.dtype) - truth(small, a) * float(kind.nmant)
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    last = 6 if single else 12
    series = square * (2 / (2 * last + 1)) + 2 / (2 * last - 1)
    for k in range(last - 2, 0, -1):
        series = multiply_add(series, square, 2 / (2 * k + 1))
    high_part, low_part = _LOG_2[kind.bits]
    result = n * high_part + (2.0 * s + (s * square * series + n * low_part))
    result = select(equal(a, 0.0), -math.inf, select(a > 0.0, result, math.nan))
    return select(a < math.inf, result, a)


INSTRUCTIONS: dict[str, Callable[..., Operand]] = {
    "move": lambda a: a,
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "minimum": minimum,
    "maximum": maximum,
    "less": lambda a, b: truth(a < b, a),
    "less_equal": lambda a, b: truth(a <= b, a),
    "equal": lambda a, b: truth(equal(a, b), a),
    "unequal": unequal,
    "absolute": absolute,
    "floor": floor,
    "root": square_root,
    "exponential": exponential,
    "logarithm": logarithm,
    "select": lambda a, b, c: select(equal(a, 0.0), c, b),
    "add3": lambda a, b, c: a + b + c,
    "multiply_add": multiply_add,
    "minimum3": lambda a, b, c: minimum(minimum(a, b), c),
    "maximum3": lambda a, b, c: maximum(maximum(a, b), c),
    "median3": lambda a, b, c: maximum(minimum(a, b), minimum(maximum(a, b), c)),
    "minimum_ordered": lesser,
    "maximum_ordered": greater,
    "minimum3_ordered": lambda a, b, c: lesser(lesser(a, b), c),
    "maximum3_ordered": lambda a, b, c: greater(greater(a, b), c),
    "median3_ordered": lambda a, b, c: greater(lesser(a, b), lesser(greater(a, b), c)),
    "distance": lambda a, b: absolute(a - b),
    "near": lambda a, b, c: truth(absolute(a - b) < c, a),
    "count_less": lambda a, b, c: select(b < c, a + 1.0, a),
    "count_less_equal": lambda a, b, c: select(b <= c, a + 1.0, a),
    "count_equal": lambda a, b, c: select(equal(b, c), a + 1.0, a),
    "count_near": lambda a, b, c, d: select(absolute(b - c) < d, a + 1.0, a),
    "select_less": lambda a, b, c, d: select(a < b, c, d),
    "select_less_equal": lambda a, b, c, d: select(a <= b, c, d),
    "select_equal": lambda a, b, c, d: select(equal(a, b), c, d),
}
"""What an instruction makes of its operands, one to four; comparisons give 1 or 0. `ordered` ones take no NaN."""

OPCODES = {name: code for code, name in enumerate(INSTRUCTIONS)}

_ARITY = {name: function.__code__.co_argcount for name, function in INSTRUCTIONS.items()}


def _run_of(scratch: Any, out: Operand, count: Operand, operands: Any, function: Callable[..., Operand]) -> None:
    """One instruction over `count` rounds; an operand is a place and the way to its next vector, 0 for a constant."""

    def body(number: Operand, places: list[Operand]) -> list[Operand]:
        at, *sources = places
        results = []
        for _ in range(UNROLLED):
            results.append(function(*(load(scratch, source) for source in sources)))
            sources = [source + step for source, (_, step) in zip(sources, operands, strict=True)]
        for turn, result in enumerate(results):
            store(scratch, at + turn * LANES, result)
        return [at + ROUND, *sources]

    fold(count, [out, *(place for place, _ in operands)], body)


@lanes
def execute(
    scratch: Any,
    code: Operand,
    out: Operand,
    count: Operand,
    a: Operand,
    a_step: Operand,
    b: Operand,
    b_step: Operand,
    c: Operand,
    c_step: Operand,
    d: Operand,
    d_step: Operand,
) -> None:
    """Run one instruction: `count` rounds from `scratch[out]` on are what it makes of those from a, b, c and d on."""
    operands = [(a, a_step), (b, b_step), (c, c_step), (d, d_step)]
    if not isinstance(code, Vector):
        name, length = list(INSTRUCTIONS)[int(code)], int(count) * ROUND
        sources = [scratch[int(p) : int(p) + (length if step else 1)] for p, step in operands[: _ARITY[name]]]
        with np.errstate(all="ignore"):
            scratch[int(out) : int(out) + length] = INSTRUCTIONS[name](*(source.copy() for source in sources))
        return
    builder = code.builder
    blocks = {name: builder.append_basic_block(name) for name in INSTRUCTIONS}
    done = builder.append_basic_block("executed")
    switch = builder.switch(code.value, done)
    for name, block in blocks.items():
        switch.add_case(code.constant(OPCODES[name]).value, block)
        builder.position_at_end(block)
        _run_of(scratch, out, count, operands[: _ARITY[name]], INSTRUCTIONS[name])
        builder.branch(done)
    builder.position_at_end(done)
