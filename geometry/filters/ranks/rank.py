"""Rank filters: medians, percentiles, minima and maxima of neighbourhoods."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.plan import border_fill
from geometry.filters.extrema import window_extrema
from geometry.filters.ranks.histogram import rank_bytes
from geometry.filters.ranks.selection import select_rank
from geometry.filters.window import Pair, pair, window_axes
from geometry.inputs import Array, choice, finite_number, pixels, rectangular

NAMED_RANKS = ("median", "min", "max")
LARGEST_SIDE = 4096
_MOST_TAPS = {1: 255, 2: 65_535}
_WIDER = {"uint8": "uint16", "uint16": "int32", "int16": "int32"}


def rank_filter(
    image: ArrayLike,
    window: Pair = 3,
    *,
    rank: int | str = "median",
    percentile: float | None = None,
    mask: ArrayLike | None = None,
    border: str = "reflect_101",
    fill: ArrayLike = 0,
) -> Array:
    """Take the pixel of a given rank among those of a window around every pixel.

    `out[y, x]` = the element number `rank`, counted from 0, of the sorted pixels
    `image[y + i - ⌊(h-1)/2⌋, x + j - ⌊(w-1)/2⌋]`, over all (i, j) of the window, or those where the mask is true.

    Parameters
    ----------
    image
        (H, W) or (H, W, C): uint8, uint16, int16, int32, float32 or float64; each channel on its own.
    window
        Pixels, 1 … 4096: one number or (h, w). An even one reaches one pixel further down and right.
    rank
        `median`: ⌊n/2⌋ of n pixels, the upper one of two; `min`, `max`; or a number from 0 to n - 1, negative ones
        count from the highest, -1.
    percentile
        Instead of `rank`: ⌊n · percentile / 100⌋, and n - 1 for 100; percent, 0 … 100.
    mask
        (h, w), true or not 0 for the pixels that belong to a window; takes the place of `window`.
    border
        What lies outside: `constant` (`fill`), `replicate` (as OpenCV's `medianBlur`), `reflect` (as SciPy),
        `reflect_101` or `wrap`, repeated as often as the window reaches.
    fill
        Constant outside, one number or one per channel; whole and within the dtype for an integer image.

    Returns
    -------
    Array
        Of the image's shape and dtype. Windows with a NaN in them give NaN, whatever the rank.

    Raises
    ------
    InvalidInput
        An argument is not as above; a rank that a window does not have; `rank` and `percentile` together.

    Notes
    -----
    Minima and maxima of rectangles take time that grows with the logarithm of their sides, and bytes of rectangles
    above 255 pixels the time of one histogram (S. Perreault and P. Hébert, 2007); medians 3×3 and 5×5 are
    sorting networks. Everything else is found bit by bit, in time proportional to n times the bits of the dtype.
    """
    array = pixels(image)
    member = _members(window, mask)
    number = _rank_number(rank, percentile, int(member.sum()))
    choice(border, "border", BORDERS)
    outside = border_fill(fill, array.shape[2], array.dtype)
    out = _ranked(array, member, number, border, outside)
    missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(1, np.bool_)
    unknown = np.isnan(outside)
    if missing.any() or (border == "constant" and unknown.any()):
        reached = _ranked(missing.view(np.uint8), member, int(member.sum()) - 1, border, unknown.astype(np.float64))
        out[reached > 0] = np.nan
    return out[:, :, 0] if np.ndim(image) == 2 else out


def _ranked(image: Array, member: Array, number: int, border: str, fill: Array) -> Array:
    rows, columns = window_axes(image.shape, member.shape, stride=1, dilation=1, padding="same")
    taps, full = int(member.sum()), bool(member.all())
    if full and number in (0, taps - 1):
        lowest = number == 0 and taps > 1
        frames: Array = window_extrema(image[np.newaxis], rows, columns, lowest=lowest, border=border, fill=fill)
        return np.asarray(frames[0])
    if full and image.dtype == np.uint8 and taps > _MOST_TAPS[1]:
        return rank_bytes(image, number, rows, columns, border, fill)
    if taps > _MOST_TAPS.get(image.itemsize, taps):
        wider = image.astype(_WIDER[image.dtype.name])
        return _ranked(wider, member, number, border, fill).astype(image.dtype)
    return select_rank(image, member, number, rows, columns, border, fill)


def _members(window: Pair, mask: ArrayLike | None) -> Array:
    """The pixels of a window as (kh, kw), bool."""
    if mask is None:
        shape = pair(window, "window")
        if max(shape) > LARGEST_SIDE:
            raise InvalidInput("window", f"must be at most {LARGEST_SIDE} pixels, came as {window}")
        return np.ones(shape, np.bool_)
    member = rectangular(mask, "mask")
    if member.ndim != 2 or member.dtype.kind not in "biuf" or 0 in member.shape:
        raise InvalidInput("mask", f"must be numbers of shape (h, w), came as {member.shape}, {member.dtype}")
    if max(member.shape) > LARGEST_SIDE:
        raise InvalidInput("mask", f"must be at most {LARGEST_SIDE} pixels, came as {member.shape}")
    if member.dtype.kind == "f" and np.isnan(member).any():
        raise InvalidInput("mask", "must not hold NaN")
    if not member.any():
        raise InvalidInput("mask", "must have a pixel that is not 0")
    return np.ascontiguousarray(member != 0)


def _rank_number(rank: int | str, percentile: float | None, taps: int) -> int:
    """The rank from 0 on among `taps` pixels."""
    if percentile is not None:
        if rank != "median":
            raise InvalidInput("percentile", "cannot be given together with rank")
        percent = finite_number(percentile, "percentile")
        if not 0 <= percent <= 100:
            raise InvalidInput("percentile", f"must be from 0 to 100, came as {percentile}")
        return min(taps - 1, int(taps * percent / 100))
    if isinstance(rank, str):
        return {"median": taps // 2, "min": 0, "max": taps - 1}[choice(rank, "rank", NAMED_RANKS)]
    number = finite_number(rank, "rank")
    if number != int(number) or not -taps <= number < taps:
        raise InvalidInput("rank", f"must be a whole number from {-taps} to {taps - 1} or a name, came as {rank}")
    return int(number) % taps
