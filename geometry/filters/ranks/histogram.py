"""The byte of a given rank in every window of a rectangle, in time that hardly grows with it.

A histogram for each column moves down with the windows, one byte in and one out; the histogram of a window is the sum
of those of its columns and moves to the right, one column in and one out. Counts of 16 values together say which 16
values to look at; only those are brought up to date (S. Perreault and P. Hébert, *Median filtering in constant time*,
IEEE Transactions on Image Processing 16, 2007).
"""
# mypy: allow-untyped-defs, allow-untyped-calls

import numpy as np

from geometry.bands import run_bands
from geometry.filters.window import Axis
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

_TILE = 512
_BLOCK_ROWS = 128
_COARSE = 256
"""Where the counts of 16 values together begin in a histogram; those of single values come first."""


@inline
def _count_row(histograms, image, row, sources, fill, c, step):
    """Count one byte of each column in, or out."""
    for q in range(len(sources)):
        known = row >= 0 and sources[q] >= 0
        value = np.int64(image[row, sources[q], c]) if known else fill
        counts = histograms[q]
        counts[value] += step
        counts[_COARSE + (value >> 4)] += step


@inline
def _move(total, counts, begin, sign):
    for k in range(16):
        total[k] += sign * np.int32(counts[begin + k])


@inline
def _find(counts, rank):
    """The first place at which more than `rank` are counted, and how many are before it."""
    place, before = 0, 0
    while before + counts[place] <= rank:
        before += counts[place]
        place += 1
    return place, before


@inline
def _rank_row(target, c, histograms, coarse, fine, moved, span, rank):
    """The byte of each window of a row of columns."""
    plus = np.int32(1)
    coarse[:] = 0
    moved[:] = -span
    for q in range(span - 1):
        _move(coarse, histograms[q], _COARSE, plus)
    for x in range(len(target)):
        _move(coarse, histograms[x + span - 1], _COARSE, plus)
        group, before = _find(coarse, rank)
        counts, begin = fine[group], group * 16
        if x - moved[group] >= span:
            counts[:] = 0
            for q in range(x, x + span):
                _move(counts, histograms[q], begin, plus)
        else:
            for q in range(moved[group], x):
                _move(counts, histograms[q], begin, -plus)
                _move(counts, histograms[q + span], begin, plus)
        moved[group] = x
        target[x, c] = begin + _find(counts, rank - before)[0]
        _move(coarse, histograms[x], _COARSE, -plus)


@kernel(
    "void(u1[:,:,::1], u1[:,:,::1], i8[::1], i8[::1], i8[::1], i2[:,::1], i4[::1], i4[:,::1], i8[::1],"
    " UniTuple(i8, 5), i8, i8)"
)
def _rank_bytes(image, out, row_sources, column_sources, fill, histograms, coarse, fine, moved, layout, start, stop):
    height, span, rank, tile, block_rows = layout
    one = np.int16(1)
    for block in range(start, stop):
        first = block * block_rows
        for x0 in range(0, out.shape[1], tile):
            columns = min(tile, out.shape[1] - x0)
            sources = column_sources[x0 : x0 + columns + span - 1]
            for c in range(len(fill)):
                histograms[:] = 0
                for row in row_sources[first : first + height - 1]:
                    _count_row(histograms, image, row, sources, fill[c], c, one)
                for y in range(first, min(first + block_rows, len(out))):
                    _count_row(histograms, image, row_sources[y + height - 1], sources, fill[c], c, one)
                    _rank_row(out[y, x0 : x0 + columns], c, histograms, coarse, fine, moved, span, rank)
                    _count_row(histograms, image, row_sources[y], sources, fill[c], c, -one)


def rank_bytes(image: Array, rank: int, rows: Axis, columns: Axis, border: str, fill: Array) -> Array:
    """The byte of rank `rank`, from 0 for the lowest, of every rectangle of at most 32 767 rows.

    Parameters
    ----------
    image
        (H, W, C), uint8, C-contiguous.
    rows, columns
        How windows lie, at stride 1.

    Returns
    -------
    Array
        (H, W, C), uint8.
    """
    tile = max(1, min(image.shape[1], max(_TILE, columns.taps)))
    block_rows = max(_BLOCK_ROWS, rows.taps)
    (out,) = fresh_arrays((image.shape, image.dtype))
    row_sources, column_sources = rows.sources(border), columns.sources(border)
    layout, outside = (rows.taps, columns.taps, rank, tile, block_rows), fill.astype(np.int64)

    def work(start: int, stop: int) -> None:
        histograms = np.empty((tile + columns.taps - 1, _COARSE + 16), np.int16)
        _rank_bytes(
            image, out, row_sources, column_sources, outside, histograms, np.empty(16, np.int32),
            np.empty((16, 16), np.int32), np.empty(16, np.int64), layout, start, stop,
        )  # fmt: skip

    run_bands(work, -(-image.shape[0] // block_rows))
    return out
