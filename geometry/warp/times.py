"""Where the times of pixels lie among the frames of a stack."""

import numpy as np

from geometry.inputs import Array
from geometry.kernel import inline, kernel

OUTSIDE = ("clamp", "wrap", "mask")
_CLAMP, _WRAP, _MASK = range(3)


@inline
def _repeated(t, first, period):  # type: ignore[no-untyped-def]
    """The time within the first period; NaN for infinite times."""
    if not abs(t) < np.inf:
        return np.nan
    t = first + (t - first) % period
    return t if t < first + period else first


@inline
def _settle(time, count, first, last, period, outside, settled, mask):  # type: ignore[no-untyped-def]
    """Times inside the stack, or NaN for the fill."""
    below, above = (first, last) if outside == _CLAMP else (np.nan, np.nan)
    inside = 0
    for i in range(np.uint64(count)):
        t = time[i]
        within = (t >= first) & (t <= last)
        mask[i] = within
        inside += within
        t = below if t < first else t
        settled[i] = above if t > last else t
    if outside == _WRAP and inside < count:
        for i in range(np.uint64(count)):
            if not mask[i]:
                settled[i] = _repeated(time[i], first, period)


@inline
def _by_index(settled, count, frames, gap, indices, weights):  # type: ignore[no-untyped-def]
    last, per_gap = frames - 1.0, 1.0 / gap
    for i in range(np.uint64(count)):
        t = settled[i]
        known = t if t == t else 0.0
        whole = np.floor(known)
        whole = min(last, whole)
        rest = known - whole
        indices[i] = np.int32(whole if t == t else -1.0)
        weights[i] = rest if whole < last else rest * per_gap


@inline
def _by_stamp(settled, count, stamps, gap, indices, weights):  # type: ignore[no-untyped-def]
    """The interval of the pixel before is tried first: time maps are smooth."""
    frames = stamps.size
    k = 0
    for i in range(np.uint64(count)):
        t = settled[i]
        if t != t:  # NaN
            indices[i] = -1
            weights[i] = 0.0
            continue
        if t < stamps[k] or (k + 1 < frames and t >= stamps[k + 1]):
            k, end = 0, frames
            while end - k > 1:
                middle = (k + end) // 2
                if t < stamps[middle]:
                    end = middle
                else:
                    k = middle
        length = stamps[k + 1] - stamps[k] if k + 1 < frames else gap
        indices[i] = k
        weights[i] = (t - stamps[k]) / length


@inline
def _nearest(count, frames, indices, weights):  # type: ignore[no-untyped-def]
    for i in range(np.uint64(count)):
        if weights[i] >= 0.5:
            indices[i] = indices[i] + 1 if indices[i] + 1 < frames else 0
        weights[i] = 0


@kernel("void(f8[::1], i8, f8[::1], f8, i8, b1, f8[::1], i4[::1], f8[::1], b1[::1])")
def _place(time, frames, stamps, period, outside, nearest, settled, indices, weights, mask):  # type: ignore[no-untyped-def]
    """The frame before and the weight of the frame after, for every pixel; −1 for the fill."""
    count = time.size
    first, last = (stamps[0], stamps[frames - 1]) if stamps.size > 0 else (0.0, frames - 1.0)
    gap = period - (last - first)
    _settle(time, count, first, last, period, outside, settled, mask)
    if stamps.size > 0:
        _by_stamp(settled, count, stamps, gap, indices, weights)
    else:
        _by_index(settled, count, frames, gap, indices, weights)
    if nearest:
        _nearest(count, frames, indices, weights)


def place_times(
    time: Array,
    frames: int,
    stamps: Array,
    *,
    period: float,
    outside: str,
    nearest: bool,
    settled: Array,
    indices: Array,
    weights: Array,
    mask: Array,
) -> None:
    """Write the frame before each time and the weight of the frame after; index −1 where there is no time.

    Parameters
    ----------
    time
        (P,) float64.
    stamps
        (N,) float64, increasing; empty for 0, 1, 2, …
    period, outside, nearest
        As `interpolate_stack` takes them; period in any case, above the span of the frames.
    settled
        (≥ P,) float64, scratch.
    indices, weights, mask
        (P,) int32, float64, bool.
    """
    _place(time, frames, stamps, period, OUTSIDE.index(outside), nearest, settled, indices, weights, mask)
