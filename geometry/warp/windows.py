"""Rows of windows in an image, copied or blended: any pixel type, any number of channels, any border.

All pixels of a window have the same fractions, so that a row is blended element by element, whatever the channels are.
Rows that reach beyond the border are first laid out as if the image went on.
"""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel, routine
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, multiply_add, reinterpret, select, store
from geometry.warp.border import BORDERS, border_index
from geometry.warp.chunk import read_ahead

_CACHE_LINE = 64
_ROWS_AHEAD = 64
_ELEMENTS_AHEAD = 256
_REALS = {"u1": "f4", "u2": "f8", "i2": "f8", "i4": "f8", "f4": "f8", "f8": "f8"}
"""Type of the blend's arithmetic; float32 holds a byte with 16 bits to spare."""


@lanes
def _copy_block(source: Operand, at: Operand, out: Operand, to: Operand) -> None:
    store(out, to, load(source, at))


@lanes
def _blend_block(
    taps: Operand, upper: Operand, lower: Operand, right: Operand, across: Operand, down: Operand,
    out: Operand, to: Operand,
) -> None:  # fmt: skip
    """LANES elements from rows of taps at `upper` and `lower`; integers to the nearest, ties up."""

    def mixed(a: Operand, b: Operand, weight: Operand) -> Operand:
        if taps.dtype.kind != "f":
            return multiply_add(b - a, weight, a)
        # Equal bits give just that, be they infinite or without a tap beside them.
        p, q = reinterpret(a, np.int64), reinterpret(b, np.int64)
        return select((p < q) | (p > q), (1 - weight) * a + weight * b, a)

    a, b, c, d = (cast(load(taps, at), across.dtype) for at in (upper, upper + right, lower, lower + right))
    value = mixed(mixed(a, b, across), mixed(c, d, across), down)
    store(out, to, cast(floor(value + 0.5) if taps.dtype.kind != "f" else value, taps.dtype))


@inline
def _copy_row(source, at, size, out, to):  # type: ignore[no-untyped-def]
    """The last block overlaps the one before it."""
    block = np.uint64(LANES)
    if size < block:
        for e in range(size):
            out[to + e] = source[at + e]
    else:
        for e in range(np.uint64(0), size, block):
            begin = min(e, size - block)
            _copy_block(source, at + begin, out, to + begin)


@routine
def _blend_row(taps, upper, lower, right, across, down, size, out, to):  # type: ignore[no-untyped-def]
    """At least a block; the last one overlaps the one before it."""
    block = np.uint64(LANES)
    for e in range(np.uint64(0), size, block):
        begin = min(e, size - block)
        _blend_block(taps, upper + begin, lower + begin, right, across, down, out, to + begin)


@routine
def _stage(source, width, channels, row, x, columns, border, fill, out, to):  # type: ignore[no-untyped-def]
    """A row of the image as if it went on beyond its border; row −1 is the fill."""
    for i in range(np.uint64(columns)):
        column = border_index(x + np.int64(i), width, border)
        if row < 0 or column < 0:
            for c in range(channels):
                out[to + c] = fill[c]
        else:
            at = (row * width + column) * channels
            for c in range(channels):
                out[to + c] = source[at + c]
        to += channels


@inline
def _mark(mask, at, columns, begin, end):  # type: ignore[no-untyped-def]
    for i in range(columns):
        mask[at + i] = False
    for i in range(np.uint64(begin), np.uint64(end)):
        mask[at + i] = True


@inline
def _read_ahead(source, at, rows, stride, size):  # type: ignore[no-untyped-def]
    """Ask for the next patch while this one is copied: rows of a patch are too short to be foreseen."""
    line = max(_CACHE_LINE // source.itemsize, 1)
    for j in range(rows):
        for e in range(0, size, line):
            read_ahead(source, at + j * stride + e)
        read_ahead(source, at + j * stride + size)


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, f8[:,::1], i8, i8, i8, i8, i8, {t}[::1], {r}[::1], {t}[::1], {t}[::1], b1[::1])"
        for t, r in _REALS.items()
    )
)
def _crop(  # type: ignore[no-untyped-def]
    source, height, width, channels, firsts, rows, columns, start, stop, border, fill, weights, stage, out, mask
):
    size, block = np.uint64(columns * channels), np.uint64(LANES)
    room = np.uint64(stage.size - LANES)
    second, stride = np.uint64((columns + 1) * channels), width * channels
    begin, zero = start, np.uint64(0)
    while begin < stop:
        m = begin // rows
        end = min((m + 1) * rows, stop)
        left, top = np.floor(firsts[m, 0]), np.floor(firsts[m, 1])
        weights[0], weights[1] = firsts[m, 0] - left, firsts[m, 1] - top
        across, down = weights[0], weights[1]
        x, y = np.int64(left), np.int64(top)
        right, below = (1 if across != 0 else 0), (1 if down != 0 else 0)
        whole = right + below == 0
        lo = min(max(-x, 0), columns)
        hi = max(min(width - right - x, columns), lo)
        if m + 1 < firsts.shape[0]:
            ahead = int(firsts[m + 1, 1]) * stride + int(firsts[m + 1, 0]) * channels
            _read_ahead(source, ahead, min(rows, _ROWS_AHEAD), stride, min(columns * channels, _ELEMENTS_AHEAD))
        for row in range(begin, end):
            line = y + row - m * rows
            to = np.uint64(row) * size
            within = 0 <= line < height - below
            _mark(mask, np.uint64(row * columns), np.uint64(columns), lo if within else columns, hi)
            if within and lo == 0 and hi == columns and (whole or size >= block):
                at = np.uint64(line * stride + x * channels)
                if whole:
                    _copy_row(source, at, size, out, to)
                else:
                    under = at + np.uint64(below * stride)
                    _blend_row(source, at, under, np.uint64(right * channels), across, down, size, out, to)
                continue
            for side in range(2 - whole):
                index = border_index(line + side * below, height, border)
                _stage(source, width, channels, index, x, columns + right, border, fill, stage, side * second)
            if whole:
                _copy_row(stage, zero, size, out, to)
            elif size >= block:
                _blend_row(stage, zero, second, np.uint64(right * channels), across, down, size, out, to)
            else:
                _blend_row(stage, zero, second, np.uint64(right * channels), across, down, block, stage, room)
                _copy_row(stage, room, size, out, to)
        begin = end


def crop_rows(
    source: Array, firsts: Array, start: int, stop: int, out: Array, mask: Array, *, border: str, fill: Array
) -> None:
    """Write rows `start:stop` of all windows, counted through from the first window's first row.

    Parameters
    ----------
    source
        (H, W, C), any pixel dtype.
    firsts
        (M, 2) float64, |x|, |y| ≤ 2^52: where the first pixel of each window lies.
    out, mask
        (M, h, w, C) of the source's dtype, and (M, h, w) bool.
    fill
        (C,), the dtype of the source.
    """
    height, width, channels = source.shape
    _, rows, columns = mask.shape
    _crop(
        source.reshape(-1),
        height,
        width,
        channels,
        firsts,
        rows,
        columns,
        start,
        stop,
        BORDERS.index(border),
        fill,
        np.empty(2, np.float32 if source.dtype == np.uint8 else np.float64),
        np.zeros(2 * (columns + 1) * channels + 3 * LANES, source.dtype),
        out.reshape(-1),
        mask.reshape(-1),
    )
