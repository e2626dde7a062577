"""Means over a slice of the first axis around an index that every element has for itself."""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, kernel_view
from geometry.kernel import kernel

_GRAIN_VALUES = 2**18
_FAR = 2**62


class WindowMean(NamedTuple):
    """Means and how many values each is made of."""

    mean: Array
    """The shape of `values` without its first axis, float64; NaN where the slice is empty."""
    counts: Array
    """The shape of `centers`, int64."""


@kernel("void({T}[:,:,::1], i8[::1], f8[:,::1], i8[::1], i8, i8, i8)", types=("f8", "f4"))
def _means(values, centers, means, counts, radius, start, stop):  # type: ignore[no-untyped-def]
    for i in range(start, stop):
        first = max(centers[i] - radius, 0)
        last = min(centers[i] + radius + 1, values.shape[0])
        counts[i] = max(last - first, 0)
        for c in range(values.shape[2]):
            means[i, c] = 0.0
        for t in range(first, last):
            for c in range(values.shape[2]):
                means[i, c] += np.float64(values[t, i, c])
        for c in range(values.shape[2]):
            means[i, c] = means[i, c] / np.float64(counts[i]) if counts[i] > 0 else np.nan


def window_mean(values: ArrayLike, centers: ArrayLike, *, radius: int) -> WindowMean:
    """Average the entries around an index of its own for every element.

    `mean[i, …] = mean of values[t, i, …] for max(0, centers[i] − radius) ≤ t ≤ min(L − 1, centers[i] + radius)`

    Parameters
    ----------
    values
        Shape (L, *S, *C), real: the slices run along the first axis.
    centers
        Shape S, whole numbers; one index for each element, and for all of its trailing axes C.
    radius
        ≥ 0, entries on either side. Slices are clipped at the ends and divided by what is left of them.

    Returns
    -------
    WindowMean
        mean (*S, *C), counts S. Where a center lies so far outside that nothing is left, mean is NaN and the count 0.

    Raises
    ------
    InvalidInput
        `values` is not real or has no axis; `centers` are not whole, or their shape is not that of the axes behind the
        first; `radius` is negative.
    """
    if radius < 0:
        raise InvalidInput("radius", f"must be ≥ 0, came as {radius}")
    data, places = _read(values, "values", "biuf"), _read(centers, "centers", "iu")
    if data.ndim == 0:
        raise InvalidInput("values", "must have one axis at least")
    if data.shape[1 : 1 + places.ndim] != places.shape:
        raise InvalidInput(
            "centers", f"have shape {places.shape}, the axes of values behind the first are {data.shape[1:]}"
        )
    trailing = data.shape[1 + places.ndim :]
    elements = places.size
    dtype = np.float32 if data.dtype == np.float32 else np.float64
    stack = kernel_view(data.astype(dtype, copy=False).reshape(data.shape[0], elements, prod(trailing)))
    near = np.clip(places.reshape(-1).astype(np.float64 if places.dtype == np.uint64 else np.int64), -_FAR, _FAR)
    flat = kernel_view(near.astype(np.int64))
    mean, count = np.empty((elements, prod(trailing))), np.empty(elements, np.int64)
    reach = min(int(radius), _FAR // 2)
    cost = max(1, prod(trailing) * min(2 * reach + 1, max(1, data.shape[0])))
    run_bands(
        lambda start, stop: _means(stack, flat, mean, count, reach, start, stop),
        elements,
        grain=max(1, _GRAIN_VALUES // cost),
    )
    return WindowMean(mean.reshape((*places.shape, *trailing)), count.reshape(places.shape))


def _read(value: ArrayLike, name: str, kinds: str) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidInput(name, f"is not a rectangular array: {error}") from None
    if array.dtype.kind not in kinds and not (array.size == 0 and array.dtype.kind == "f"):
        wanted = "real" if "f" in kinds else "whole"
        raise InvalidInput(name, f"must hold {wanted} numbers, came as {array.dtype}")
    return array
