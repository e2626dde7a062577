"""Greatest or lowest pixels of windows together with where they are.

Key and place share a word of 64 bits, the place counted down from the end, so that the greatest word is the first of
the pixels that win: windows are found as those of values alone are.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

from typing import NamedTuple

import numpy as np
from numba import literal_unroll

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.filters.extrema import double_down, reachable, slide, tiling, windows_along, windows_of
from geometry.filters.keys import FILL, Keys, key, pixel
from geometry.filters.pooling.quarters import in_quarters, quarter_extremes
from geometry.filters.window import Axis
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

_LAST = 2**32 - 1
_WORDS = ("uint8", "uint16", "int32")
"""Words that leave room for a place beside them."""


class Places(NamedTuple):
    """Extreme pixels and where they are."""

    pixels: Array
    """(N, h, w, C)."""
    places: Array
    """(N, h, w, C), int64: y · W + x; -1 where a window has no pixel."""


@inline
def _load(line, at, merged, images, origin, row, first, count, before, width, marks, steps):
    """Words of one row of a strip, or the greater of them and what is there; `steps[x]` is element x's column."""
    channels = len(marks) - FILL
    begin = end = 0
    if row >= 0:
        begin = min(max(before - first, 0), count)
        end = min(max(before + width - first, begin), count)
    if not merged:
        for x in range(begin * channels):
            line[at + x] = marks[FILL] << 32
        for x in range(end * channels, count * channels):
            line[at + x] = marks[FILL] << 32
    place = max(row * width + first + begin - before, 0)
    low = _LAST - place
    target, inside = np.uint64(at + begin * channels), np.uint64(origin + place * channels)
    for words in literal_unroll(images):
        if len(words) > 0:
            for x in range(np.uint64((end - begin) * channels)):
                word = (key(np.int64(words[inside + x]), marks) << 32) + (low - steps[x])
                line[target + x] = max(word, line[target + x]) if merged else word


@inline
def _store(outs, places, begin, line, stride, columns, channels, marks):
    """Pixels and places of every `stride`-th column of a line of words, which moves together in place."""
    count, target = np.uint64(columns * channels), np.uint64(begin)
    if stride > 1:
        width, step = np.uint64(channels), np.uint64(stride * channels)
        for c in range(width):
            for o in range(np.uint64(columns)):
                line[o * width + c] = line[o * step + c]
    for out in literal_unroll(outs):
        if len(out) > 0:
            for x in range(count):
                word = line[x]
                low = word & _LAST
                out[target + x] = pixel(word >> 32, marks)
                places[target + x] = _LAST - low if low > 0 else -1


@kernel(
    "void(Tuple((u1[::1], u2[::1], i4[::1])), Tuple((u1[::1], u2[::1], i4[::1])), i8[::1], i8[::1], i8[::1], i8[::1],"
    " i8[::1], i8[::1], i8[::1], UniTuple(i8, 8), UniTuple(i8, 6), UniTuple(i8, 6), i8, i8)"
)
def _extreme_places(
    images, outs, places, row_sources, marks, steps, strip, line, best, layout, vertical, horizontal, start, stop
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
            # Rows that few windows share need not be kept.
            apart = row_span <= 2 * row_stride and row_doublings == 0
            for s in range(0 if apart else loaded):
                row = row_sources[top * row_stride + s]
                _load(strip, s * pitch, False, images, origin, row, first, count, before, width, marks, steps)
            double_down(strip, pitch, 0 if apart else loaded, row_doublings, row_dilation)
            for r in range(rows):
                if apart:
                    for s in range(0, row_span, row_dilation):
                        row = row_sources[(top + r) * row_stride + s]
                        _load(line, 0, s > 0, images, origin, row, first, count, before, width, marks, steps)
                    windows_along(line, best, columns, channels, horizontal)
                else:
                    windows_of(strip, line, best, r, pitch, columns, channels, vertical, horizontal)
                _store(outs, places, ((y + r) * across + x0) * channels, best, stride, columns, channels, marks)
        y += rows


def extreme_places(frames: Array, rows: Axis, columns: Axis, *, lowest: bool) -> Places:
    """The greatest or lowest pixel of every window, the first of equal ones row by row, and its place.

    Parameters
    ----------
    frames
        (N, H, W, C), C-contiguous and native.
    rows, columns
        How windows lie; outside never wins.
    lowest
        Minima instead of maxima.

    Returns
    -------
    Places
        NaN wins, the first one; a window without a pixel has the value that never wins.

    Raises
    ------
    InvalidInput
        2^32 pixels a frame or more; float64: 2^31 numbers in all or more.
    """
    count, height, width, channels = frames.shape
    if height * width > _LAST:
        raise InvalidInput("indices", f"count at most 2^32 - 1 pixels of a frame, it has {height * width}")
    keys = Keys(frames.dtype, lowest)
    if keys.word.name not in _WORDS:
        return _by_rank(frames, keys, rows, columns)
    shape = count, rows.places, columns.places, channels
    if in_quarters(frames, rows, columns):
        (places,) = fresh_arrays((shape, np.dtype(np.int64)))
        return Places(quarter_extremes(frames, rows, columns, lowest=lowest, places=places), places)
    pixels, places = fresh_arrays((shape, frames.dtype), (shape, np.dtype(np.int64)))
    rows, columns = reachable(rows, 0), reachable(columns, 0)
    tiles = tiling(rows, columns, channels, 8)
    images, outs = (
        tuple(words if words.dtype == word else np.empty(0, word) for word in _WORDS)
        for words in (keys.words(frames), keys.words(pixels))
    )
    row_sources, marks = rows.sources("constant"), keys.marks(None, channels).astype(np.int64)
    steps = np.arange(tiles.pitch) // channels
    target, vertical, horizontal = places.reshape(-1), slide(rows), slide(columns)
    layout = height, width, columns.before, rows.places, columns.places, tiles.pitch, tiles.strip_rows, tiles.tile

    def work(start: int, stop: int) -> None:
        strip, line, best = (np.empty(size, np.int64) for size in tiles.scratch)
        _extreme_places(
            images,
            outs,
            target,
            row_sources,
            marks,
            steps,
            strip,
            line,
            best,
            layout,
            vertical,
            horizontal,
            start,
            stop,
        )

    run_bands(work, count * rows.places, grain=tiles.strip_rows)
    return Places(pixels, places)


def _by_rank(frames: Array, keys: Keys, rows: Axis, columns: Axis) -> Places:
    """Keys of 64 bits leave no room for a place: their ranks do."""
    if frames.size >= 2**31:
        raise InvalidInput("indices", f"of float64 images count at most 2^31 - 1 numbers, there are {frames.size}")
    ranks = np.unique(keys.encoded(frames), return_inverse=True)[1].astype(np.int32).reshape(frames.shape)
    places = extreme_places(ranks, rows, columns, lowest=False).places
    count, height, width, channels = frames.shape
    planes = frames.reshape(count, height * width, channels)
    flat = places.reshape(count, -1, channels)
    pixels = np.where(flat < 0, keys.loser, np.take_along_axis(planes, np.maximum(flat, 0), axis=1))
    return Places(pixels.reshape(places.shape), places)
