"""Rotation of pairs of channels: the arithmetic, and what it must know of angles and encodings.

Integers are rotated in integers: cosine and sine as multiples of 2^-60, in two limbs of 30 bits, so that every product
is exact and the result is the exact one, rounded once. Bytes may go through a table of all pairs.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, multiply_add, select, store

_BITS = 30
_ONE = 2.0 ** (2 * _BITS)
_CHUNK = 512
_QUARTERS = 1 << 20
_EXACT = 2.0**-51
_HALF_PI = (1.5707963267341256, 6.077100506506192e-11)
_ODD = [(-1) ** (k + 1) / math.factorial(2 * k + 3) for k in range(8)]
_EVEN = [(-1) ** (k + 1) / math.factorial(2 * k + 2) for k in range(8)]


@inline
def _load(source, at, count, channels, values):  # type: ignore[no-untyped-def]
    for i in range(count):
        values[i] = source[at]
        at += channels


@inline
def _copy(source, begin, end, to, out):  # type: ignore[no-untyped-def]
    for e in range(end - begin):
        out[to + e] = source[begin + e]


@inline
def _turn(x, y, count, cosine, sine, scale, neutral, rounding, shift, low, high):  # type: ignore[no-untyped-def]
    """x, y ← floor((c X − s Y + neutral + rounding) / scale), the same with s X + c Y, where X = scale · x − neutral.

    The lower limbs are shifted down with the floor, so that the whole is the floor of the exact value.
    """
    bits, mask = np.int64(_BITS), np.int64((1 << _BITS) - 1)
    middle = (np.int64(neutral) << bits) + np.int64(rounding)
    for i in range(count):
        c, s = cosine[i], sine[i]
        c1, c0, s1, s0 = c >> bits, c & mask, s >> bits, s & mask
        u, v = np.int64(x[i]) * scale - neutral, np.int64(y[i]) * scale - neutral
        p = (c1 * u - s1 * v + ((c0 * u - s0 * v) >> bits) + middle) >> shift
        q = (s1 * u + c1 * v + ((s0 * u + c0 * v) >> bits) + middle) >> shift
        x[i] = min(max(p, low), high)
        y[i] = min(max(q, low), high)


@kernel(
    "void({T}[::1], i8, i8, i8, i8, i8, f8[::1], f8[::1], i8, i8, i8, i8, i8, i8, i8, {T}[::1])",
    types=("u1", "u2", "i2", "i4"),
)
def _rotate_integers(  # type: ignore[no-untyped-def]
    source, start, stop, channels, first, second, cosine, sine, scale, neutral, rounding, shift, low, high, to, out
):
    x, y = np.empty(_CHUNK, np.int64), np.empty(_CHUNK, np.int64)
    c = np.full(_CHUNK, np.int64(cosine[0] * _ONE))
    s = np.full(_CHUNK, np.int64(sine[0] * _ONE))
    pixel, a, b = np.uint64(channels), np.uint64(first), np.uint64(second)
    for begin in range(start, stop, _CHUNK):
        count = np.uint64(min(_CHUNK, stop - begin))
        at, into = np.uint64(begin) * pixel, np.uint64(to + begin - start) * pixel
        _load(source, at + a, count, pixel, x)
        _load(source, at + b, count, pixel, y)
        if cosine.size > 1:
            now = np.uint64(begin - start)
            for i in range(count):
                c[i] = np.int64(cosine[now + i] * _ONE)
                s[i] = np.int64(sine[now + i] * _ONE)
        _turn(x, y, count, c, s, scale, neutral, rounding, shift, low, high)
        _copy(source, at, at + count * pixel, into, out)
        for i in range(count):
            out[into + a] = x[i]
            out[into + b] = y[i]
            into += pixel


@kernel("void(u1[::1], i8, i8, i8, i8, i8, u2[::1], i8, u1[::1])")
def _look_up(source, start, stop, channels, first, second, table, to, out):  # type: ignore[no-untyped-def]
    pixel, a, b = np.uint64(channels), np.uint64(first), np.uint64(second)
    eight = np.uint64(8)
    for begin in range(start, stop, _CHUNK):
        count = np.uint64(min(_CHUNK, stop - begin))
        at, into = np.uint64(begin) * pixel, np.uint64(to + begin - start) * pixel
        _copy(source, at, at + count * pixel, into, out)
        for _ in range(count):
            pair = table[np.uint64(source[at + a]) | np.uint64(source[at + b]) << eight]
            out[into + a] = np.uint8(pair & np.uint16(255))
            out[into + b] = np.uint8(pair >> np.uint16(8))
            at += pixel
            into += pixel


@inline
def _turned(c, x, s, y):  # type: ignore[no-untyped-def]
    """C x − s y; a factor of zero takes its value out, be it infinite."""
    if s == 0:
        return c * x
    return -(s * y) if c == 0 else c * x - s * y


@kernel("void({T}[::1], i8, i8, i8, i8, i8, f8[::1], f8[::1], f8, i8, {T}[::1])", types=("f4", "f8"))
def _rotate_floats(source, start, stop, channels, first, second, cosine, sine, neutral, to, out):  # type: ignore[no-untyped-def]
    pixel, a, b = np.uint64(channels), np.uint64(first), np.uint64(second)
    each = np.uint64(1 if cosine.size > 1 else 0)
    for begin in range(start, stop, _CHUNK):
        count = np.uint64(min(_CHUNK, stop - begin))
        at, into = np.uint64(begin) * pixel, np.uint64(to + begin - start) * pixel
        _copy(source, at, at + count * pixel, into, out)
        for i in range(count):
            c = cosine[(np.uint64(begin - start) + i) * each]
            s = sine[(np.uint64(begin - start) + i) * each]
            if c != 1 or s != 0:
                x, y = float(source[at + a]) - neutral, float(source[at + b]) - neutral
                out[into + a] = _turned(c, x, s, y) + neutral
                out[into + b] = _turned(c, y, -s, x) + neutral
            at += pixel
            into += pixel


class Turn(NamedTuple):
    """Cosine and sine of angles."""

    cosine: Array
    sine: Array


def turns(angle: Array) -> Turn:
    """Cosine and sine as numpy has them, exact for angles that are a multiple of π/2 to two units in the last place."""
    turn = Turn(np.cos(angle), np.sin(angle))
    quarters = np.rint(angle * (2 / np.pi))
    exact = np.flatnonzero(np.abs(angle - quarters * (np.pi / 2)) <= _EXACT * np.abs(angle))
    if exact.size:
        exact = exact[np.abs(quarters[exact]) <= _QUARTERS]
        quarter = quarters[exact].astype(np.int64) % 4
        turn.cosine[exact] = np.array([1.0, 0.0, -1.0, 0.0])[quarter]
        turn.sine[exact] = np.array([0.0, 1.0, 0.0, -1.0])[quarter]
    return turn


@lanes
def _series(i: Operand, angle: Operand, cosine: Operand, sine: Operand) -> None:
    """Quarters are taken off in two parts, the first of 33 bits so that its product is exact; the rest are series."""
    a = load(angle, i)
    quarters = floor(a * (2 / np.pi) + 0.5)
    t, w = a - quarters * _HALF_PI[0], quarters * _HALF_PI[1]
    r = t - w
    rest = (t - r) - w
    exact = r * r < (a * _EXACT) * (a * _EXACT)
    r, rest = select(exact, r * 0.0, r), select(exact, r * 0.0, rest)
    z = r * r
    odd, even = z * 0.0 + _ODD[-1], z * 0.0 + _EVEN[-1]
    for k in range(len(_ODD) - 2, -1, -1):
        odd, even = multiply_add(odd, z, _ODD[k]), multiply_add(even, z, _EVEN[k])
    s, c = multiply_add(r * z, odd, rest) + r, multiply_add(z, even, r * rest * -1.0) + 1.0
    k = cast(quarters, np.int64)
    swapped = (k & 1) > 0
    x, y = select(swapped, s, c), select(swapped, c, s)
    store(cosine, i, select(((k + 1) & 2) > 0, x * -1.0, x))
    store(sine, i, select((k & 2) > 0, y * -1.0, y))


@kernel("void(f8[::1], f8[::1], f8[::1])")
def _turns(angle, cosine, sine):  # type: ignore[no-untyped-def]
    for i in range(np.uint64(0), np.uint64(angle.size), np.uint64(LANES)):
        _series(i, angle, cosine, sine)


def many_turns(angle: Array) -> Turn:
    """The same for many angles, faster and to 2^-52."""
    room = -(-angle.size // LANES) * LANES
    near, cosine, sine = np.zeros((3, room))
    near[: angle.size] = angle
    far = np.flatnonzero(np.abs(near) > _QUARTERS)
    near[far] = 0.0
    _turns(near, cosine, sine)
    if far.size:
        cosine[far], sine[far] = turns(angle[far])
    return Turn(cosine[: angle.size], sine[: angle.size])


class Code(NamedTuple):
    """What the kernels need to know of an encoding; `integers` has the parameters of `_turn`."""

    neutral: float
    integers: tuple[int, ...]


def code_of(dtype: np.dtype[Any], encoding: str, rounding: str) -> Code:
    """The code of an encoding that fits the dtype."""
    if dtype.kind == "f":
        return Code(0.5 if encoding == "unorm" else 0.0, ())
    limits = np.iinfo(dtype)
    low, high = int(limits.min), int(limits.max)
    # The neutral value of unorm lies between two integers: there the arithmetic is in halves.
    scale = 2 if encoding == "unorm" else 1
    neutral = {"unorm": high, "unorm128": (high + 1) // 2, "signed": 0}[encoding]
    shift = _BITS + scale - 1
    return Code(0.0, (scale, neutral, 1 << (shift - 1) if rounding == "nearest" else 0, shift, low, high))


def turn_pixels(
    source: Array, start: int, stop: int, code: Code, channels: tuple[int, int], turn: Turn, to: int, out: Array
) -> None:
    """Turn pixels start:stop of `source` (P, C) into pixel `to` and on of `out`, by one angle or one a pixel."""
    flat, into, count = source.reshape(-1), out.reshape(-1), source.shape[1]
    if source.dtype.kind == "f":
        _rotate_floats(flat, start, stop, count, *channels, *turn, code.neutral, to, into)
        return
    _rotate_integers(flat, start, stop, count, *channels, *turn, *code.integers, to, into)


def pair_table(code: Code, turn: Turn) -> Array:
    """The turned pair of bytes for each pair, low byte first."""
    pairs = np.arange(1 << 16, dtype="<u2").view(np.uint8).reshape(-1, 2)
    turned = np.empty_like(pairs)
    turn_pixels(pairs, 0, 1 << 16, code, (0, 1), turn, 0, turned)
    return turned.view("<u2").reshape(-1)


def look_up(source: Array, start: int, stop: int, channels: tuple[int, int], table: Array, to: int, out: Array) -> None:
    """The same for bytes, through a table of pairs."""
    _look_up(source.reshape(-1), start, stop, source.shape[1], *channels, table, to, out.reshape(-1))
