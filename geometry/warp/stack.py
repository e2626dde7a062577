"""Interpolation in a stack of frames, at a time of its own for every pixel."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES, Array, choice, dtype_name, finite_number, kernel_view, real_array
from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, floor, lanes, load, multiply_add, reinterpret, select, store
from geometry.memory import fresh_arrays
from geometry.warp.fill import fill_values
from geometry.warp.times import OUTSIDE, place_times

_GRAIN_PIXELS = 1 << 15
_STEP_PIXELS = 1 << 14  # scratch of so many pixels stays in the second-level cache
_ELEMENTS = 1 << 12
_REALS = {"u1": "f4", "u2": "f8", "i2": "f8", "i4": "f8", "f4": "f8", "f8": "f8"}
"""Type of the blend's arithmetic; float32 holds a byte with 16 bits to spare."""


class InterpolatedStack(NamedTuple):
    """One picture out of many frames.

    `image` (H, W) or (H, W, C) has the dtype of the frames; `mask` (H, W), bool, is True where the time lies between
    the first frame's and the last one's.
    """

    image: Array
    mask: Array


@inline
def _expand(weights, begin, pixels, channels, expanded):  # type: ignore[no-untyped-def]
    """The weight of a pixel for each of its channels."""
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    if channels == three:
        for i in range(pixels):
            w = weights[begin + i]
            expanded[three * i] = w
            expanded[three * i + one] = w
            expanded[three * i + two] = w
    else:
        for i in range(pixels):
            for c in range(channels):
                expanded[i * channels + c] = weights[begin + i]


@lanes
def _copy_block(source: Operand, at: Operand, out: Operand, to: Operand) -> None:
    store(out, to, load(source, at))


@lanes
def _blend_block(taps: Operand, e: Operand, room: Operand, weights: Operand, out: Operand, to: Operand) -> None:
    """Equal values give just that, and a value without weight gives nothing, be it NaN or infinite."""
    w = load(weights, e)
    a, b = (cast(load(taps, at), w.dtype) for at in (e, room + e))
    if taps.dtype.kind == "f":
        p, q = reinterpret(a, np.int64), reinterpret(b, np.int64)
        value = select(((p < q) | (p > q)) & (w > 0), (1 - w) * a + w * b, a)
    else:
        value = floor(multiply_add(b - a, w, a) + 0.5)
    store(out, to, cast(value, taps.dtype))


@inline
def _copy(source, at, size, out, to):  # type: ignore[no-untyped-def]
    """The last block overlaps the one before it."""
    block = np.uint64(LANES)
    if size < block:
        for e in range(size):
            out[to + e] = source[at + e]
    else:
        for e in range(np.uint64(0), size, block):
            begin = min(e, size - block)
            _copy_block(source, at + begin, out, to + begin)


@lanes
def _changes(indices: Operand, i: Operand, k: Operand, found: Operand) -> None:
    """Sixteen bytes, none of them set if the indices from i on are all k."""
    block = load(indices, i)
    store(found, 0, cast((block < k) | (block > k), np.uint8))


@inline
def _gather(frames, frame, at, indices, begin, pixels, channels, single, fill, room, taps, found):  # type: ignore[no-untyped-def]
    """The earlier taps of a chunk, and `room` further the later ones: runs of pixels between the same two frames."""
    i, one, block = np.uint64(0), np.uint64(1), np.uint64(LANES)
    while i < pixels:
        k, first = indices[begin + i], i
        i += one
        while i + block <= pixels:
            _changes(indices, begin + i, k, found)
            if found[0] | found[1] != 0:
                break
            i += block
        while i < pixels and indices[begin + i] == k:
            i += one
        to, size = first * channels, (i - first) * channels
        if k < 0:
            for e in range(size):
                taps[to + e] = taps[room + to + e] = fill[e % channels]
        else:
            now = np.int64(k)
            later = now if single else now + 1 if (now + 1) * frame < frames.size else 0
            _copy(frames, np.uint64(now * frame) + at + to, size, taps, to)
            _copy(frames, np.uint64(later * frame) + at + to, size, taps, room + to)


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, i4[::1], f8[::1], b1, {r}[::1], {t}[::1], {t}[::1], {t}[::1])"
        for t, r in _REALS.items()
    )
)
def _blend(frames, frame, channels, start, indices, weights, single, expanded, taps, fill, out):  # type: ignore[no-untyped-def]
    block, zero = np.uint64(LANES), np.uint64(0)
    room, pixel = np.uint64(expanded.size), np.uint64(channels)
    chunk = room // pixel
    found = np.zeros(2, np.uint64)
    for begin in range(zero, np.uint64(indices.size), chunk):
        pixels = min(chunk, np.uint64(indices.size) - begin)
        size, to = pixels * pixel, (np.uint64(start) + begin) * pixel
        _expand(weights, begin, pixels, pixel, expanded)
        _gather(frames, frame, to, indices, begin, pixels, pixel, single, fill, room, taps, found)
        if size < block:
            _blend_block(taps, zero, room, expanded, taps, room + room)
            _copy(taps, room + room, size, out, to)
        else:
            for e in range(zero, size, block):
                first = e if e + block <= size else size - block
                _blend_block(taps, first, room, expanded, out, to + first)


def _stack(frames: ArrayLike) -> Array:
    """(N, H, W, C), ready for a kernel."""
    array = np.asarray(frames)
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    if array.ndim not in (3, 4):
        raise InvalidInput("frames", f"must have shape (N, H, W) or (N, H, W, C), came as {array.shape}")
    if 0 in array.shape:
        raise InvalidInput("frames", f"must not be empty, came as {array.shape}")
    if dtype_name(array.dtype) not in PIXEL_DTYPES:
        raise InvalidInput("frames", f"must be one of {', '.join(PIXEL_DTYPES)}; came as {array.dtype}")
    return kernel_view(array if array.ndim == 4 else array[..., np.newaxis])


def _period(period: float | None, outside: str, frames: int, stamps: Array) -> float:
    if period is not None and outside != "wrap":
        raise InvalidInput("period", f"has a meaning only where outside is wrap, which is {outside!r}")
    span = float(stamps[-1] - stamps[0]) if stamps.size else frames - 1.0
    if period is not None:
        period = finite_number(period, "period")
        if period <= span:
            raise InvalidInput("period", f"must be above {span}, the time from first to last frame; came as {period}")
        return period
    if outside != "wrap":
        return span + 1.0
    if stamps.size == 1:
        raise InvalidInput("period", "is required for a single timestamp")
    return span + (span / (frames - 1) if stamps.size else 1.0)


def interpolate_stack(
    frames: ArrayLike,
    time: ArrayLike,
    *,
    timestamps: ArrayLike | None = None,
    interpolation: str = "linear",
    outside: str = "clamp",
    period: float | None = None,
    fill: ArrayLike = 0,
) -> InterpolatedStack:
    """Blend, at each pixel, the two frames around the pixel's own time.

    `image[y, x] = (1 − w) frames[k, y, x] + w frames[k + 1, y, x]` with `t = time[y, x]`, `s_k ≤ t < s_{k+1}` and
    `w = (t − s_k) / (s_{k+1} − s_k)`, where s are the timestamps: 0, 1, 2, … by default.

    Only the two frames are read, so the cost does not depend on how many there are.

    Parameters
    ----------
    frames
        (N, H, W) or (N, H, W, C), N, C ≥ 1; uint8, uint16, int16, int32, float32 or float64.
    time
        (H, W), real: in the unit of the timestamps, or a fractional frame index. NaN: no time, the pixel gets the fill.
    timestamps
        (N,), strictly increasing, finite: when each frame was taken.
    interpolation
        `linear`, or `nearest`: the frame that is closer in time, the later one at the middle. Integers are rounded to
        the nearest, ties up. A frame of zero weight has no influence, be it NaN.
    outside
        For times before the first frame or after the last one: `clamp` (that frame), `wrap` (the stack repeats itself
        for ever), or `mask` (the fill).
    period
        Of `wrap`: time from the first frame to its repetition, above that to the last frame; times in between blend
        the last frame with the first. Default: N, or with timestamps N / (N − 1) times their span.
    fill
        A number, or one per channel, representable in the frames' dtype.

    Returns
    -------
    InterpolatedStack
        `image` and `mask`; a pixel of the mask is True if its time lies from the first frame's to the last one's,
        whatever `outside` says. Infinite times are outside: no period holds them.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    """
    stack = _stack(frames)
    count, height, width, channels = stack.shape
    real_time = "float32" if getattr(time, "dtype", None) == np.float32 else "float64"
    times = real_array(time, "time", (height, width), dtype=real_time, finite=False).reshape(-1)
    choice(interpolation, "interpolation", ("nearest", "linear"))
    choice(outside, "outside", OUTSIDE)
    stamps = np.empty(0) if timestamps is None else real_array(timestamps, "timestamps", (count,))
    later = stamps[1:] > stamps[:-1]
    if not later.all():
        place = int(np.argmin(later)) + 1
        raise InvalidInput(f"timestamps/{place}", "must be later than the one before")
    if stamps.size and not math.isfinite(4 * (float(stamps[-1]) - float(stamps[0]))):
        raise InvalidInput("timestamps", "must not span more than float64 holds")
    cycle = _period(period, outside, count, stamps)
    filling = fill_values(fill, stack.dtype, channels)
    image, mask = fresh_arrays(((height * width * channels,), stack.dtype), ((height * width,), np.dtype(np.bool_)))
    flat, frame = stack.reshape(-1), height * width * channels
    real = np.float32 if stack.dtype == np.uint8 else np.float64
    nearest = interpolation == "nearest"

    def work(start: int, stop: int) -> None:
        settled, weights = np.empty((2, _STEP_PIXELS))
        indices = np.empty(_STEP_PIXELS, np.int32)
        expanded = np.zeros(max(_ELEMENTS, channels), real)
        taps = np.zeros(2 * expanded.size + LANES, stack.dtype)
        for begin in range(start, stop, _STEP_PIXELS):
            end = min(begin + _STEP_PIXELS, stop)
            now = times[begin:end].astype(np.float64, copy=False)
            k, w = indices[: end - begin], weights[: end - begin]
            place_times(
                now,
                count,
                stamps,
                period=cycle,
                outside=outside,
                nearest=nearest,
                settled=settled,
                indices=k,
                weights=w,
                mask=mask[begin:end],
            )
            _blend(flat, frame, channels, begin, k, w, nearest, expanded, taps, filling, image)

    run_bands(work, height * width, grain=_GRAIN_PIXELS)
    shape = (height, width) if np.ndim(frames) == 3 else (height, width, channels)
    return InterpolatedStack(image.reshape(shape), mask.reshape(height, width))
