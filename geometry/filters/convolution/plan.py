"""What one convolution is, apart from the pixels: checked arguments, geometry, and in which arithmetic it is summed."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.window import Axis, Padding, Pair, window_axes
from geometry.inputs import Array, choice, real_array

MODES = ("convolution", "correlation")
OUTPUT_DTYPES = ("same", "float32", "float64")

NEAR_TIE = 2.0**-6
"""How near to a tie, in output levels, float32 sums of 8- and 16-bit pixels may round the other way."""

_FINEST = 24


class Plan(NamedTuple):
    """A convolution as a correlation with `taps`: (kh, kw), or (kh, kw, Cin / groups, Cout)."""

    rows: Axis
    columns: Axis
    taps: Array
    groups: int
    border: str
    fill: Array
    image: np.dtype[Any]
    output: np.dtype[Any]
    accumulator: np.dtype[Any]
    exponent: int | None
    """Smallest s ≥ 0 for which `taps · 2^s` is whole, where the sums of an integer image are then exact."""


def convolution_plan(
    shape: Sequence[int],
    dtype: np.dtype[Any],
    kernel: ArrayLike,
    *,
    mode: str,
    stride: Pair,
    dilation: Pair,
    groups: int,
    padding: Padding,
    border: str,
    fill: ArrayLike,
    output_dtype: str,
) -> Plan:
    """Check the arguments of a convolution over an image of shape (H, W, C)."""
    taps = kernel_taps(kernel, mode)
    if taps.ndim == 4:
        check_groups(taps.shape, shape[2], groups)
    elif groups != 1:
        raise InvalidInput("groups", f"a kernel (kh, kw) works on each channel alike, groups came as {groups}")
    rows, columns = window_axes(shape, taps.shape, stride=stride, dilation=dilation, padding=padding)
    choice(border, "border", BORDERS)
    output = dtype if choice(output_dtype, "output_dtype", OUTPUT_DTYPES) == "same" else np.dtype(output_dtype)
    accumulator, exponent = _arithmetic(taps, dtype, output)
    values = border_fill(fill, shape[2], dtype)
    return Plan(rows, columns, taps, groups, border, values, dtype, output, accumulator, exponent)


def kernel_taps(kernel: ArrayLike, mode: str) -> Array:
    """The kernel in the order in which the image is read: flipped in both axes for a convolution, float64."""
    choice(mode, "mode", MODES)
    axes = ("kh", "kw", "Cin", "Cout") if _axes(kernel, "kernel") == 4 else ("kh", "kw")
    taps = real_array(kernel, "kernel", axes)
    if 0 in taps.shape:
        raise InvalidInput("kernel", f"must not be empty, came as {taps.shape}")
    return np.ascontiguousarray(taps[::-1, ::-1]) if mode == "convolution" else taps


def border_fill(fill: ArrayLike, channels: int, dtype: np.dtype[Any]) -> Array:
    """One value of the constant border for each channel, float64: a value that the image itself could hold."""
    if type(fill) in (int, float) and fill == 0:
        return np.zeros(channels)
    values = real_array(fill, "fill", (channels,) if _axes(fill, "fill") else (), finite=dtype.kind != "f")
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        if ((values != np.rint(values)) | (values < info.min) | (values > info.max)).any():
            raise InvalidInput("fill", f"must hold whole numbers from {info.min} to {info.max}, as the image does")
    elif (np.isfinite(values) & (np.abs(values) > float(np.finfo(dtype).max))).any():
        raise InvalidInput("fill", f"is beyond the range of {dtype}")
    return np.array(np.broadcast_to(values, channels))


def _axes(value: ArrayLike, name: str) -> int:
    try:
        return np.ndim(value)
    except ValueError:
        raise InvalidInput(name, "is not a rectangular array") from None


def check_groups(kernel_shape: Sequence[int], channels: int, groups: int) -> None:
    """Refuse a kernel (kh, kw, C / groups, Cout) that does not fit an image of so many channels."""
    if groups < 1 or kernel_shape[3] % groups:
        raise InvalidInput("groups", f"must be ≥ 1 and divide the {kernel_shape[3]} output channels, came as {groups}")
    if kernel_shape[2] * groups != channels:
        raise InvalidInput(
            "kernel", f"has {kernel_shape[2]} input channels × {groups} groups, the image has {channels} channels"
        )


def _arithmetic(taps: Array, image: np.dtype[Any], output: np.dtype[Any]) -> tuple[np.dtype[Any], int | None]:
    """Type of the sums, and the exponent that makes them exact."""
    single, double = np.dtype(np.float32), np.dtype(np.float64)
    with np.errstate(over="ignore"):  # an infinite sum is as good as a huge one: neither is exact
        weight = float(np.abs(taps).sum(axis=(0, 1) if taps.ndim == 2 else (0, 1, 2)).max())
    exponent = None
    if image.kind in "iu":
        largest = float(max(np.iinfo(image).max, -int(np.iinfo(image).min)))
        exponent = whole_exponent(taps)
        if exponent is not None:
            bits = math.log2(max(1.0, math.ldexp(weight * largest, exponent)))
            if bits > 53:
                exponent = None
            elif image.itemsize < 4 and output != double and bits <= 24:
                return single, exponent
            else:
                return double, exponent
        error = math.prod(taps.shape[:3]) * 2.0**-24 * weight * largest
        if image.itemsize == 4 or output == double or (output.kind != "f" and error > NEAR_TIE):
            return double, exponent
    elif double in (image, output):
        return double, exponent
    return (single if np.abs(taps).max() < 2.0**64 else double), exponent


def whole_exponent(taps: Array) -> int | None:
    """Smallest s from 0 to 24 for which `taps · 2^s` is whole."""

    def whole(exponent: int) -> bool:
        with np.errstate(over="ignore"):
            scaled = np.ldexp(taps, exponent)
        return bool((scaled == np.rint(scaled)).all())

    return next(filter(whole, range(_FINEST + 1))) if whole(_FINEST) else None
