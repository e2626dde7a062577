"""Sums over windows in time that hardly grows with them: sums over 2 p taps are two over p taps."""

from collections.abc import Callable

import numpy as np

from geometry.bands import run_bands, threads
from geometry.filters.extrema import reachable
from geometry.filters.window import Axis
from geometry.inputs import Array

_STRIP_NUMBERS = 2**17


def window_sums(
    frames: Array, rows: Axis, columns: Axis, finish: Callable[[Array, int, int], None], power: float
) -> None:
    """Sum `|pixel|^power` over every window, or the pixels themselves where `power` is 0, and hand strips on.

    Parameters
    ----------
    frames
        (N, H, W, C).
    rows, columns
        How windows lie; outside counts nothing.
    finish
        Called with sums (rows, w, C), float64, the frame's number and the first row's; for every strip once.
    """
    count, channels = len(frames), frames.shape[3]
    rows, columns = reachable(rows, 0), reachable(columns, 0)
    sources = rows.sources("constant")
    span = (rows.taps - 1) * rows.dilation + 1
    height = min(rows.places, max(1, (_STRIP_NUMBERS // (columns.padded * channels) - span) // rows.stride + 1))
    strips = -(-rows.places // height)

    def add_up(number: int) -> None:
        frame, first = number // strips, number % strips * height
        places = min(height, rows.places - first)
        begin = first * rows.stride
        strip = _strip(frames[frame], sources[begin : begin + (places - 1) * rows.stride + span], columns, power)
        down = _sums(strip, rows._replace(places=places))
        finish(_sums(down.swapaxes(0, 1), columns).swapaxes(0, 1), frame, first)

    def work(start: int, stop: int) -> None:
        with np.errstate(all="ignore"):
            for number in range(start, stop):
                add_up(number)

    run_bands(work, count * strips)


def sums_bytes(rows: Axis, columns: Axis, channels: int) -> int:
    """What the threads hold: a strip, its doublings, and its sums."""
    rows, columns = reachable(rows, 0), reachable(columns, 0)
    strip = ((rows.taps - 1) * rows.dilation + rows.stride) * columns.padded * channels
    return threads() * 32 * max(_STRIP_NUMBERS, strip) + 32 * (rows.padded + columns.padded)


def _strip(frame: Array, sources: Array, columns: Axis, power: float) -> Array:
    """Rows of the padded frame as float64, zero outside."""
    strip = np.zeros((len(sources), columns.padded, frame.shape[2]))
    inside = np.flatnonzero(sources >= 0)
    left = max(columns.before, 0)
    skipped = left - columns.before
    width = min(columns.padded - left, columns.length - skipped)
    if len(inside) and width > 0:
        part = frame[sources[inside[0]] : sources[inside[-1]] + 1, skipped : skipped + width]
        strip[inside[0] : inside[-1] + 1, left : left + width] = np.abs(part.astype(float)) ** power if power else part
    return strip


def _sums(array: Array, axis: Axis) -> Array:
    """Sums of `taps` rows, `dilation` apart, for every place: of the doublings that add up to the taps."""
    reach, begin, total = array, 0, None
    length, needed = 1, (axis.places - 1) * axis.stride + 1
    while True:
        if axis.taps & length:
            part = reach[begin : begin + needed : axis.stride]
            total = part.copy() if total is None else np.add(total, part, out=total)
            begin += length * axis.dilation
        length *= 2
        if length > axis.taps:
            return array[:0] if total is None else total
        shift = length // 2 * axis.dilation
        reach = reach[:-shift] + reach[shift:]
