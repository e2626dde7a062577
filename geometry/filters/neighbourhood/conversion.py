"""Pixels of every dtype to numbers of the machine and back; which dtype is chosen while it runs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from geometry.filters.neighbourhood.instructions import equal
from geometry.fold import fold
from geometry.inputs import PIXEL_DTYPES
from geometry.lanes import LANES, Operand, Vector, cast, lanes, load, select, store

_DTYPES = [np.dtype(name) for name in PIXEL_DTYPES]

DTYPE_CODES = {name: code for code, name in enumerate(PIXEL_DTYPES)}


def _over(count: Operand, piece: Callable[[Operand, int], None], zero: Operand) -> None:
    """Call `piece(offset, lanes)` along a run: vectors first, then one by one."""

    def vectors(number: Operand, carried: list[Operand]) -> list[Operand]:
        piece(carried[0], LANES)
        return [carried[0] + LANES]

    def single(number: Operand, carried: list[Operand]) -> list[Operand]:
        piece(carried[0], 1)
        return [carried[0] + 1]

    whole = count >> (LANES.bit_length() - 1)
    (end,) = fold(whole, [zero], vectors)
    fold(count - whole * LANES, [end], single)


def _chosen(code: Operand, case: Callable[[np.dtype[Any]], None]) -> None:
    """Run `case` for the dtype of a code."""
    if not isinstance(code, Vector):
        case(_DTYPES[int(code)])
        return
    builder = code.builder
    done = builder.append_basic_block("converted")
    switch = builder.switch(code.value, done)
    for number, dtype in enumerate(_DTYPES):
        block = builder.append_basic_block(dtype.name)
        switch.add_case(code.constant(number).value, block)
        builder.position_at_end(block)
        case(dtype)
        builder.branch(done)
    builder.position_at_end(done)


@lanes
def read(scratch: Any, at: Operand, count: Operand, image: Any, begin: Operand, code: Operand) -> None:
    """Copy `count` pixels from the `begin`th on to `scratch[at]` and after; `image` is the bytes of an image."""

    def case(dtype: np.dtype[Any]) -> None:
        def piece(offset: Operand, number: int) -> None:
            pixels = load(image, (begin + offset) * dtype.itemsize, number, dtype)
            store(scratch, at + offset, cast(pixels, scratch.dtype))

        _over(count, piece, at - at)

    _chosen(code, case)


@lanes
def write(image: Any, begin: Operand, count: Operand, scratch: Any, at: Operand, code: Operand) -> None:
    """Copy `count` numbers from `scratch[at]` on to the pixels of an image; integers saturate and round half to even.

    Numbers of at most 2^22 (float32) or 2^51 are rounded by adding and taking away one with no bits below the point.
    """
    magic = 1.5 * 2.0 ** np.finfo(scratch.dtype).nmant

    def case(dtype: np.dtype[Any]) -> None:
        def piece(offset: Operand, number: int) -> None:
            value = load(scratch, at + offset, number)
            if dtype.kind == "f":
                store(image, (begin + offset) * dtype.itemsize, cast(value, dtype))
                return
            info = np.iinfo(dtype)
            known = select(equal(value, value), value, 0.0)
            low = select(known < float(info.min), float(info.min), known)
            within = select(low > float(info.max), float(info.max), low)
            whole = cast(within + magic - magic, np.int32)
            store(image, (begin + offset) * dtype.itemsize, cast(whole, dtype))

        _over(count, piece, at - at)

    _chosen(code, case)
