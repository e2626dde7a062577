"""Maxima and minima over rectangular windows, in time that hardly grows with the window.

The maximum over 2 p taps in a row is the greater of two over p taps: a few doublings in place, then at most eight of
those maxima cover any window, overlapping as they like. Down the columns first, in a strip of rows that stays in the
cache, then along each row that is left.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands, threads
from geometry.filters.keys import FILL, Keys, load_keys, store_pixels
from geometry.filters.window import Axis
from geometry.fold import fold
from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.lanes import Operand, lanes, load, select, store
from geometry.memory import fresh_arrays

BLOCK_BYTES = 256
_DIRECT_TAPS = 8
_STRIP_ROWS = 16
_TILE_BYTES = 16_384


class Cover(NamedTuple):
    """How doublings cover `taps` taps in a row: after them each element is the greatest of `reach`."""

    doublings: int
    reach: int
    others: int
    """Maxima needed besides the last one; they begin `reach` taps apart."""
    last: int
    """Where the last one begins, in taps."""


def cover(taps: int) -> Cover:
    """The fewest doublings after which eight maxima cover the taps."""
    doublings = max(0, (-(-taps // _DIRECT_TAPS) - 1).bit_length())
    reach = 1 << doublings
    return Cover(doublings, reach, -(-taps // reach) - 1, taps - reach)


@lanes
def highest(
    into: Operand, at: Operand, keys: Operand, start: Operand, step: Operand, last: Operand, others: Operand
) -> None:
    """A block of `into[at]` = the greatest of `keys[start + last]` and `keys[start + t·step]`, t < others."""
    count = BLOCK_BYTES // keys.dtype.itemsize

    def greater(number: Operand, best: list[Operand]) -> list[Operand]:
        other = load(keys, start + number * step, count)
        return [select(other > best[0], other, best[0])]

    (best,) = fold(others, [load(keys, start + last, count)], greater)
    store(into, at, best)


@routine
def double_down(strip, pitch, rows, doublings, dilation):
    """In place: each row of a strip becomes the greatest of itself and the rows below, `dilation` apart."""
    block = BLOCK_BYTES // strip.itemsize
    for doubling in range(doublings):
        shift = dilation << doubling
        for place in range(0, max(rows - shift, 0) * pitch, block):
            highest(strip, place, strip, place, 0, shift * pitch, 1)


@routine
def double_across(line, count, doublings, dilation):
    """In place: each element of a line becomes the greatest of itself and those to the right, `dilation` apart."""
    block = BLOCK_BYTES // line.itemsize
    for doubling in range(doublings):
        for place in range(0, count, block):
            highest(line, place, line, place, 0, dilation << doubling, 1)


@routine
def combine(into, keys, start, count, step, last, others):
    """`into[x]` = the greatest of `keys[start + x + last]` and `keys[start + x + t·step]`, t < others; x < count."""
    block = BLOCK_BYTES // keys.itemsize
    for place in range(0, count, block):
        highest(into, place, keys, start + place, step, last, others)


@inline
def windows_along(line, best, columns, channels, horizontal):
    """`best` = the keys of windows at every column of a line, which has the greatest keys of each column already."""
    stride, span, doublings, dilation, last, others = horizontal
    count = ((columns - 1) * stride + span) * channels
    double_across(line, count, doublings, dilation * channels)
    kept = count - (span - 1) * channels
    combine(best, line, 0, kept, (dilation << doublings) * channels, last * channels, others)


@inline
def windows_of(strip, line, best, row, pitch, columns, channels, vertical, horizontal):
    """`best` = the keys of one row of windows, at every column, from a strip whose columns are doubled."""
    row_stride, _, doublings, dilation, last, others = vertical
    count = ((columns - 1) * horizontal[0] + horizontal[1]) * channels
    combine(line, strip, row * row_stride * pitch, count, (dilation << doublings) * pitch, last * pitch, others)
    windows_along(line, best, columns, channels, horizontal)


@kernel(
    "void({T}[::1], {T}[::1], i8[::1], i8[::1], {T}[::1], {T}[::1], {T}[::1], {T}[::1],"
    " UniTuple(i8, 8), UniTuple(i8, 6), UniTuple(i8, 6), i8, i8)",
    types=("u1", "u2", "i4", "i8"),
)
def _extrema(
    words, out, row_sources, column_sources, marks, strip, line, best, layout, vertical, horizontal, start, stop
):
    height, width, before, down, across, pitch, strip_rows, tile = layout
    channels = len(marks) - FILL
    row_stride, row_span, row_doublings, row_dilation, _, _ = vertical
    stride, span = horizontal[0], horizontal[1]
    y = start
    while y < stop:
        top = y % down
        origin = y // down * height * width * channels
        rows = min(strip_rows, stop - y, down - top)
        loaded = (rows - 1) * row_stride + row_span
        for x0 in range(0, across, tile):
            columns = min(tile, across - x0)
            first, count = x0 * stride, (columns - 1) * stride + span
            for s in range(loaded):
                source = row_sources[top * row_stride + s]
                load_keys(strip, s * pitch, words, origin, source, column_sources, first, count, before, width, marks)
            double_down(strip, pitch, loaded, row_doublings, row_dilation)
            for r in range(rows):
                windows_of(strip, line, best, r, pitch, columns, channels, vertical, horizontal)
                store_pixels(out, ((y + r) * across + x0) * channels, best, 0, stride, columns, marks)
        y += rows


class Tiling(NamedTuple):
    """How much of an output is made at once, so that what it takes stays in the cache."""

    strip_rows: int
    tile: int
    """Columns of the output."""
    pitch: int
    """Elements from row to row of a strip of keys."""
    loaded: int
    """Rows of a strip."""
    slack: int
    """Elements that may be read and written past the end of a strip or a line."""

    @property
    def scratch(self) -> tuple[int, int, int]:
        """Elements of a strip, a line, and the line of what is left of it."""
        line = self.pitch + self.slack
        return self.loaded * self.pitch + self.slack, line, line


def tiling(rows: Axis, columns: Axis, channels: int, itemsize: int) -> Tiling:
    """Strips and tiles at least as large as the windows, so that little is loaded twice."""
    span = (columns.taps - 1) * columns.dilation
    wanted = max(_TILE_BYTES // (itemsize * channels * columns.stride), span // columns.stride, 1)
    tile = min(wanted, columns.places)
    block = BLOCK_BYTES // itemsize
    pitch = -(-((tile - 1) * columns.stride + span + 1) * channels // block) * block
    overlap = (rows.taps - 1) * rows.dilation
    strip_rows = min(max(_STRIP_ROWS // rows.stride, overlap // rows.stride, 1), rows.places)
    loaded = (strip_rows - 1) * rows.stride + overlap + 1
    return Tiling(strip_rows, tile, pitch, loaded, span * channels + block)


def slide(axis: Axis) -> tuple[int, ...]:
    """What the kernels know about one axis of the windows."""
    covered = cover(axis.taps)
    span = (axis.taps - 1) * axis.dilation + 1
    return axis.stride, span, covered.doublings, axis.dilation, covered.last * axis.dilation, covered.others


def reachable(axis: Axis, margin: int) -> Axis:
    """The axis without taps that never see a pixel, but for the next `margin` ones on either side."""
    first = -(-(axis.before - (axis.places - 1) * axis.stride) // axis.dilation) - margin
    last = (axis.length - 1 + axis.before) // axis.dilation + margin
    first = min(max(first, 0), axis.taps - 1)
    last = min(max(last, first), axis.taps - 1)
    return axis._replace(taps=last - first + 1, before=axis.before - first * axis.dilation)


def scratch_bytes(rows: Axis, columns: Axis, channels: int, itemsize: int, *, periodic: bool = False) -> int:
    """What threads hold besides images; unless what lies outside is periodic, nothing that no window reaches."""
    near = (rows, columns) if periodic else (reachable(rows, 1), reachable(columns, 1))
    tiles = tiling(*near, channels, itemsize)
    return threads() * itemsize * (sum(tiles.scratch) + 2 * tiles.slack) + 32 * sum(axis.padded for axis in near)


def window_extrema(
    frames: Array, rows: Axis, columns: Axis, *, lowest: bool, border: str = "ignore", fill: Array | None = None
) -> Array:
    """The greatest or lowest pixel of every window.

    Parameters
    ----------
    frames
        (N, H, W, C), C-contiguous and native.
    rows, columns
        How windows lie.
    lowest
        Minima instead of maxima.
    border
        `ignore`: outside never wins; `constant`, with `fill`, one value a channel; or another of `BORDERS`.

    Returns
    -------
    Array
        (N, h, w, C), of the same dtype. NaN wins; a window without a pixel has the value that never wins.
    """
    count, height, width, channels = frames.shape
    keys = Keys(frames.dtype, lowest)
    if border in ("ignore", "constant", "replicate"):
        margin = 0 if border == "ignore" else 1
        rows, columns = reachable(rows, margin), reachable(columns, margin)
    outside = "constant" if border == "ignore" else border
    row_sources, column_sources = rows.sources(outside), columns.sources(outside)
    marks = keys.marks(fill if border == "constant" else None, channels)
    tiles = tiling(rows, columns, channels, keys.word.itemsize)
    (out,) = fresh_arrays(((count, rows.places, columns.places, channels), frames.dtype))
    words, target, vertical, horizontal = keys.words(frames), keys.words(out), slide(rows), slide(columns)
    layout = (
        height, width, columns.before, rows.places, columns.places, tiles.pitch, tiles.strip_rows, tiles.tile,
    )  # fmt: skip

    def work(start: int, stop: int) -> None:
        strip, line, best = (np.empty(size, keys.word) for size in tiles.scratch)
        _extrema(
            words, target, row_sources, column_sources, marks, strip, line, best, layout, vertical, horizontal,
            start, stop,
        )  # fmt: skip

    run_bands(work, count * rows.places, grain=tiles.strip_rows)
    return out
