"""Pooling: one number for every window of an image."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.extrema import window_extrema
from geometry.filters.pooling.layouts import LAYOUTS, from_plane
from geometry.filters.pooling.places import extreme_places
from geometry.filters.pooling.quarters import in_quarters, quarter_extremes
from geometry.filters.pooling.sums import window_sums
from geometry.filters.pooling.windows import pooling_axes
from geometry.filters.window import Axis, Padding, Pair
from geometry.inputs import PIXEL_DTYPES, Array, choice, dtype_name, finite_number, kernel_view, rectangular
from geometry.memory import fresh_arrays

METHODS = ("max", "min", "mean", "lp")
OUTPUT_DTYPES = ("same", "float32", "float64")


class Pooled(NamedTuple):
    """What windows were reduced to."""

    image: Array
    """(h, w), (h, w, C) or (N, h, w, C), as the image came."""
    indices: Array | None
    """The same shape, int64: where each maximum or minimum is; none if they were not asked for."""


def pool(
    image: ArrayLike,
    window: Pair,
    *,
    method: str = "max",
    stride: Pair | None = None,
    dilation: Pair = 1,
    padding: Padding = "valid",
    ceil_mode: bool = False,
    indices: bool | str = False,
    count_padding: bool = False,
    p: float = 2.0,
    output_dtype: str = "same",
) -> Pooled:
    """Reduce the windows of an image to their maximum, minimum, mean or p-norm.

    `out[y, x, c] = max_ij image[y·sy + i·dy - top, x·sx + j·dx - left, c]` over i < kh, j < kw, and likewise `min`;
    `mean`: the sum of the same pixels over their number; `lp`: `(Σ |pixel|^p)^(1/p)`.

    Parameters
    ----------
    image
        (H, W), (H, W, C) or (N, H, W, C), uint8, uint16, int16, int32, float32 or float64.
    window
        Pixels ≥ 1: one number or (kh, kw).
    method
        `max`, `min`, `mean` or `lp`.
    stride, dilation
        Step between windows, by default the window, and between taps, pixels ≥ 1: one number or (y, x).
    padding
        `valid`: only windows inside the image; `same`: ceil(H / stride) windows, the smaller half of the padding on top
        and left, as TensorFlow; or [[top, bottom], [left, right]], pixels ≥ 0. Padding never wins and is no pixel.
    ceil_mode
        Round the number of windows up: the last may reach beyond the padding, but begins inside the image or before.
    indices
        Where the maximum or minimum is, the first of equal ones row by row: `plane` (or True), `y·W + x`;
        `plane_channels`, `(y·W + x)·C + c`; `window`, `i·kw + j`. -1 where a window has no pixel.
    count_padding
        Whether the mean divides by the pixels of the padding, too (not by those that `ceil_mode` adds).
    p
        Order of the norm, > 0.
    output_dtype
        `same` as the image (integers round half to even, and saturate), `float32` or `float64`.

    Returns
    -------
    Pooled
        image, indices. A window without a pixel gives the value that never wins (the lowest of the dtype, or −inf, for
        max), NaN (0 of integers) as a mean, 0 as a norm. NaN passes into every window that it lies in; its index is
        that of the first.

    Raises
    ------
    InvalidInput
        An argument is not as above; the window is larger than the image and its padding; indices of what is neither
        maximum nor minimum; 2^32 pixels or more, or 2^31 numbers of float64, where indices are asked for.

    Notes
    -----
    Maxima and minima take about the same time for every window. Indices take two to five times as long; of float64
    images, a sort of all pixels besides. Means and norms add up in float64, in time that grows with the logarithm.
    """
    frames = frames_of(image)
    choice(method, "method", METHODS)
    layout = index_layout(indices, method)
    output = _output_dtype(frames.dtype, method, output_dtype)
    order = finite_number(p, "p")
    if order <= 0:
        raise InvalidInput("p", f"must be > 0, came as {order:g}")
    if count_padding and method != "mean":
        raise InvalidInput("count_padding", "concerns the mean only")
    rows, columns = pooling_axes(
        frames.shape[1:3], window, stride=stride, dilation=dilation, padding=padding, ceil_mode=ceil_mode
    )
    places = None
    if method in ("max", "min"):
        if layout is None and in_quarters(frames, rows, columns):
            pixels = quarter_extremes(frames, rows, columns, lowest=method == "min")
        elif layout is None:
            pixels = window_extrema(frames, rows, columns, lowest=method == "min")
        else:
            pixels, plane = extreme_places(frames, rows, columns, lowest=method == "min")
            places = from_plane(plane, layout, frames.shape[2], rows, columns)
        pixels = pixels.astype(output, copy=False)
    elif method == "mean":
        pixels = _means(frames, rows, columns, _margins(padding) if count_padding else None, output)
    else:
        pixels = _norms(frames, rows, columns, order, output)
    shape = _result_shape(np.shape(image), rows, columns)
    return Pooled(pixels.reshape(shape), None if places is None else places.reshape(shape))


def pooled_shape(
    image_shape: Sequence[int],
    window: Pair,
    *,
    stride: Pair | None = None,
    dilation: Pair = 1,
    padding: Padding = "valid",
    ceil_mode: bool = False,
) -> tuple[int, ...]:
    """Shape of what `pool` returns, computed from shapes alone; arguments as there.

    Raises
    ------
    InvalidInput
        A shape or a window is not as there.
    """
    shape = tuple(image_shape)
    if len(shape) not in (2, 3, 4) or min(shape) < 1:
        raise InvalidInput("image_shape", f"must be (H, W), (H, W, C) or (N, H, W, C), all ≥ 1, came as {shape}")
    size = shape[1:3] if len(shape) == 4 else shape[:2]
    rows, columns = pooling_axes(size, window, stride=stride, dilation=dilation, padding=padding, ceil_mode=ceil_mode)
    return _result_shape(shape, rows, columns)


def index_layout(indices: bool | str, method: str) -> str | None:
    """The layout that is asked for; none for none."""
    if indices is False:
        return None
    if method not in ("max", "min"):
        raise InvalidInput("indices", f"a {method} is nowhere; only max and min have places")
    return "plane" if indices is True else choice(indices, "indices", LAYOUTS)


def frames_of(image: ArrayLike, name: str = "image") -> Array:
    """An image or several as (N, H, W, C)."""
    array = rectangular(image, name)
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    if array.ndim not in (2, 3, 4) or 0 in array.shape:
        raise InvalidInput(name, f"must be (H, W), (H, W, C) or (N, H, W, C), all ≥ 1, came as {array.shape}")
    if dtype_name(array.dtype) not in PIXEL_DTYPES:
        raise InvalidInput(name, f"must be one of {', '.join(PIXEL_DTYPES)}; came as {array.dtype}")
    array = array[:, :, np.newaxis] if array.ndim == 2 else array
    return kernel_view(array if array.ndim == 4 else array[np.newaxis])


def _output_dtype(image: np.dtype[Any], method: str, name: str) -> np.dtype[Any]:
    if choice(name, "output_dtype", OUTPUT_DTYPES) == "same":
        return image
    if method in ("max", "min"):
        raise InvalidInput("output_dtype", f"a {method} is one of the pixels and stays of their dtype")
    return np.dtype(name)


def _result_shape(image_shape: Sequence[int], rows: Axis, columns: Axis) -> tuple[int, ...]:
    size = rows.places, columns.places
    return (image_shape[0], *size, image_shape[3]) if len(image_shape) == 4 else (*size, *image_shape[2:])


def _margins(padding: Padding) -> tuple[float, float]:
    """Padding below and to the right that counts; unbounded for `same`."""
    if isinstance(padding, str):
        return (math.inf, math.inf) if padding == "same" else (0.0, 0.0)
    return float(padding[0][1]), float(padding[1][1])


def _counts(axis: Axis, after: float | None) -> Array:
    """How many taps of each place lie on the axis, or on the axis and its padding of `after` behind."""
    low, high = (0.0, axis.length) if after is None else (-float(axis.before), axis.length + after)
    begins = np.arange(axis.places) * axis.stride - axis.before
    first = np.maximum(np.ceil((low - begins) / axis.dilation), 0)
    last = np.minimum(np.ceil((high - begins) / axis.dilation), axis.taps)
    numbers: Array = np.maximum(last - first, 0)
    return numbers


def _means(frames: Array, rows: Axis, columns: Axis, after: tuple[float, float] | None, output: np.dtype[Any]) -> Array:
    (out,) = fresh_arrays(((len(frames), rows.places, columns.places, frames.shape[3]), output))
    down = _counts(rows, None if after is None else after[0])
    across = _counts(columns, None if after is None else after[1])

    def finish(sums: Array, frame: int, first: int) -> None:
        numbers = down[first : first + len(sums), np.newaxis] * across
        out[frame, first : first + len(sums)] = _stored(sums / numbers[:, :, np.newaxis], output)

    window_sums(frames, rows, columns, finish, 0)
    return out


def _norms(frames: Array, rows: Axis, columns: Axis, order: float, output: np.dtype[Any]) -> Array:
    (out,) = fresh_arrays(((len(frames), rows.places, columns.places, frames.shape[3]), output))

    def finish(sums: Array, frame: int, first: int) -> None:
        out[frame, first : first + len(sums)] = _stored(sums ** (1 / order), output)

    window_sums(frames, rows, columns, finish, order)
    return out


def _stored(values: Array, output: np.dtype[Any]) -> Array:
    if output.kind == "f":
        return values
    info = np.iinfo(output)
    whole: Array = np.clip(np.rint(np.nan_to_num(values, posinf=info.max)), info.min, info.max)
    return whole
