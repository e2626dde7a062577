"""One convolution in place of several, one after the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.filters.border import BORDERS
from geometry.filters.convolution.plan import MODES, kernel_taps
from geometry.filters.window import Padding, Pair, margins_of, pair
from geometry.inputs import Array, choice

Margins = tuple[tuple[int, int], tuple[int, int]]

LARGEST_TAPS = 2**22
"""Numbers that a merged kernel may have."""


class MergedKernel(NamedTuple):
    """A convolution that stands for a chain of them, and where it differs."""

    kernel: Array
    """(kh, kw) or (kh, kw, Cin, Cout), float64."""
    stride: tuple[int, int]
    padding: Margins
    exact: bool
    """Whether the result is the chain's for every image, but for rounding."""
    border_band: Margins
    """Rows at the top and bottom, columns at the left and right of the result that may differ from the chain's."""
    reason: str
    """Why it is not exact; empty where it is."""


class _Stage(NamedTuple):
    kernel: Array
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Margins
    mirrored: tuple[bool, bool]
    """Whether the kernel stays the same when its rows, or columns, are reversed."""

    def span(self, side: int) -> int:
        return (int(self.kernel.shape[side]) - 1) * self.dilation[side] + 1


def merge_kernels(
    kernels: Sequence[ArrayLike],
    strides: Sequence[Pair] | None = None,
    paddings: Sequence[Padding] | None = None,
    *,
    dilations: Sequence[Pair] | None = None,
    mode: str = "convolution",
    border: str = "constant",
    require_exact: bool = False,
) -> MergedKernel:
    """Merge convolutions that follow one another into one.

    The first one's windows are `s` pixels apart, so the second one's taps are too:
    `merged[i·d + s·j·e] += first[i] · second[j]`, `stride = s·t` and `padding = p + s·q` for dilations d, e, strides s,
    t and paddings p, q. Inside the image this is the chain. Where the second one reads its padding, the chain has the
    border's values, and the merged one goes on with the first convolution over the padded image; with a constant
    border, the two agree as well where the first one's windows would see nothing but zeros there, which is so for
    `p + s ≥ span` at the top and left and `p + 1 ≥ span` at the bottom and right, its span being (taps - 1)·d + 1. An
    image repeated by `wrap`, or by `reflect` or `reflect_101` where the first kernel is the same in reverse, goes on as
    such behind a convolution that keeps its size.

    Parameters
    ----------
    kernels
        One or more, applied in this order: (kh, kw) for each channel alike, or (kh, kw, Cin, Cout).
    strides, dilations
        Of each convolution, as for `convolve`; None: 1.
    paddings
        Of each: `valid`, [[top, bottom], [left, right]], or `same` at stride 1. None: `same`.
    mode
        `convolution` or `correlation`, of all kernels and of the merged one.
    border
        Of all convolutions, constant at 0, `replicate`, `reflect`, `reflect_101` or `wrap`.
    require_exact
        Raise where the merged convolution is not the chain for every image.

    Returns
    -------
    MergedKernel
        Kernel, stride and padding for `convolve` with dilation 1, `exact`, `border_band` and `reason`. The band is as
        narrow as can be said without the image's size; a smaller result lies in it altogether.

    Raises
    ------
    InvalidInput
        An argument is not as above; channels do not fit; the kernel would have more than 2^22 numbers.
    Degenerate
        `not_mergeable`: `require_exact`, and no single convolution of this kind is the chain.
    """
    choice(mode, "mode", MODES)
    choice(border, "border", BORDERS)
    stages = _stages(kernels, strides, paddings, dilations)
    merged = stages[0]
    band: Margins = ((0, 0), (0, 0))
    for number, stage in enumerate(stages[1:], 1):
        band = _band(merged, stage, band, border)
        merged = _joined(merged, stage, number)
    spread = _spread(merged.kernel, merged.dilation)
    exact = band == ((0, 0), (0, 0))
    reason = ""
    if not exact:
        shown = "zeros" if border == "constant" else f"the border {border}"
        reason = f"between the convolutions the chain pads with {shown}, where the first ones reach beyond the image"
        if require_exact:
            raise Degenerate("not_mergeable", f"{reason}; results differ in a band {band} along the border")
    return MergedKernel(spread, merged.stride, merged.padding, exact, band, reason)


def _stages(
    kernels: Sequence[ArrayLike],
    strides: Sequence[Pair] | None,
    paddings: Sequence[Padding] | None,
    dilations: Sequence[Pair] | None,
) -> list[_Stage]:
    if len(kernels) == 0:
        raise InvalidInput("kernels", "must hold one kernel at least")
    count = len(kernels)
    for name, values in (("strides", strides), ("paddings", paddings), ("dilations", dilations)):
        if values is not None and len(values) != count:
            raise InvalidInput(name, f"must be as many as the {count} kernels, came as {len(values)}")
    stages = []
    for number, kernel in enumerate(kernels):
        try:
            taps = kernel_taps(kernel, "correlation")
            stride = pair(1 if strides is None else strides[number], "stride")
            dilation = pair(1 if dilations is None else dilations[number], "dilation")
            padding = "same" if paddings is None else paddings[number]
            margins = margins_of(padding)
        except InvalidInput as error:
            name, *place = error.argument.split("/")
            raise InvalidInput("/".join([f"{name}s", str(number), *place]), error.detail) from None
        mirrored = bool((taps == taps[::-1]).all()), bool((taps == taps[:, ::-1]).all())
        stage = _Stage(taps, stride, dilation, margins, mirrored)
        if padding == "same":
            if stride != (1, 1):
                raise InvalidInput(
                    f"paddings/{number}", "same depends on the size of the image where the stride is > 1"
                )
            margins = (_halves(stage.span(0)), _halves(stage.span(1)))
        stages.append(stage._replace(padding=margins))
    return stages


def _halves(span: int) -> tuple[int, int]:
    return (span - 1) // 2, span // 2


def _band(first: _Stage, second: _Stage, band: Margins, border: str) -> Margins:
    """Rows and columns of the second result that may differ, where those of the first in `band` do."""
    sides = []
    for side in (0, 1):
        (before, after), (next_before, next_after) = first.padding[side], second.padding[side]
        span, step = first.span(side), second.stride[side]
        if border == "constant":
            silent = first.stride[side] + before >= span, after + 1 >= span
        else:
            repeats = border == "wrap" or (border.startswith("reflect") and first.mirrored[side] and before == after)
            silent = (repeats and first.stride[side] == 1 and before + after == span - 1,) * 2
        ends = []
        for differs, reads, agrees in zip(band[side], (next_before, next_after), silent, strict=True):
            wide = differs + reads if differs > 0 or not agrees else 0
            ends.append(-(-wide // step) if reads > 0 or differs > 0 else 0)
        sides.append((ends[0], ends[1]))
    return sides[0], sides[1]


def _joined(first: _Stage, second: _Stage, number: int) -> _Stage:
    down, across = first.stride
    spreads = second.dilation[0] * down, second.dilation[1] * across
    a, b = _spread(first.kernel, first.dilation), second.kernel
    height, width = ((b.shape[side] - 1) * spreads[side] + a.shape[side] for side in (0, 1))
    if a.ndim == 4 and b.ndim == 4 and a.shape[3] != b.shape[2]:
        raise InvalidInput(f"kernels/{number}", f"takes {b.shape[2]} channels, the one before gives {a.shape[3]}")
    outer = (*(a.shape[2:3] or b.shape[2:3]), *(b.shape[3:] or a.shape[3:]))
    if height * width * int(np.prod(outer)) > LARGEST_TAPS:
        raise InvalidInput(f"kernels/{number}", f"makes the merged kernel {height} × {width}, beyond 2^22 numbers")
    kernel = np.zeros((height, width, *outer))
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            y, x = i * spreads[0], j * spreads[1]
            part = a @ b[i, j] if a.ndim == 4 and b.ndim == 4 else _scaled(a, b[i, j])
            kernel[y : y + a.shape[0], x : x + a.shape[1]] += part
    padding = tuple(
        tuple(p + step * q for p, q in zip(first.padding[side], second.padding[side], strict=True))
        for side, step in enumerate(first.stride)
    )
    return _Stage(
        kernel,
        (down * second.stride[0], across * second.stride[1]),
        (1, 1),
        ((padding[0][0], padding[0][1]), (padding[1][0], padding[1][1])),
        (first.mirrored[0] and second.mirrored[0], first.mirrored[1] and second.mirrored[1]),
    )


def _scaled(taps: Array, tap: Array) -> Array:
    """Every tap times a number or a matrix of channels; one of the two acts on each channel alike."""
    return taps[:, :, np.newaxis, np.newaxis] * tap if tap.ndim == 2 else taps * tap


def _spread(kernel: Array, dilation: tuple[int, int]) -> Array:
    """The kernel with zeros between its taps."""
    if dilation == (1, 1):
        return kernel
    height, width = ((kernel.shape[side] - 1) * dilation[side] + 1 for side in (0, 1))
    if height * width * int(np.prod(kernel.shape[2:])) > LARGEST_TAPS:
        raise InvalidInput("dilations", f"make a kernel {height} × {width}, beyond 2^22 numbers")
    spread = np.zeros((height, width, *kernel.shape[2:]))
    spread[:: dilation[0], :: dilation[1]] = kernel
    return spread
