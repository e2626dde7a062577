"""How a convolution is cut into blocks for spectra, how long that takes and how exact it is."""

from functools import lru_cache
from math import ceil, log2, sqrt
from typing import NamedTuple

import numpy as np

from geometry.filters.convolution.plan import NEAR_TIE, Plan
from geometry.filters.window import Axis

SIDES = (16, 32, 64, 128, 256, 512, 1024)
WIDEST = 513
"""Pixels that a piece of the kernel may span."""

SPECTRA_BYTES = 64 << 20

_PASS_NS, _BASE_NS = 0.09, 0.7
_OUTGROWN, _CACHE_BYTES = 1.5, 1 << 20
_PRODUCT_NS, _MOVE_NS, _FAR_NS = 0.3, 1.6, 3.5
"""Of a transform: for each number and doubling of the block, and for each number; both grow beyond the cache. Of a
product of spectra, and of loading or storing, for each number; more where the channels of a block outgrow the cache."""

_PLAN_SECONDS = 3e-4
"""Of choosing blocks and transforming nothing yet."""


class Tiling(NamedTuple):
    """How an output is cut into tiles, each from one block, and a kernel into pieces."""

    ny: int
    nx: int
    rows: int
    """Places of a tile."""
    columns: int
    piece_rows: int
    """Taps of a piece."""
    piece_columns: int
    down: int
    across: int

    @property
    def tiles(self) -> int:
        return self.down * self.across


def pass_seconds(ny: int, nx: int, itemsize: int) -> float:
    """Time of one transform of a block, there or back, on one core: fitted, see the benchmarks."""
    outgrown = 2 * ny * nx * itemsize > _CACHE_BYTES
    per_number = (_PASS_NS * log2(ny * nx) + _BASE_NS) * (itemsize / 4) * (_OUTGROWN if outgrown else 1)
    return 1e-9 * per_number * ny * nx


def tiling(plan: Plan) -> Tiling:
    """The cheapest blocks for a convolution."""
    return _tiling(plan.rows, plan.columns, plan.accumulator.itemsize)


@lru_cache(256)
def _tiling(rows: Axis, columns: Axis, itemsize: int) -> Tiling:
    def candidates(axis: Axis) -> list[tuple[int, int, int]]:
        """(side, taps of a piece, places)"""
        taps = min(axis.taps, max(1, (WIDEST - 1) // axis.dilation + 1))
        span = (taps - 1) * axis.dilation + 1
        sides = [side for side in SIDES if side >= span]
        places = [min(axis.places, (side - span) // axis.stride + 1) for side in sides]
        enough = next((n for n, many in enumerate(places) if many == axis.places), len(sides) - 1)
        return [(side, taps, many) for side, many in zip(sides, places, strict=True)][: enough + 1]

    def seconds(down: tuple[int, int, int], across: tuple[int, int, int]) -> float:
        tiles = ceil(rows.places / down[2]) * ceil(columns.places / across[2])
        return ceil(tiles / 2) * pass_seconds(down[0], across[0], itemsize)

    pairs = [(down, across) for down in candidates(rows) for across in candidates(columns)]
    (ny, piece_rows, high), (nx, piece_columns, wide) = min(pairs, key=lambda pair: seconds(*pair))
    return Tiling(ny, nx, high, wide, piece_rows, piece_columns, ceil(rows.places / high), ceil(columns.places / wide))


def spectral_plan(plan: Plan) -> tuple[Plan, bool]:
    """The plan in the arithmetic that spectra need, and whether its results are as exact as documented for all engines.

    Rounding errors of a sum are below `3 ε log2(n) ‖taps‖₂ ‖block‖₂` for blocks of n complex numbers, which is ten
    times what is met in practice. Sums that are multiples of 2^-s are found exactly while this is below a quarter of
    it.
    """
    if plan.image.kind == "f":
        return plan, True
    cut = tiling(plan)
    axes = (0, 1) if plan.taps.ndim == 2 else (0, 1, 2)
    info = np.iinfo(plan.image)
    norm = float(np.sqrt((plan.taps**2).sum(axis=axes).max())) * float(max(info.max, -int(info.min)))
    numbers = cut.ny * cut.nx * (1 if plan.taps.ndim == 2 else plan.taps.shape[2])
    size = 3 * log2(cut.ny * cut.nx) * norm * sqrt(2 * numbers)
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    kinds = [kind for kind in (single, double) if kind.itemsize >= plan.accumulator.itemsize]
    allowed = NEAR_TIE if plan.exponent is None else 2.0 ** -(plan.exponent + 2)
    if plan.exponent is None and plan.output.kind == "f":
        return plan, True
    for kind in kinds:
        if size * float(np.finfo(kind).eps) / 2 <= allowed:
            return plan._replace(accumulator=kind), True
    return plan._replace(accumulator=double, exponent=None), False


def pieces_of(plan: Plan, cut: Tiling) -> list[tuple[int, int]]:
    """The first tap, row and column, of each piece of the kernel."""
    return [
        (i, j) for i in range(0, plan.rows.taps, cut.piece_rows) for j in range(0, plan.columns.taps, cut.piece_columns)
    ]


def fft_seconds(plan: Plan, channels: int) -> float:
    """Estimated time for one image on one core."""
    cut = tiling(plan)
    pieces = len(pieces_of(plan, cut))
    mixes = plan.taps.ndim == 4
    groups = plan.groups if mixes else 1
    inputs, outputs = (plan.taps.shape[2], plan.taps.shape[3] // groups) if mixes else (1, 1)
    room = max(1, SPECTRA_BYTES // (2 * cut.ny * cut.nx * plan.accumulator.itemsize))
    terms = inputs * pieces
    batches = ceil(terms * outputs / room) if terms < room else outputs * ceil(terms / room)
    one_way = pass_seconds(cut.ny, cut.nx, plan.accumulator.itemsize)
    pairs = ceil(cut.tiles * (1 if mixes else channels) / 2)
    ways = terms * min(batches, outputs) + outputs * ceil(terms / room)
    products = terms * outputs * cut.ny * cut.nx * _PRODUCT_NS * 1e-9 * plan.accumulator.itemsize / 4
    seen = min(cut.ny, plan.rows.length) * min(cut.nx, plan.columns.length) * channels * plan.accumulator.itemsize
    apart = seen > _CACHE_BYTES and channels > 1
    moves = 2 * (terms * min(batches, outputs) + outputs) * cut.ny * cut.nx
    moved = moves * (_FAR_NS if apart else _MOVE_NS) * 1e-9
    prepared = _PLAN_SECONDS + groups * terms * outputs * 2 * one_way
    return prepared + groups * pairs * (ways * one_way + products + moved)
