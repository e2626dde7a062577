"""`fundamental-all` in tiles: blocks of the matrix of pairs, or runs of the list of them."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

import geometry
from geometry.relations import PAIR_STATUS
from geometry.relations.flags import centres_seen
from service.arrays.pending import Array
from service.operation import Block, TiledArray, TileGrid, Tiling
from service.operations.cameras.pairs import CONVENTION, image_sizes
from service.operations.statuses import status_counts

if TYPE_CHECKING:
    from service.operations.cameras.fundamental_all import FundamentalAllParams

_BLOCK_CAMERAS = 512
_RUN_PAIRS = 1 << 18
_PAIR_SECONDS = 5e-7  # most of it for writing


class PreparedRig:
    """A rig and how its pairs are to be told."""

    def __init__(self, params: "FundamentalAllParams") -> None:
        self.params = params
        self.rig = geometry.Rig(params.projections)
        self.rig.check_normalization(params.normalization, params.dtype)
        self.sizes = image_sizes(params.size, params.sizes)
        self.options: dict[str, Any] = {"dtype": params.dtype, "normalization": params.normalization}

    @cached_property
    def before(self) -> list[int]:
        """How many pairs the rows before each hold, in the condensed layout."""
        return [self.rig.pairs_before(row, "condensed") for row in range(self.rig.cameras)]


def _grid(params: "FundamentalAllParams", tile: int | None) -> TileGrid:
    cameras = params.projections.shape[0]
    flags = () if params.size is None and params.sizes is None else ("epipole_in_left", "epipole_in_right")
    shape: tuple[int, ...]
    part: tuple[int, ...]
    if params.layout == "full":
        length = min(tile or _BLOCK_CAMERAS, max(1, cameras))
        blocks = -(-cameras // length)
        tiles, shape, part, pairs = blocks * (blocks + 1) // 2, (cameras, cameras), (length, length), 2 * length**2
    else:
        shape = (cameras * (cameras - 1) // 2,)
        length = pairs = min(tile or _RUN_PAIRS, max(1, shape[0]))
        tiles, part = -(-shape[0] // length), (length,)
    arrays = (
        TiledArray("fundamental", (*shape, 3, 3), params.dtype, (*part, 3, 3)),
        TiledArray("status", shape, "uint8", part),
        *(TiledArray(name, shape, "bool", part) for name in flags),
    )
    detail = {"length": length, "layout": params.layout, "flags": bool(flags)}
    return TileGrid(max(1, tiles), arrays, pairs * _PAIR_SECONDS, detail)


def _run(prepared: PreparedRig, grid: TileGrid, tile: int) -> Iterator[Block]:
    if not prepared.rig.cameras:
        return iter(())
    run = _full if prepared.params.layout == "full" else _condensed
    return run(prepared, grid.detail["length"], tile)


def _full(prepared: PreparedRig, length: int, tile: int) -> Iterator[Block]:
    """A block and its mirror image, which is the transpose of it to the last bit: F_ji = F_ijᵀ."""
    cameras = prepared.rig.cameras
    down = (isqrt(8 * tile + 1) - 1) // 2
    across = tile - down * (down + 1) // 2
    rows, columns = ((at * length, min((at + 1) * length, cameras)) for at in (across, down))
    both = rows != columns
    block = prepared.rig.fundamental_block(rows, columns, **prepared.options)
    yield Block("fundamental", (rows[0], columns[0], 0, 0), block)
    if both:
        yield Block("fundamental", (columns[0], rows[0], 0, 0), block.transpose(1, 0, 3, 2))
    del block
    status = prepared.rig.status_block(rows, columns)
    counts = status_counts(status, PAIR_STATUS)
    yield Block("status", (rows[0], columns[0]), status, counts)
    if both:
        yield Block("status", (columns[0], rows[0]), status.T, counts)
    if prepared.sizes is None:
        return
    for first, second in ((rows, columns), (columns, rows))[: 1 + both]:
        seen = centres_seen(prepared.rig, first, second, prepared.sizes)
        yield Block("epipole_in_left", (first[0], second[0]), seen)
        yield Block("epipole_in_right", (second[0], first[0]), seen.T)


def _condensed(prepared: PreparedRig, length: int, tile: int) -> Iterator[Block]:
    rig = prepared.rig
    pairs = rig.pairs_before(rig.cameras, "condensed")
    start, stop = tile * length, min((tile + 1) * length, pairs)
    if start >= stop:
        return
    matrices = np.empty((stop - start, 3, 3), prepared.params.dtype)
    status = np.empty(stop - start, np.uint8)
    flags = [np.empty(stop - start, np.bool_) for _ in range(0 if prepared.sizes is None else 2)]
    row = bisect_right(prepared.before, start) - 1
    while row < rig.cameras and prepared.before[row] < stop:
        before = prepared.before[row]
        columns = row + 1 + max(start - before, 0), row + 1 + min(stop - before, rig.cameras - row - 1)
        if columns[0] >= columns[1]:
            row += 1
            continue
        last = row + 1
        if columns == (row + 1, rig.cameras):  # whole rows go together
            while last < rig.cameras and rig.pairs_before(last + 1, "condensed") <= stop:
                last += 1
            part = rig.fundamental_rows(row, last, layout="condensed", **prepared.options)
            codes = rig.status("condensed", start=row, stop=last)
        else:
            part = rig.fundamental_block((row, last), columns, **prepared.options)[0]
            codes = rig.status_block((row, last), columns)[0]
        place = slice(before + columns[0] - row - 1 - start, before + columns[0] - row - 1 - start + len(part))
        matrices[place], status[place] = part, codes
        for each in range(row, last) if flags else ():
            _flag(prepared, each, columns if each == row else (each + 1, rig.cameras), start, flags)
        row = last
    yield Block("fundamental", (start, 0, 0), matrices)
    yield Block("status", (start,), status, status_counts(status, PAIR_STATUS))
    for name, values in zip(("epipole_in_left", "epipole_in_right"), flags, strict=False):
        yield Block(name, (start,), values)


def _flag(prepared: PreparedRig, row: int, columns: tuple[int, int], start: int, flags: list[Array]) -> None:
    if columns[0] >= columns[1]:
        return
    first = prepared.before[row] + columns[0] - row - 1 - start
    place = slice(first, first + columns[1] - columns[0])
    flags[0][place] = centres_seen(prepared.rig, (row, row + 1), columns, prepared.sizes)[0]
    flags[1][place] = centres_seen(prepared.rig, columns, (row, row + 1), prepared.sizes)[:, 0]


def _summary(detail: Mapping[str, Any], counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "status_names": {str(code): name for code, name in enumerate(PAIR_STATUS)},
        "status_counts": {name: counts.get(name, 0) for name in PAIR_STATUS},
        "layout": detail["layout"],
        "convention": CONVENTION,
    }


FUNDAMENTAL_ALL_TILING = Tiling(plan=_grid, prepare=PreparedRig, run=_run, summary=_summary)
