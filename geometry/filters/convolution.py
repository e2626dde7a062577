"""Convolution of an image with a kernel: one definition, several engines."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.direct import direct
from geometry.filters.plan import Plan, convolution_plan
from geometry.filters.separable import separable, separable_pays
from geometry.filters.window import Padding, Pair, window_axes
from geometry.inputs import PIXEL_DTYPES, Array, choice, pixels

ENGINES: dict[str, Callable[[Array, Plan], Array]] = {"direct": direct, "separable": separable}


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
        (H, W) or (H, W, C), uint8, uint16, int16, int32, float32 or float64.
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
        `direct`, `separable`, or `auto`, which takes the separable engine where it is faster and as exact.
    output_dtype
        `same` as the image (integers saturate and round half to even), `float32` or `float64`.

    Returns
    -------
    Array
        (h, w) for an image (H, W) and a kernel (kh, kw), otherwise (h, w, C) or (h, w, Cout).

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
    array = pixels(image)
    plan = convolution_plan(
        array.shape, array.dtype, kernel, mode=mode, stride=stride, dilation=dilation, groups=groups, padding=padding,
        border=border, fill=fill, output_dtype=output_dtype,
    )  # fmt: skip
    out = ENGINES[_engine(plan, method)](array, plan)
    return out[:, :, 0] if np.ndim(image) == 2 and plan.taps.ndim == 2 else out


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
    plan = convolution_plan(
        (*shape, 1)[:3], dtype, kernel, mode=mode, stride=stride, dilation=dilation, groups=groups, padding=padding,
        border=border, fill=fill, output_dtype=output_dtype,
    )  # fmt: skip
    return _engine(plan, method)


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
        (H, W) or (H, W, C).
    kernel_shape
        (kh, kw) or (kh, kw, C / groups, Cout).

    Returns
    -------
    tuple
        (h, w), (h, w, C) or (h, w, Cout).

    Raises
    ------
    InvalidInput
        A shape is not as above; the window is larger than the image and its padding.
    """
    shape, window = _image_shape(image_shape), tuple(kernel_shape)
    if len(window) not in (2, 4) or min(window) < 1:
        raise InvalidInput("kernel_shape", f"must be (kh, kw) or (kh, kw, Cin, Cout), all ≥ 1, came as {window}")
    rows, columns = window_axes(shape, window, stride=stride, dilation=dilation, padding=padding)
    return (rows.places, columns.places, *(window[3:] or shape[2:]))


def _image_shape(image_shape: Sequence[int]) -> tuple[int, ...]:
    shape = tuple(image_shape)
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise InvalidInput("image_shape", f"must be (H, W) or (H, W, C), all ≥ 1, came as {shape}")
    return shape


def _engine(plan: Plan, method: str) -> str:
    if method == "auto":
        return "separable" if separable_pays(plan) else "direct"
    return choice(method, "method", ("auto", *ENGINES))
