"""A convolution as a matrix: the linear map itself, sparse or dense."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import interrupt_point
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.plan import check_groups, kernel_taps
from geometry.filters.window import Axis, Padding, Pair, window_axes
from geometry.inputs import Array, choice


class ConvolutionMatrix(NamedTuple):
    """Compressed sparse rows: `scipy.sparse.csr_array((data, indices, indptr), shape=shape)`.

    A row is a number of the result, (y·w + x)·Cout + c; a column one of the image, (y·W + x)·C + c.
    """

    data: Array
    """(nnz,), float64."""
    indices: Array
    """(nnz,), int32 or int64: columns, ascending within a row, none twice."""
    indptr: Array
    """(rows + 1,), of the same dtype: where each row begins."""
    shape: tuple[int, int]
    output_shape: tuple[int, int, int]
    """(h, w, Cout)."""
    input_shape: tuple[int, int, int]
    """(H, W, C)."""


def convolution_matrix(
    kernel: ArrayLike,
    shape: Sequence[int],
    *,
    mode: str = "convolution",
    stride: Pair = 1,
    dilation: Pair = 1,
    groups: int = 1,
    padding: Padding = "same",
    border: str = "constant",
) -> ConvolutionMatrix:
    """Write the convolution of images of one shape as a sparse matrix A: `convolve(image).ravel() = A @ image.ravel()`.

    Parameters
    ----------
    kernel
        (kh, kw), on each channel alike, or (kh, kw, C / groups, Cout).
    shape
        (H, W) or (H, W, C) of the image.
    mode, stride, dilation, groups, padding, border
        As for `convolve`; a constant border is 0.

    Returns
    -------
    ConvolutionMatrix
        Without entries for taps that are 0 or fall on a constant border; taps that fall on one pixel are added.

    Raises
    ------
    InvalidInput
        An argument is not as above.
    """
    taps, channels, groups = _with_channels(kernel_taps(kernel, mode), shape, groups)
    choice(border, "border", BORDERS)
    rows, columns = window_axes(shape, taps.shape, stride=stride, dilation=dilation, padding=padding)
    depth, outputs = taps.shape[2:]
    y, x = _reads(rows, border), _reads(columns, border)
    # (h, w, Cout, kh, kw, Cin / groups): which number of the image each product takes
    width = columns.length
    pixel = (
        y[:, np.newaxis, np.newaxis, :, np.newaxis, np.newaxis] * width + x[:, np.newaxis, np.newaxis, :, np.newaxis]
    )
    group = np.arange(outputs) // (outputs // groups)
    channel = (group * depth)[:, np.newaxis, np.newaxis, np.newaxis] + np.arange(depth)
    full = (rows.places, columns.places, outputs, *taps.shape[:3])
    seen = (y >= 0)[:, np.newaxis, np.newaxis, :, np.newaxis, np.newaxis] & (x >= 0)[
        :, np.newaxis, np.newaxis, :, np.newaxis
    ]
    weights = np.moveaxis(taps, 3, 0)
    kept = np.broadcast_to(seen & (weights != 0), full)
    interrupt_point()
    places = np.broadcast_to(pixel * channels + channel, full)[kept]
    data = np.broadcast_to(weights, full)[kept]
    size = rows.places * columns.places * outputs
    numbers = np.repeat(np.arange(size), kept.reshape(size, -1).sum(axis=1))
    order = np.lexsort((places, numbers))
    places, data, numbers = places[order], data[order], numbers[order]
    begins = np.ones(len(data), bool)
    begins[1:] = (np.diff(places) != 0) | (np.diff(numbers) != 0)
    firsts = np.flatnonzero(begins)
    data = np.add.reduceat(data, firsts) if len(data) else data
    total = rows.length * width * channels
    index = np.int32 if max(total, len(firsts)) < 2**31 else np.int64
    indptr = np.zeros(size + 1, index)
    np.cumsum(np.bincount(numbers[firsts], minlength=size), out=indptr[1:])
    return ConvolutionMatrix(
        data,
        places[firsts].astype(index),
        indptr,
        (size, total),
        (rows.places, columns.places, outputs),
        (rows.length, width, channels),
    )


def convolution_tensor(
    kernel: ArrayLike,
    shape: Sequence[int],
    *,
    mode: str = "convolution",
    stride: Pair = 1,
    dilation: Pair = 1,
    groups: int = 1,
    padding: Padding = "same",
    border: str = "constant",
) -> Array:
    """Write the convolution of images of one shape as a dense tensor W: `convolve(image) = np.tensordot(W, image, 3)`.

    Parameters
    ----------
    kernel, shape, mode, stride, dilation, groups, padding, border
        As for `convolution_matrix`.

    Returns
    -------
    Array
        (h, w, Cout, H, W, C), float64; C = 1 for a shape (H, W).

    Raises
    ------
    InvalidInput
        As `convolution_matrix`.
    """
    found = convolution_matrix(
        kernel, shape, mode=mode, stride=stride, dilation=dilation, groups=groups, padding=padding, border=border
    )
    dense = np.zeros(found.shape)
    dense[np.repeat(np.arange(found.shape[0]), np.diff(found.indptr)), found.indices] = found.data
    return dense.reshape(*found.output_shape, *found.input_shape)


def _reads(axis: Axis, border: str) -> Array:
    """(places, taps): pixel that each tap of each window reads, -1 for the constant."""
    first, step = np.arange(axis.places) * axis.stride, np.arange(axis.taps) * axis.dilation
    reads: Array = axis.sources(border)[first[:, np.newaxis] + step]
    return reads


def _with_channels(taps: Array, shape: Sequence[int], groups: int) -> tuple[Array, int, int]:
    """Taps as (kh, kw, C / groups, Cout), the image's channels and the groups."""
    if len(shape) not in (2, 3) or any(int(length) != length or length < 1 for length in shape):
        raise InvalidInput("shape", f"must be (H, W) or (H, W, C), whole and ≥ 1, came as {tuple(shape)}")
    channels = int(shape[2]) if len(shape) == 3 else 1
    if taps.ndim == 2:
        if groups != 1:
            raise InvalidInput("groups", f"a kernel (kh, kw) works on each channel alike, groups came as {groups}")
        return np.repeat(taps[:, :, np.newaxis, np.newaxis], channels, axis=3), channels, channels
    check_groups(taps.shape, channels, groups)
    return taps, channels, groups
