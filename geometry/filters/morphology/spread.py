"""Maxima and minima over any set of pixels, as runs along rows or columns.

After a few doublings in place each pixel is the greatest of 2^n in a row, and two of those cover any run of 2^n to
2^(n+1) pixels. All runs of a set that are that long are looked up at once, so that a disc costs two look-ups a row, and
what is written is written a few times, however large the set.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.filters.extrema import BLOCK_BYTES, highest, reachable, tiling, window_extrema
from geometry.filters.keys import FILL, LEAST, Keys, load_keys, store_pixels
from geometry.filters.morphology.element import Runs, mask_runs
from geometry.filters.window import Axis
from geometry.fold import fold
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.lanes import Operand, lanes, load, select, store
from geometry.memory import fresh_arrays

_TURNED_PIXELS = 2**20


@lanes
def _look_up(
    into: Operand, at: Operand, keys: Operand, start: Operand, offsets: Operand, first: Operand, count: Operand
) -> None:
    """A block of `into[at]` = the greatest of itself and `keys[start + offsets[n]]` for `count` n from `first` on."""
    size = BLOCK_BYTES // keys.dtype.itemsize

    def greater(number: Operand, best: list[Operand]) -> list[Operand]:
        other = load(keys, start + load(offsets, first + number, 1), size)
        return [select(other > best[0], other, best[0])]

    (best,) = fold(count, [load(into, at, size)], greater)
    store(into, at, best)


@kernel(
    "void({T}[::1], {T}[::1], i8[::1], i8[::1], {T}[::1], {T}[::1], {T}[::1], i8[::1], i8[::1], i8[::1],"
    " UniTuple(i8, 8), i8, i8)",
    types=("u1", "u2", "i4", "i8"),
)
def _spread(words, out, row_sources, column_sources, marks, strip, best, shifts, ends, offsets, layout, start, stop):
    width, before, across, down, right, pitch, strip_rows, tile = layout
    channels = len(marks) - FILL
    block = BLOCK_BYTES // strip.itemsize
    for y in range(start, stop, strip_rows):
        rows = min(strip_rows, stop - y)
        for x0 in range(0, across, tile):
            columns = min(tile, across - x0)
            count = columns + right
            for s in range(rows + down):
                load_keys(
                    strip, s * pitch, words, 0, row_sources[y + s], column_sources, x0, count, before, width, marks
                )
            for x in range(rows * pitch):
                best[x] = marks[LEAST]
            done = 0
            for level in range(len(ends)):
                if level > 0:
                    for place in range(0, (rows + down) * pitch - shifts[level], block):
                        highest(strip, place, strip, place, 0, shifts[level], 1)
                for r in range(rows):
                    for place in range(r * pitch, r * pitch + columns * channels, block):
                        _look_up(best, place, strip, place, offsets, done, ends[level] - done)
                done = ends[level]
            for r in range(rows):
                store_pixels(out, ((y + r) * across + x0) * channels, best, r * pitch, 1, columns, marks)


class LookUps(NamedTuple):
    """What the kernel looks up: after the doubling by `shifts[level]`, `offsets` up to `ends[level]`."""

    shifts: Array
    ends: Array
    offsets: Array


def look_ups(runs: Runs, row_step: int, column_step: int) -> LookUps:
    """Cover runs along rows by powers of two; `row_step` and `column_step` lie between neighbouring keys."""
    levels = np.log2(runs.lengths).astype(np.int64)
    begins = runs.rows * row_step + runs.starts * column_step
    ends = begins + (runs.lengths - (1 << levels)) * column_step
    found = [np.unique(np.concatenate([begins[levels == n], ends[levels == n]])) for n in range(levels.max() + 1)]
    shifts = np.array([0] + [(1 << level) * column_step for level in range(len(found) - 1)])
    return LookUps(shifts, np.cumsum([len(offsets) for offsets in found]), np.concatenate(found))


def fewest_look_ups(runs: Runs, row_step: int, column_step: int) -> LookUps:
    """Runs along rows, or along columns where those are fewer, as far as the set is small enough to be turned."""
    along_rows = look_ups(runs, row_step, column_step)
    if runs.size[0] * runs.size[1] > _TURNED_PIXELS:
        return along_rows
    along_columns = look_ups(mask_runs(runs.mask().T), column_step, row_step)
    return along_columns if len(along_columns.offsets) < len(along_rows.offsets) else along_rows


def clipped(runs: Runs, rows: Axis, columns: Axis) -> tuple[Runs, Axis, Axis]:
    """The set without the rows and columns that lie outside of the image everywhere, but for the nearest ones.

    What is outside looks alike from the nearest one on, where the border is ignored, constant or replicates.
    """
    (first_row, last_row), (first, last) = (
        (axis.before - near.before, axis.before - near.before + near.taps - 1)
        for axis, near in ((rows, reachable(rows, 1)), (columns, reachable(columns, 1)))
    )
    stops = np.clip(runs.starts + runs.lengths, first + 1, last + 1) - first
    starts = np.clip(runs.starts, first, last) - first
    near = Runs(
        (last_row - first_row + 1, last - first + 1),
        np.clip(runs.rows, first_row, last_row) - first_row,
        starts,
        stops - starts,
    )
    return near, reachable(rows, 1), reachable(columns, 1)


def extrema_over(
    image: Array, runs: Runs, anchor: tuple[int, int], *, lowest: bool, border: str, fill: Array | None
) -> Array:
    """The greatest or lowest pixel of `image[y + i - anchor_y, x + j - anchor_x]` for (i, j) in a set.

    Parameters
    ----------
    image
        (H, W, C), C-contiguous and native.
    runs, anchor
        The set, and which pixel of its box lies at (y, x).
    lowest, border, fill
        As for `window_extrema`.

    Returns
    -------
    Array
        (H, W, C), of the same dtype.
    """
    height, width, channels = image.shape
    runs, (top, left) = runs.trimmed()
    rows = Axis(height, runs.size[0], 1, 1, anchor[0] - top, height)
    columns = Axis(width, runs.size[1], 1, 1, anchor[1] - left, width)
    if runs.rectangle:
        filtered: Array = window_extrema(image[np.newaxis], rows, columns, lowest=lowest, border=border, fill=fill)[0]
        return filtered
    if border in ("ignore", "constant", "replicate"):
        runs, rows, columns = clipped(runs, rows, columns)
    keys = Keys(image.dtype, lowest)
    outside = "constant" if border == "ignore" else border
    row_sources, column_sources = rows.sources(outside), columns.sources(outside)
    marks = keys.marks(fill if border == "constant" else None, channels)
    tiles = tiling(rows, columns, channels, keys.word.itemsize)
    found = fewest_look_ups(runs, tiles.pitch, channels)
    (out,) = fresh_arrays((image.shape, image.dtype))
    words, target = keys.words(image), keys.words(out)
    layout = width, columns.before, width, runs.size[0] - 1, runs.size[1] - 1, tiles.pitch, tiles.strip_rows, tiles.tile

    def work(start: int, stop: int) -> None:
        strip = np.empty(tiles.scratch[0], keys.word)
        best = np.empty(tiles.strip_rows * tiles.pitch + tiles.slack, keys.word)
        _spread(words, target, row_sources, column_sources, marks, strip, best, *found, layout, start, stop)

    run_bands(work, height, grain=tiles.strip_rows)
    return out
