"""The transposed convolution: the adjoint of `convolve`, from its output back to its input."""

from collections.abc import Sequence
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import interrupt_point
from geometry.errors import InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.convolve import batch, convolve
from geometry.filters.convolution.folding import fold_border
from geometry.filters.convolution.plan import OUTPUT_DTYPES, kernel_taps
from geometry.filters.window import Axis, Padding, Pair, margins_of, pair, window_axes
from geometry.inputs import Array, choice


def convolve_transpose(
    image: ArrayLike,
    kernel: ArrayLike,
    *,
    mode: str = "convolution",
    stride: Pair = 1,
    dilation: Pair = 1,
    groups: int = 1,
    padding: Padding = "same",
    output_padding: Pair = 0,
    shape: Sequence[int] | None = None,
    border: str = "constant",
    output_dtype: str = "same",
) -> Array:
    """Apply the adjoint of `convolve` with the same arguments.

    For a correlation, `out[source(y·sy + i·dy - top), source(x·sx + j·dx - left)] += kernel[i, j] · image[y, x]`, with
    `source` the pixel that the border shows; a convolution flips the kernel. So `⟨convolve(a), b⟩ = ⟨a,
    convolve_transpose(b)⟩` for all a and b, and the mode `correlation` is what deep-learning frameworks call a
    transposed convolution.

    Parameters
    ----------
    image
        (h, w), (h, w, Cout) or (N, h, w, Cout): what `convolve` gives. uint8, uint16, int16, int32, float32 or float64.
    kernel
        As for `convolve`: (kh, kw), or (kh, kw, C / groups, Cout), which leads from Cout channels back to C.
    mode, stride, dilation, groups, padding
        Of the convolution that is transposed.
    output_padding
        Pixels ≥ 0, below the stride: rows and columns added at the bottom and on the right, where several extents have
        the same number of windows. Not with `same` or `shape`.
    shape
        (H, W), the extent of the result; one that `convolve` turns into (h, w). None: h · stride for `same`, otherwise
        (h - 1) · stride + (kh - 1) · dilation + 1 without the padding, plus `output_padding`.
    border
        Of the convolution; what it read outside is added to the pixels it came from. Constant borders give nothing
        back.
    output_dtype
        `same` as the image (integers saturate and round half to even), `float32` or `float64`.

    Returns
    -------
    Array
        (H, W) for (h, w) and a kernel (kh, kw); otherwise (H, W, C), of each image of a batch.

    Raises
    ------
    InvalidInput
        An argument is not as above; no image of that shape has so many windows.
    """
    images = batch(image)
    taps = kernel_taps(kernel, mode)
    choice(border, "border", BORDERS)
    choice(output_dtype, "output_dtype", OUTPUT_DTYPES)
    output = images.dtype if output_dtype == "same" else np.dtype(output_dtype)
    rows, columns = transposed_axes(
        images.shape[1:3], taps.shape, stride=stride, dilation=dilation, padding=padding,
        output_padding=output_padding, shape=shape,
    )  # fmt: skip
    if taps.ndim == 4:
        taps = _swapped_channels(taps, images.shape[3], groups)
    elif groups != 1:
        raise InvalidInput("groups", f"a kernel (kh, kw) works on each channel alike, groups came as {groups}")
    wide = "float32" if images.dtype == np.float32 and output == np.float32 else "float64"
    channels = images.shape[3] if taps.ndim == 2 else taps.shape[3]
    padded = np.zeros((len(images), rows.padded, columns.padded, channels), wide)
    for y in range(rows.stride):
        for x in range(columns.stride):
            _add_phase(images, taps, (rows, columns), (y, x), groups, padded)
    out = _stored(fold_border(padded, rows, columns, border), output)
    out = out if np.ndim(image) == 4 else out[0]
    return out[:, :, 0] if np.ndim(image) == 2 and taps.ndim == 2 else out


def transposed_axes(
    extent: Sequence[int],
    kernel_shape: Sequence[int],
    *,
    stride: Pair,
    dilation: Pair,
    padding: Padding,
    output_padding: Pair = 0,
    shape: Sequence[int] | None = None,
) -> tuple[Axis, Axis]:
    """The axes of the convolution whose transpose starts from (h, w) = `extent`.

    Raises
    ------
    InvalidInput
        An argument is not as `convolve_transpose` says.
    """
    steps, spreads = pair(stride, "stride"), pair(dilation, "dilation")
    added = pair(output_padding, "output_padding", least=0)
    margins = margins_of(padding)
    if added != (0, 0) and (shape is not None or padding == "same"):
        raise InvalidInput("output_padding", "has no meaning with shape, or with padding same")
    if any(more >= step for more, step in zip(added, steps, strict=True)):
        raise InvalidInput("output_padding", f"must be below the stride {steps}, came as {added}")
    if shape is None:
        lengths = tuple(
            places * step if padding == "same" else (places - 1) * step + (taps - 1) * spread + 1 - sum(margin) + more
            for places, step, taps, spread, margin, more in zip(
                extent, steps, kernel_shape, spreads, margins, added, strict=False
            )
        )
        if min(lengths) < 1:
            raise InvalidInput("padding", f"leaves {lengths[0]} × {lengths[1]} pixels")
    else:
        lengths = pair(shape, "shape")
    rows, columns = window_axes(lengths, kernel_shape, stride=steps, dilation=spreads, padding=padding)
    if (rows.places, columns.places) != tuple(extent):
        raise InvalidInput(
            "shape",
            f"{lengths[0]} × {lengths[1]} pixels have {rows.places} × {columns.places} windows, "
            f"the image is {extent[0]} × {extent[1]}",
        )
    return rows, columns


def transposed_shape(
    image_shape: Sequence[int],
    kernel_shape: Sequence[int],
    *,
    stride: Pair = 1,
    dilation: Pair = 1,
    groups: int = 1,
    padding: Padding = "same",
    output_padding: Pair = 0,
    shape: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Shape of what `convolve_transpose` returns, computed from shapes alone; arguments as there.

    Raises
    ------
    InvalidInput
        As `convolve_transpose`.
    """
    count, extent = (tuple(image_shape[:1]), image_shape[1:]) if len(image_shape) == 4 else ((), image_shape)
    rows, columns = transposed_axes(
        extent[:2], kernel_shape, stride=stride, dilation=dilation, padding=padding, output_padding=output_padding,
        shape=shape,
    )  # fmt: skip
    channels = (kernel_shape[2] * groups,) if len(kernel_shape) == 4 else tuple(extent[2:])
    return (*count, rows.length, columns.length, *channels)


def _swapped_channels(taps: Array, channels: int, groups: int) -> Array:
    """From (kh, kw, C / groups, Cout) to (kh, kw, Cout / groups, C)."""
    kh, kw, inputs, outputs = taps.shape
    if groups < 1 or outputs % groups:
        raise InvalidInput("groups", f"must be ≥ 1 and divide the {outputs} output channels, came as {groups}")
    if outputs != channels:
        raise InvalidInput("kernel", f"leads to {outputs} channels, the image has {channels}")
    apart = taps.reshape(kh, kw, inputs, groups, outputs // groups)
    return np.ascontiguousarray(apart.transpose(0, 1, 4, 3, 2).reshape(kh, kw, outputs // groups, groups * inputs))


def _add_phase(
    images: Array, taps: Array, axes: tuple[Axis, Axis], phase: tuple[int, int], groups: int, padded: Array
) -> None:
    """Rows and columns of the padded result that leave one remainder modulo the stride: a convolution of stride 1.

    Row s·q + phase receives tap i of the window at q - o where i·d = s·o + phase; such taps are equally spaced.
    """
    interrupt_point()
    chosen, spreads, margins, counts = [], [], [], []
    for axis, remainder, side in zip(axes, phase, (1, 2), strict=True):
        common = gcd(axis.stride, axis.dilation)
        numbers = [i for i in range(min(axis.taps, axis.stride)) if i * axis.dilation % axis.stride == remainder]
        count = -(-(padded.shape[side] - remainder) // axis.stride)
        if not numbers or count <= 0:
            return
        tap_step, spread = axis.stride // common, axis.dilation // common
        several = len(range(numbers[0], axis.taps, tap_step))
        reach = (numbers[0] * axis.dilation - remainder) // axis.stride + (several - 1) * spread
        after = count - 1 + (several - 1) * spread - images.shape[side] + 1 - reach
        chosen.append(slice(numbers[0], None, tap_step))
        spreads.append(spread)
        margins.append([reach, max(after, 0)])
        counts.append(count)
    part = convolve(
        images, taps[chosen[0], chosen[1]], mode="convolution", dilation=tuple(spreads), groups=groups,
        padding=margins, output_dtype=padded.dtype.name,
    )  # fmt: skip
    padded[:, phase[0] :: axes[0].stride, phase[1] :: axes[1].stride] = part[:, : counts[0], : counts[1]]


def _stored(sums: Array, output: np.dtype[Any]) -> Array:
    """Round half to even and saturate, where the output is whole."""
    if output.kind == "f":
        return np.ascontiguousarray(sums, output)
    info = np.iinfo(output)
    return np.clip(np.rint(sums), info.min, info.max).astype(output)
