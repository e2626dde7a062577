"""How a sliding window covers an axis: where it starts, how it steps, how many places it has."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geometry.errors import InvalidInput
from geometry.filters.border import border_index
from geometry.inputs import Array

Pair = int | Sequence[int]
Padding = str | Sequence[Sequence[int]]

_LARGEST = 2**40


class Axis(NamedTuple):
    """One axis of a window sliding over an image: tap j of place o reads pixel `o·stride + j·dilation - before`."""

    length: int
    taps: int
    stride: int
    dilation: int
    before: int
    places: int

    @property
    def padded(self) -> int:
        """Length of the padded axis, as far as the windows reach."""
        return (self.places - 1) * self.stride + (self.taps - 1) * self.dilation + 1

    def part(self, first: int, places: int) -> "Axis":
        """Up to `places` places from the `first` one on."""
        return self._replace(before=self.before - first * self.stride, places=min(places, self.places - first))

    def sources(self, border: str) -> Array:
        """Pixel of the image that each pixel of the padded axis shows, int64; -1 for the constant."""
        return border_index(np.arange(self.padded, dtype=np.int64) - self.before, self.length, border)


def pair(value: Pair, name: str, *, least: int = 1) -> tuple[int, int]:
    """(y, x) from one whole number ≥ `least` for both, or two.

    Raises
    ------
    InvalidInput
        Not one or two such numbers.
    """
    try:
        y, x = np.broadcast_to(np.asarray(value), 2).tolist()
        steps = int(y), int(x)
        whole = steps == (y, x)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput(name, "must be one whole number or a pair (y, x)") from None
    if not whole or min(steps) < least or max(steps) > _LARGEST:
        raise InvalidInput(name, f"must be whole numbers ≥ {least}, came as {value}")
    return steps


def window_axes(
    image_shape: Sequence[int], kernel_shape: Sequence[int], *, stride: Pair, dilation: Pair, padding: Padding
) -> tuple[Axis, Axis]:
    """The vertical and the horizontal axis of a (kh, kw) window over an (H, W) image.

    Raises
    ------
    InvalidInput
        `stride`, `dilation` or `padding` is malformed; the window is larger than the image and its padding.
    """
    steps, spreads = pair(stride, "stride"), pair(dilation, "dilation")
    margins = margins_of(padding)
    axes = [
        _axis(int(image_shape[side]), int(kernel_shape[side]), steps[side], spreads[side], padding, margins[side])
        for side in (0, 1)
    ]
    return axes[0], axes[1]


def _axis(length: int, taps: int, stride: int, dilation: int, padding: Padding, margins: tuple[int, int]) -> Axis:
    span = (taps - 1) * dilation + 1
    if padding == "same":
        places = -(-length // stride)
        before = max((places - 1) * stride + span - length, 0) // 2
        return Axis(length, taps, stride, dilation, before, places)
    free = length + sum(margins) - span
    if free < 0:
        argument = "kernel" if padding == "valid" else "padding"
        raise InvalidInput(argument, f"the window spans {span} pixels, the padded image only {length + sum(margins)}")
    return Axis(length, taps, stride, dilation, margins[0], free // stride + 1)


def margins_of(padding: Padding) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)) of a padding; zeros for `valid`, and for `same`, which depends on the image.

    Raises
    ------
    InvalidInput
        It is malformed.
    """
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise InvalidInput("padding", f"must be same, valid or [[top, bottom], [left, right]]; came as {padding!r}")
        return (0, 0), (0, 0)
    try:
        (top, bottom), (left, right) = padding
        sides = [int(side) for side in (top, bottom, left, right)]
        whole = sides == [top, bottom, left, right]
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("padding", "must be same, valid or [[top, bottom], [left, right]]") from None
    if not whole or min(sides) < 0 or max(sides) > _LARGEST:
        raise InvalidInput("padding", f"must be whole numbers ≥ 0, came as {padding}")
    return (sides[0], sides[1]), (sides[2], sides[3])
