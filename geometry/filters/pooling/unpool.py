"""Unpooling: numbers back to the places that they came from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.pooling.layouts import LAYOUTS, to_plane
from geometry.filters.pooling.pool import frames_of
from geometry.filters.pooling.windows import pooling_axes
from geometry.filters.window import Axis, Padding, Pair
from geometry.inputs import Array, choice, rectangular

DUPLICATES = ("last", "first", "max", "sum", "mean")


def unpool(
    pooled: ArrayLike,
    indices: ArrayLike,
    *,
    shape: Sequence[int],
    layout: str = "plane",
    duplicates: str = "last",
    window: Pair | None = None,
    stride: Pair | None = None,
    dilation: Pair = 1,
    padding: Padding = "valid",
    ceil_mode: bool = False,
) -> Array:
    """Put pooled numbers back where they came from, into an image of zeros.

    `out[indices[y, x, c], c] = pooled[y, x, c]`; the inverse of a max pool but for the pixels that were not chosen.

    Parameters
    ----------
    pooled
        (h, w), (h, w, C) or (N, h, w, C), one of the pixel dtypes.
    indices
        The same shape, whole numbers, as `pool` gives them; -1 is nowhere.
    shape
        (H, W) of the image.
    layout
        Of the indices: `plane`, `plane_channels` or `window`.
    duplicates
        What a place gets that several windows chose: their `last` number or the `first` row by row, their `max`
        (NaN wins), `sum` (integers saturate) or `mean` (integers round half to even); both add up in float64.
    window, stride, dilation, padding, ceil_mode
        As they were for `pool`; for the layout `window` only, which says nothing without them.

    Returns
    -------
    Array
        (H, W), (H, W, C) or (N, H, W, C), of the pooled dtype.

    Raises
    ------
    InvalidInput
        An argument is not as above; an index lies outside of the image, named with its place.
    """
    numbers, choices = frames_of(pooled, "pooled"), _indices(indices, np.shape(pooled))
    choice(layout, "layout", LAYOUTS)
    choice(duplicates, "duplicates", DUPLICATES)
    size = _size(shape)
    rows, columns = _axes(size, numbers.shape[1:3], layout, window, stride, dilation, padding, ceil_mode)
    choices = choices.reshape(numbers.shape)
    places = to_plane(choices, layout, size[1], rows, columns)
    if (places < -1).any():
        place = np.argwhere((places < -1).reshape(np.shape(pooled)))[0]
        raise InvalidInput(
            "/".join(["indices", *map(str, place)]), f"lies outside of an image of {size[0]} × {size[1]}"
        )
    count, channels = len(numbers), numbers.shape[3]
    out = np.zeros((count, *size, channels), numbers.dtype)
    chosen = np.flatnonzero(places >= 0)
    frame, channel = chosen // (numbers.size // count), chosen % channels
    target = (frame * size[0] * size[1] + places.reshape(-1)[chosen]) * channels + channel
    _scatter(out.reshape(-1), target, numbers.reshape(-1)[chosen], duplicates)
    return out.reshape(size if np.ndim(pooled) == 2 else out.shape if np.ndim(pooled) == 4 else out.shape[1:])


def _scatter(out: Array, target: Array, numbers: Array, duplicates: str) -> None:
    """Write numbers to their places; numpy assigns in order, so that the last one stays."""
    if duplicates == "last":
        out[target] = numbers
    elif duplicates == "first":
        out[target[::-1]] = numbers[::-1]
    elif duplicates == "max":
        out[target] = numbers
        with np.errstate(invalid="ignore"):
            np.maximum.at(out, target, numbers)
    else:
        sums: Array = np.bincount(target, numbers, len(out))
        if duplicates == "mean":
            sums /= np.maximum(np.bincount(target, minlength=len(out)), 1)
        out[:] = (
            sums if out.dtype.kind == "f" else np.clip(np.rint(sums), np.iinfo(out.dtype).min, np.iinfo(out.dtype).max)
        )


def _indices(indices: ArrayLike, shape: Sequence[int]) -> Array:
    array = rectangular(indices, "indices")
    if array.dtype.kind not in "iu":
        raise InvalidInput("indices", f"must be whole numbers, came as {array.dtype}")
    if array.shape != tuple(shape):
        raise InvalidInput("indices", f"must have the shape of pooled, {tuple(shape)}, came as {array.shape}")
    if array.size and (array.min() < -1 or array.max() > np.iinfo(np.int64).max):
        raise InvalidInput("indices", "must be -1 or above, and below 2^63")
    return array.astype(np.int64)


def _size(shape: Sequence[int]) -> tuple[int, int]:
    try:
        height, width = (int(length) for length in shape)
    except (TypeError, ValueError):
        raise InvalidInput("shape", "must be (H, W)") from None
    if height < 1 or width < 1 or [height, width] != list(shape):
        raise InvalidInput("shape", f"must be whole numbers ≥ 1, came as {tuple(shape)}")
    return height, width


def _axes(
    size: tuple[int, int],
    places: Sequence[int],
    layout: str,
    window: Pair | None,
    stride: Pair | None,
    dilation: Pair,
    padding: Padding,
    ceil_mode: bool,
) -> tuple[Axis, Axis]:
    if layout != "window":
        if window is not None:
            raise InvalidInput("window", f"is for the layout `window`; `{layout}` needs none")
        return Axis(size[0], 1, 1, 1, 0, places[0]), Axis(size[1], 1, 1, 1, 0, places[1])
    if window is None:
        raise InvalidInput("window", "is needed for the layout `window`")
    rows, columns = pooling_axes(size, window, stride=stride, dilation=dilation, padding=padding, ceil_mode=ceil_mode)
    if (rows.places, columns.places) != tuple(places):
        raise InvalidInput("window", f"has {rows.places} × {columns.places} places, pooled has {tuple(places)}")
    return rows, columns
