"""Windows as rows of a matrix, and back: what turns a convolution into a matrix product."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike

from geometry.bands import interrupt_point, run_bands
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.convolve import batch
from geometry.filters.convolution.folding import fold_border
from geometry.filters.convolution.plan import border_fill
from geometry.filters.window import Axis, Padding, Pair, pair, window_axes
from geometry.inputs import Array, choice, real_array, rectangular
from geometry.memory import fresh_arrays

LAYOUTS = ("nhwc", "nchw")


def im2col(
    image: ArrayLike,
    window: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "valid",
    border: str = "constant",
    fill: ArrayLike = 0,
    layout: str = "nhwc",
) -> Array:
    """Lay out the window of every place of an image as a row of a matrix.

    `convolve(image, kernel, mode="correlation") = im2col(image) @ kernel.reshape(-1, Cout)`, by rows.

    Parameters
    ----------
    image
        (H, W), or (H, W, C) and (N, H, W, C) for the layout `nhwc`, (C, H, W) and (N, C, H, W) for `nchw`. uint8,
        uint16, int16, int32, float32 or float64.
    window
        (kh, kw) or one number for both.
    stride, dilation, padding, border, fill
        As for `convolve`, but `valid` by default.
    layout
        Order of the axes of the image, and of a row: (i, j, channel) for `nhwc`, (channel, i, j) for `nchw`.

    Returns
    -------
    Array
        (N·h·w, kh·kw·C), the image's dtype; rows in the order of image, y, x.

    Raises
    ------
    InvalidInput
        An argument is not as above; the window is larger than the image and its padding.
    """
    choice(layout, "layout", LAYOUTS)
    choice(border, "border", BORDERS)
    images = batch(_channels_last(image, layout))
    kh, kw = pair(window, "window")
    rows, columns = window_axes(images.shape[1:3], (kh, kw), stride=stride, dilation=dilation, padding=padding)
    count, channels = len(images), images.shape[3]
    constant = border_fill(fill, channels, images.dtype).astype(images.dtype)
    y_sources, x_sources = rows.sources(border), columns.sources(border)
    order = (kh, kw, channels) if layout == "nhwc" else (channels, kh, kw)
    (out,) = fresh_arrays(((count, rows.places, columns.places, *order), images.dtype))

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            picture, y = divmod(number, rows.places)
            lines = y_sources[y * rows.stride + np.arange(kh) * rows.dilation]
            strip = images[picture][np.maximum(lines, 0)[:, np.newaxis], np.maximum(x_sources, 0)]
            strip[lines < 0] = constant
            strip[:, x_sources < 0] = constant
            down, across, along = strip.strides
            windows = as_strided(
                strip,
                (columns.places, kh, kw, channels),
                (across * columns.stride, down, across * columns.dilation, along),
                writeable=False,
            )
            out[picture, y] = windows if layout == "nhwc" else np.moveaxis(windows, 3, 1)

    run_bands(work, count * rows.places)
    return out.reshape(count * rows.places * columns.places, kh * kw * channels)


def col2im(
    columns: ArrayLike,
    window: Pair,
    shape: Sequence[int],
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "valid",
    border: str = "constant",
    layout: str = "nhwc",
) -> Array:
    """Add the rows of a matrix of windows to an image, each where it came from: the adjoint of `im2col`.

    `⟨im2col(a), b⟩ = ⟨a, col2im(b)⟩`. A pixel gets as many numbers as windows read it.

    Parameters
    ----------
    columns
        (N·h·w, kh·kw·C), any real numbers, finite or not.
    window, stride, dilation, padding, border, layout
        Of the `im2col` that is transposed.
    shape
        Of the image, as `im2col` took it: (H, W), (H, W, C) or (N, H, W, C); for `nchw` (C, H, W) or (N, C, H, W).

    Returns
    -------
    Array
        `shape`; float32 for float32, otherwise float64.

    Raises
    ------
    InvalidInput
        An argument is not as above; the matrix does not have as many rows and columns as windows and taps.
    """
    choice(layout, "layout", LAYOUTS)
    choice(border, "border", BORDERS)
    count, height, width, channels = _extents(shape, layout)
    kh, kw = pair(window, "window")
    down, across = window_axes((height, width), (kh, kw), stride=stride, dilation=dilation, padding=padding)
    kind = "float32" if rectangular(columns, "columns").dtype == np.float32 else "float64"
    wanted = (count * down.places * across.places, kh * kw * channels)
    matrix = real_array(columns, "columns", wanted, dtype=kind, finite=False)
    order = (kh, kw, channels) if layout == "nhwc" else (channels, kh, kw)
    windows = matrix.reshape(count, down.places, across.places, *order)
    windows = windows if layout == "nhwc" else np.moveaxis(windows, 3, 5)
    padded = np.zeros((count, down.padded, across.padded, channels), kind)
    for i in range(kh):
        interrupt_point()
        for j in range(kw):
            padded[:, _taken(down, i), _taken(across, j)] += windows[:, :, :, i, j]
    image = fold_border(padded, down, across, border)
    return (image if layout == "nhwc" else np.moveaxis(image, 3, 1)).reshape(tuple(shape))


def columns_shape(
    image_shape: Sequence[int],
    window: Pair,
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "valid",
    layout: str = "nhwc",
) -> tuple[int, int]:
    """Shape of what `im2col` returns, computed from shapes alone; arguments as there.

    Raises
    ------
    InvalidInput
        As `im2col`.
    """
    count, height, width, channels = _extents(image_shape, layout)
    kh, kw = pair(window, "window")
    rows, columns = window_axes((height, width), (kh, kw), stride=stride, dilation=dilation, padding=padding)
    return count * rows.places * columns.places, kh * kw * channels


def _taken(axis: Axis, tap: int) -> slice:
    """Where the padded axis meets one tap of every window."""
    first = tap * axis.dilation
    return slice(first, first + (axis.places - 1) * axis.stride + 1, axis.stride)


def _channels_last(image: ArrayLike, layout: str) -> Array:
    array = rectangular(image, "image")
    if array.ndim not in (2, 3, 4):
        raise InvalidInput("image", f"must have two to four axes, came as {array.shape}")
    return np.moveaxis(array, -3, -1) if layout == "nchw" and array.ndim > 2 else array


def _extents(shape: Sequence[int], layout: str) -> tuple[int, int, int, int]:
    """(N, H, W, C) of a shape in the layout."""
    choice(layout, "layout", LAYOUTS)
    lengths = tuple(shape)
    if len(lengths) not in (2, 3, 4) or any(int(length) != length or length < 1 for length in lengths):
        raise InvalidInput("shape", f"must hold two to four whole numbers ≥ 1, came as {lengths}")
    if len(lengths) == 2:
        return 1, lengths[0], lengths[1], 1
    count = lengths[0] if len(lengths) == 4 else 1
    if layout == "nhwc":
        return count, lengths[-3], lengths[-2], lengths[-1]
    return count, lengths[-2], lengths[-1], lengths[-3]
