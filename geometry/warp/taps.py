"""The value between pixels: rows of taps as vectors, any pixel type, any number of channels.

The taps of a row and their channels lie side by side in memory. Up to four channels, one load takes the row: rows are
added up with their weights, then neighbours; lanes beyond the taps hold what follows in memory and are dropped. More
channels are worked on in groups, tap by tap. Results are written with up to three lanes too many, which the next pixel
overwrites.
"""

from collections.abc import Callable

import numpy as np

from geometry.kernel import inline
from geometry.lanes import LANES, Operand, cast, lanes, load, multiply_add, pick, store

OVERSHOOT = 2 * LANES
"""Elements that a load may reach beyond the last tap of a pixel."""


def _upwards(number: int) -> int:
    return 1 << (number - 1).bit_length()


def _blended_rows(
    source: Operand, address: Operand, stride: Operand, width: int, i: Operand, taps: int, down: Operand
) -> Operand:
    rows = [cast(load(source, address + stride * row, width), down.dtype) for row in range(taps)]
    if taps == 2:
        return multiply_add(rows[1] - rows[0], load(down, i, 1), rows[0])
    total = rows[0] * load(down, i * taps, 1)
    for row in range(1, taps):
        total = multiply_add(rows[row], load(down, i * taps + row, 1), total)
    return total


def _few_channels(taps: int, channels: int) -> Callable[..., None]:
    width, kept = _upwards(taps * channels), _upwards(channels)

    @lanes
    def sample(
        source: Operand, address: Operand, stride: Operand, i: Operand, across: Operand, down: Operand, values: Operand
    ) -> None:
        mixed = _blended_rows(source, address, stride, width, i, taps, down)
        if taps == 2:
            left = pick(mixed, range(kept))
            right = pick(mixed, [channels + min(c, channels - 1) for c in range(kept)])
            mixed = multiply_add(right - left, load(across, i, 1), left)
        else:
            weights = load(across, i * taps, taps)
            mixed = mixed * pick(weights, [min(lane // channels, taps - 1) for lane in range(width)])
            step = taps // 2
            while step:
                mixed = mixed + pick(mixed, [(lane + step * channels) % width for lane in range(width)])
                step //= 2
            mixed = pick(mixed, range(kept))
        store(values, i * channels, mixed)

    return sample


def _many_channels(taps: int, group: int) -> Callable[..., None]:
    @lanes
    def sample(
        source: Operand, address: Operand, stride: Operand, i: Operand, across: Operand, down: Operand, values: Operand,
        channels: Operand, first: Operand,
    ) -> None:  # fmt: skip
        total = None
        for tap in range(taps):
            column = _blended_rows(source, address + channels * tap + first, stride, group, i, taps, down)
            if taps == 2:
                total = column if total is None else multiply_add(column - total, load(across, i, 1), total)
            else:
                weight = load(across, i * taps + tap, 1)
                total = column * weight if total is None else multiply_add(column, weight, total)
        store(values, i * channels + first, total)

    return sample


_linear_1, _linear_2, _linear_3, _linear_4 = (_few_channels(2, channels) for channels in (1, 2, 3, 4))
_cubic_1, _cubic_2, _cubic_3, _cubic_4 = (_few_channels(4, channels) for channels in (1, 2, 3, 4))
_lanczos_1, _lanczos_2, _lanczos_3, _lanczos_4 = (_few_channels(8, channels) for channels in (1, 2, 3, 4))
_linear_by_4, _linear_by_16 = _many_channels(2, 4), _many_channels(2, 16)
_cubic_by_4, _cubic_by_16 = _many_channels(4, 4), _many_channels(4, 16)
_lanczos_by_4, _lanczos_by_16 = _many_channels(8, 4), _many_channels(8, 16)


@inline
def _few_linear(source, stride, channels, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    if channels == 3:
        for i in range(lo, hi):
            _linear_3(source, addresses[i], stride, i, across, down, values)
    elif channels == 1:
        for i in range(lo, hi):
            _linear_1(source, addresses[i], stride, i, across, down, values)
    elif channels == 4:
        for i in range(lo, hi):
            _linear_4(source, addresses[i], stride, i, across, down, values)
    else:
        for i in range(lo, hi):
            _linear_2(source, addresses[i], stride, i, across, down, values)


@inline
def _few_cubic(source, stride, channels, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    if channels == 3:
        for i in range(lo, hi):
            _cubic_3(source, addresses[i], stride, i, across, down, values)
    elif channels == 1:
        for i in range(lo, hi):
            _cubic_1(source, addresses[i], stride, i, across, down, values)
    elif channels == 4:
        for i in range(lo, hi):
            _cubic_4(source, addresses[i], stride, i, across, down, values)
    else:
        for i in range(lo, hi):
            _cubic_2(source, addresses[i], stride, i, across, down, values)


@inline
def _few_lanczos(source, stride, channels, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    if channels == 3:
        for i in range(lo, hi):
            _lanczos_3(source, addresses[i], stride, i, across, down, values)
    elif channels == 1:
        for i in range(lo, hi):
            _lanczos_1(source, addresses[i], stride, i, across, down, values)
    elif channels == 4:
        for i in range(lo, hi):
            _lanczos_4(source, addresses[i], stride, i, across, down, values)
    else:
        for i in range(lo, hi):
            _lanczos_2(source, addresses[i], stride, i, across, down, values)


@inline
def _group(source, stride, taps, channels, by_16, first, i, addresses, across, down, values):  # type: ignore[no-untyped-def]
    if taps == 2:
        if by_16:
            _linear_by_16(source, addresses[i], stride, i, across, down, values, channels, first)
        else:
            _linear_by_4(source, addresses[i], stride, i, across, down, values, channels, first)
    elif taps == 4:
        if by_16:
            _cubic_by_16(source, addresses[i], stride, i, across, down, values, channels, first)
        else:
            _cubic_by_4(source, addresses[i], stride, i, across, down, values, channels, first)
    elif by_16:
        _lanczos_by_16(source, addresses[i], stride, i, across, down, values, channels, first)
    else:
        _lanczos_by_4(source, addresses[i], stride, i, across, down, values, channels, first)


@inline
def sample_pixels(source, stride, taps, channels, lo, hi, addresses, across, down, values):  # type: ignore[no-untyped-def]
    """Write `values[channels i:]` of pixels `lo:hi`.

    Parameters
    ----------
    taps
        2, 4 or 8 an axis; `addresses` are those of the upper left ones.
    across, down
        Fractions, one a pixel, for 2 taps; else weights, `taps` a pixel.
    """
    begin, end = np.uint64(lo), np.uint64(hi)
    if channels > 4:
        group = 16 if channels >= 16 else 4
        for i in range(begin, end):
            for first in range(0, channels, group):
                _group(
                    source, stride, taps, channels, channels >= 16, min(first, channels - group), i, addresses, across,
                    down, values,
                )  # fmt: skip
    elif taps == 2:
        _few_linear(source, stride, channels, begin, end, addresses, across, down, values)
    elif taps == 4:
        _few_cubic(source, stride, channels, begin, end, addresses, across, down, values)
    else:
        _few_lanczos(source, stride, channels, begin, end, addresses, across, down, values)
