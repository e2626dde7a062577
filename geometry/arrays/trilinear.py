"""Products of three matrices, summed over the index that they share, without the product of any two in memory.

`out[i, j, k] = Σ_m a[i, m] b[j, m] c[k, m]` is a matrix product of c with all rows `a[i] · b[j]`. Those rows are made a
few at a time, for a short stretch of m, in the order in which the innermost loop reads them: they live in the
first-level cache and nowhere else.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numba
import numpy as np
from llvmlite import binding

from geometry.bands import run_bands
from geometry.fold import fold
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.lanes import Operand, lanes, load, multiply_add, store
from geometry.memory import fresh_arrays


def _has_wide_registers() -> bool:
    """Whether the processor that kernels are compiled for has 32 registers of 512 bits."""
    name = numba.config.CPU_NAME  # type: ignore[attr-defined]
    return bool(binding.get_host_cpu_features().get("avx512f")) if name is None else name == "x86-64-v4"


_REGISTER = 64 if _has_wide_registers() else 32
_ROWS = 8 if _REGISTER == 64 else 4
_VECTORS = 3
_STEP = 4
_DEPTH = 256
_LENGTH = 4096
_PACKED = 2**22
_SUMS_BYTES = 2**19

MOST_ROWS = 2**14
"""Rows of a, b and c together, at most."""


def _tile(vectors: int) -> Callable[..., None]:
    """Add a panel of products times a panel of c to `_ROWS` × `vectors` registers of sums."""

    @lanes
    def tile(left: Operand, right: Operand, right_at: Operand, steps: Operand, sums: Operand, sums_at: Operand) -> None:
        width = _REGISTER // np.dtype(sums.dtype).itemsize

        def add(number: Operand, values: list[Operand]) -> list[Operand]:
            for step in range(_STEP):
                at = number * _STEP + step
                columns = [load(right, right_at + (at * vectors + vector) * width, width) for vector in range(vectors)]
                factors = [load(left, at * _ROWS + row, 1) for row in range(_ROWS)]
                values = [
                    multiply_add(columns[n % vectors], factors[n // vectors], value) for n, value in enumerate(values)
                ]
            return values

        places = [sums_at + n * width for n in range(_ROWS * vectors)]
        for place, value in zip(places, fold(steps, [load(sums, place, width) for place in places], add), strict=True):
            store(sums, place, value)

    return tile


_wide_tile = _tile(_VECTORS)
_narrow_tile = _tile(1)


@lanes
def _multiply(panel: Operand, row: Operand, start: Operand, steps: Operand, left: Operand) -> None:
    def one(number: Operand, values: list[Operand]) -> list[Operand]:
        for step in range(_STEP):
            at = number * _STEP + step
            factors = load(panel, (start + at) * _ROWS, _ROWS)
            store(left, at * _ROWS, factors * load(row, start + at, 1))
        return values

    fold(steps, [], one)


@kernel(
    "void({T}[:,::1], {T}[:,:,::1], {T}[:,:,::1], {T}[:,:,::1], {T}[::1], {T}[::1], i8, i8, i8, i8, b1, b1)",
    types=("f8", "f4"),
)
def _add_products(a, b, wide, narrow, sums, left, first, last, panel_first, panel_last, same_rows, same_columns):  # type: ignore[no-untyped-def]
    """Leave out tiles below the diagonals where the rows of a and b, or of b and c, are the same."""
    width = narrow.shape[2]
    across = wide.shape[2]
    for start in range(0, a.shape[1], _DEPTH):
        steps = (min(start + _DEPTH, a.shape[1]) - start) // _STEP
        place = 0
        for i in range(first, last):
            for panel in range(panel_first, panel_last):
                j = panel * _ROWS
                skipped = same_rows and j + _ROWS <= i
                if not skipped:
                    _multiply(b[panel], a[i], start, steps, left)
                for column in range(wide.shape[0]):
                    if not (skipped or (same_columns and (column + 1) * across <= j)):
                        _wide_tile(left, wide[column], start * across, steps, sums, place)
                    place += _ROWS * across
                for column in range(narrow.shape[0]):
                    if not skipped:
                        _narrow_tile(left, narrow[column], start * width, steps, sums, place)
                    place += _ROWS * width


class _Packed(NamedTuple):
    """A stretch of m in the order in which the kernel reads it; zeros where panels are not full."""

    a: Array
    b: Array
    wide: Array
    narrow: Array


class _Panels:
    """How the rows of b and c are grouped."""

    def __init__(self, rows: int, columns: int, dtype: np.dtype[np.generic]) -> None:
        self.dtype = dtype
        self.width = _REGISTER // dtype.itemsize
        self.across = _VECTORS * self.width
        self.count = -(-rows // _ROWS)
        vectors = -(-columns // self.width)
        self.wide = (vectors + 1) // _VECTORS  # two vectors that remain take no longer as three
        self.narrow = max(0, vectors - _VECTORS * self.wide)
        self.size = _ROWS * (self.wide * self.across + self.narrow * self.width)

    def pack(self, a: Array, b: Array, c: Array, length: int) -> _Packed:
        depth = -(-length // _STEP) * _STEP
        packed = _Packed(
            *fresh_arrays(
                ((a.shape[0], depth), self.dtype),
                ((self.count, depth, _ROWS), self.dtype),
                ((self.wide, depth, self.across), self.dtype),
                ((self.narrow, depth, self.width), self.dtype),
            )
        )
        split = self.wide * self.across
        groups = ((b, packed.b), (c[:split], packed.wide), (c[split:], packed.narrow))
        panels = [(rows, target, number) for rows, target in groups for number in range(target.shape[0])]

        def work(start: int, stop: int) -> None:
            for rows, target, number in panels[start:stop]:
                part = rows[number * target.shape[2] : (number + 1) * target.shape[2]]
                target[number, length:] = 0
                target[number, :, part.shape[0] :] = 0
                target[number, :length, : part.shape[0]] = part.T

        packed.a[:, :length] = a
        packed.a[:, length:] = 0
        run_bands(work, len(panels), grain=4)
        return packed

    def blocks(self, rows: int) -> Iterator[tuple[int, int, int, int]]:
        """Rows of a and panels of b whose sums fit the second-level cache."""
        panels = max(1, min(self.count, _SUMS_BYTES // (self.size * self.dtype.itemsize)))
        some = max(1, _SUMS_BYTES // (self.size * self.count * self.dtype.itemsize))
        for first in range(0, rows, some):
            for panel in range(0, self.count, panels):
                yield first, min(first + some, rows), panel, min(panel + panels, self.count)


def trilinear(a: Array, b: Array, c: Array, dtype: np.dtype[np.generic]) -> Array:
    """Sum the products of the rows of three matrices.

    `out[i, j, k] = Σ_m a[i, m] b[j, m] c[k, m]`

    Where two or three of the matrices hold the same numbers, the part that follows by symmetry is copied; all three: a
    sixth of the work is left. Sums run over 4096 terms at a time in `dtype`, and over those.

    Parameters
    ----------
    a, b, c
        (I, M), (J, M), (K, M), real, any strides; I + J + K ≤ MOST_ROWS.
    dtype
        float64 or float32, of sums and result.

    Returns
    -------
    Array
        (I, J, K).
    """
    same_rows, same_columns = _same(a, b), _same(b, c)
    if not (same_rows or same_columns) and _same(a, c):
        return trilinear(b, a, c, dtype).transpose(1, 0, 2)
    (out,) = fresh_arrays(((a.shape[0], b.shape[0], c.shape[0]), dtype))
    out[...] = 0
    if out.size == 0:
        return out
    panels = _Panels(b.shape[0], c.shape[0], dtype)
    blocks = list(panels.blocks(a.shape[0]))
    stretch = max(_DEPTH, min(_LENGTH, _PACKED // sum(out.shape) // _DEPTH * _DEPTH))
    for begin in range(0, a.shape[1], stretch):
        end = min(begin + stretch, a.shape[1])
        packed = panels.pack(a[:, begin:end], b[:, begin:end], c[:, begin:end], end - begin)

        def work(start: int, stop: int, packed: _Packed = packed) -> None:
            for first, last, panel_first, panel_last in blocks[start:stop]:
                count = (last - first) * (panel_last - panel_first)
                sums, left = fresh_arrays(((count * panels.size,), dtype), ((_DEPTH * _ROWS,), dtype))
                sums[:] = 0
                _add_products(
                    *packed, sums, left, first, last, panel_first, panel_last, bool(same_rows), bool(same_columns)
                )
                _add_sums(sums, panels, out[first:last, panel_first * _ROWS : panel_last * _ROWS])

        run_bands(work, len(blocks))
    _mirror(out, same_rows, same_columns)
    return out


def _same(one: Array, other: Array) -> bool:
    if one is other:
        return True
    alike = one.shape == other.shape and one.dtype == other.dtype
    return alike and np.array_equal(one[:, :1], other[:, :1]) and np.array_equal(one, other)


def _add_sums(sums: Array, panels: _Panels, out: Array) -> None:
    """Add tiles of sums to the part of the result that they belong to."""
    rows, split = out.shape[1], panels.wide * panels.across
    tiles = sums.reshape(out.shape[0], -1, panels.size)
    parts = ((tiles[:, :, : _ROWS * split], panels.wide, 0), (tiles[:, :, _ROWS * split :], panels.narrow, split))
    for part, count, begin in parts:
        target = out[:, :, begin : begin + part.shape[2] // _ROWS]
        lined = part.reshape(*part.shape[:2], count, _ROWS, part.shape[2] // _ROWS // count if count else 0)
        lined = lined.transpose(0, 1, 3, 2, 4).reshape(out.shape[0], part.shape[1] * _ROWS, part.shape[2] // _ROWS)
        target += lined[:, :rows, : target.shape[2]]


def _mirror(out: Array, same_rows: bool, same_columns: bool) -> None:
    """Fill in what follows by symmetry from j ≥ i, from k ≥ j, or from both."""
    for i in range(out.shape[0]):
        if same_columns:
            begin = i if same_rows else 0
            square = out[i, begin:, begin:]
            below = np.tri(square.shape[0], k=-1, dtype=bool)
            np.copyto(square, square.T.copy(), where=below)
        if same_rows:
            out[i, :i] = out[:i, i]
            if same_columns:
                out[i, i:, :i] = out[i, :i, i:].T
