"""Sums over windows whose weights are given as few products of a column and a row."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.plan import Plan, border_fill
from geometry.filters.convolution.strip import windowed_sum
from geometry.filters.window import window_axes
from geometry.inputs import Array, choice
from geometry.memory import fresh_arrays

LARGEST_TAPS = 4097
"""Of one factor; what wider windows hold of the image at once would not fit the memory of small machines."""


def output_type(image: np.dtype[Any], output_dtype: str) -> np.dtype[Any]:
    """The dtype of a result: the image's for `same`, or float32 or float64."""
    return (
        image
        if choice(output_dtype, "output_dtype", ("same", "float32", "float64")) == "same"
        else np.dtype(output_dtype)
    )


def real_type(image: np.dtype[Any]) -> np.dtype[Any]:
    """The float dtype in which results that are not rounded are told: float64 for int32 and float64 images."""
    return np.dtype(np.float64 if image.name in ("int32", "float64") else np.float32)


def factored_sum(
    image: Array,
    vertical: Array,
    horizontal: Array,
    *,
    border: str,
    fill: ArrayLike,
    output: np.dtype[Any],
) -> Array:
    """Correlate each channel with `Σ_r vertical[r] ⊗ horizontal[r]`, centred, at every pixel.

    Sums run in float32 for uint8 and float32 images and float32 results of 16-bit ones, otherwise in float64.

    Parameters
    ----------
    image
        (H, W, C), ready for a kernel.
    vertical, horizontal
        (r, kh) and (r, kw), odd, float64.
    border, fill
        What lies outside, as for `convolve`.
    output
        The image's dtype, float32 or float64.

    Returns
    -------
    Array
        (H, W, C), `output`; integers saturate and round half to even.
    """
    for name, factor in (("vertical", vertical), ("horizontal", horizontal)):
        if factor.shape[1] > LARGEST_TAPS:
            raise InvalidInput("window", f"the {name} window has {factor.shape[1]} taps, more than {LARGEST_TAPS}")
    choice(border, "border", BORDERS)
    rows, columns = window_axes(
        image.shape, (vertical.shape[1], horizontal.shape[1]), stride=1, dilation=1, padding="same"
    )
    single = output != np.float64 and (image.dtype.name in ("uint8", "float32") or output == np.float32)
    single = single and real_type(image.dtype) == np.float32
    plan = Plan(
        rows, columns, horizontal, 1, border, border_fill(fill, image.shape[2], image.dtype), image.dtype, output,
        np.dtype(np.float32 if single else np.float64), None,
    )  # fmt: skip
    (out,) = fresh_arrays((image.shape, output))
    windowed_sum(image, plan, vertical, horizontal, out)
    return out
