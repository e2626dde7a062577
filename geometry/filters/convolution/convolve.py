"""Convolution of an image with a kernel: one definition, several engines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.convolution.engines import ENGINES, engine
from geometry.filters.convolution.plan import convolution_plan
from geometry.filters.window import Padding, Pair, window_axes
from geometry.inputs import PIXEL_DTYPES, Array, choice, pixels, rectangular
from geometry.memory import fresh_arrays


def convolve(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    mode: str = "convolution",
    stride: Pair = 1,
    dilation: Pair = 1,
    groups: int = 1,
    padding: Padding = "same",
    border: str = "constant",
    fill: ArrayLike = 0,
    method: str = "auto",
    output_dtype: str = "same",
) -> Array:
    """Convolve or correlate an image with a kernel.

    Correlation: `out[y, x] = Σ_ij kernel[i, j] · image[y·sy + i·dy - top, x·sx + j·dx - left]`.
    Convolution: the same with `kernel[kh-1-i, kw-1-j]`; in both modes the window lies alike, also for even sizes.

    Parameters
    ----------
    image
        (H, W), (H, W, C) or (N, H, W, C): uint8, uint16, int16, int32, float32 or float64.
    kernel
        (kh, kw), applied to each channel alike; or (kh, kw, C / groups, Cout), which sums over the input channels of
        a group. Finite numbers; larger than the image is fine. Never flipped along its channels.
    mode
        `convolution` flips the kernel in both axes, `correlation` does not.
    stride, dilation
        Step between windows and between taps, pixels ≥ 1: one number or (y, x).
    groups
        Channels are split into so many groups that do not see each other; 1 for a kernel (kh, kw).
    padding
        `same`: ceil(H / stride) places, the smaller half of the padding on top and left. At stride 1 the window of
        (y, x) begins at `y - ((kh-1)·dy) // 2`: centred for odd kernels, reaching one pixel further down and right for
        even ones.
        `valid`: only windows inside the image. Or [[top, bottom], [left, right]], pixels ≥ 0.
    border
        What lies outside: `constant` (`fill`), `replicate` (aaa|abc|ccc), `reflect` (cba|abc|cba), `reflect_101`
        (cb|abc|ba) or `wrap`, repeated as often as the window reaches.
    fill
        Constant outside, one number or one per channel; whole and within the dtype for an integer image.
    method
        `direct` (tap by tap) and `separable` (few columns times rows) take kernels (kh, kw), `im2col` (matrix products)
        kernels with channels, `fft` (products of spectra) any. `auto` takes the fastest whose results are as exact as
        the notes say for all.
    output_dtype
        `same` as the image (integers saturate and round half to even), `float32` or `float64`.

    Returns
    -------
    Array
        (h, w) for an image (H, W) and a kernel (kh, kw), otherwise (h, w, C) or (h, w, Cout), of each image of a batch.

    Raises
    ------
    InvalidInput
        An argument is not as above; the window is larger than the image and its padding; `method` names no engine, or
        one that cannot take the kernel.

    Notes
    -----
    Sums run in float64 for float64 and int32 images and float64 output, otherwise in float32 or float64 as follows.

    - Integer image, kernel of whole numbers over a power of two 2^s, s ≤ 24: exact, while
      2^s · max|image| · Σ|kernel| ≤ 2^53 for the largest pixel of the dtype; float64 beyond.
    - 8- and 16-bit image, other kernels: float32 where `n · 2^-24 · max|image| · Σ|kernel|` ≤ 1/64 for n taps,
      otherwise float64. Only sums nearer to a tie than that can round the other way. For float32 output always float32.
    - float32 image: float32 (kernels beyond 2^64 float64), error ≤ about `n · 2^-24 · Σ|kernel| · max|image|`.

    The separable engine takes exact factors where the kernel has some, so that sums of whole numbers stay exact while
    the type of the sums holds them; otherwise singular vectors down to 4 ε of that type, relative to the largest. With
    more than one pair of factors, infinite pixels may give NaN. NaN spreads within its windows only.
    """
    images = batch(image)
    plan = convolution_plan(
        images.shape[1:], images.dtype, kernel, mode=mode, stride=stride, dilation=dilation, groups=groups,
        padding=padding, border=border, fill=fill, output_dtype=output_dtype,
    )  # fmt: skip
    name = engine(plan, images.shape[3], method)
    channels = images.shape[3] if plan.taps.ndim == 2 else plan.taps.shape[3]
    (out,) = fresh_arrays(((len(images), plan.rows.places, plan.columns.places, channels), plan.output))
    ENGINES[name](images, plan, out)
    out = out if np.ndim(image) == 4 else out[0]
    return out[:, :, 0] if np.ndim(image) == 2 and plan.taps.ndim == 2 else out


def batch(image: ArrayLike) -> Array:
    """One image or several as (N, H, W, C), ready for a kernel; N, H, W, C ≥ 1."""
    array = rectangular(image, "image")
    if array.ndim != 4:
        return pixels(array)[np.newaxis]
    if 0 in array.shape:
        raise InvalidInput("image", f"must not be empty, came as {array.shape}")
    count, height, width, channels = array.shape
    return pixels(array.reshape(count * height, width, channels)).reshape(array.shape)


def convolution_engine(
    image_shape: Sequence[int],
    image_dtype: Any,
    kernel: ArrayLike,
    *,
    mode: str = "convolution",
    stride: Pair = 1,
    dilation: Pair = 1,
    groups: int = 1,
    padding: Padding = "same",
    border: str = "constant",
    fill: ArrayLike = 0,
    method: str = "auto",
    output_dtype: str = "same",
) -> str:
    """Name the engine that `convolve` takes for an image of this shape and dtype; other arguments as there.

    Returns
    -------
    str
        A name that `method` accepts.

    Raises
    ------
    InvalidInput
        As `convolve`.
    """
    shape = _image_shape(image_shape)
    dtype = np.dtype(choice(np.dtype(image_dtype).name, "image_dtype", PIXEL_DTYPES))
    height, width, channels = (*shape, 1)[:3] if len(shape) < 4 else shape[1:]
    plan = convolution_plan(
        (height, width, channels), dtype, kernel, mode=mode, stride=stride, dilation=dilation, groups=groups,
        padding=padding, border=border, fill=fill, output_dtype=output_dtype,
    )  # fmt: skip
    return engine(plan, channels, method)


def convolution_shape(
    image_shape: Sequence[int],
    kernel_shape: Sequence[int],
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    padding: Padding = "same",
) -> tuple[int, ...]:
    """Shape of what `convolve` returns, computed from shapes alone.

    Parameters
    ----------
    image_shape
        (H, W), (H, W, C) or (N, H, W, C).
    kernel_shape
        (kh, kw) or (kh, kw, C / groups, Cout).

    Returns
    -------
    tuple
        (h, w), (h, w, C) or (h, w, Cout), after N for a batch.

    Raises
    ------
    InvalidInput
        A shape is not as above; the window is larger than the image and its padding.
    """
    shape, window = _image_shape(image_shape), tuple(kernel_shape)
    if len(window) not in (2, 4) or min(window) < 1:
        raise InvalidInput("kernel_shape", f"must be (kh, kw) or (kh, kw, Cin, Cout), all ≥ 1, came as {window}")
    count, extent = (shape[:1], shape[1:]) if len(shape) == 4 else ((), shape)
    rows, columns = window_axes(extent, window, stride=stride, dilation=dilation, padding=padding)
    return (*count, rows.places, columns.places, *(window[3:] or extent[2:]))


def _image_shape(image_shape: Sequence[int]) -> tuple[int, ...]:
    shape = tuple(image_shape)
    if len(shape) not in (2, 3, 4) or min(shape) < 1:
        raise InvalidInput("image_shape", f"must be (H, W), (H, W, C) or (N, H, W, C), all ≥ 1, came as {shape}")
    return shape
