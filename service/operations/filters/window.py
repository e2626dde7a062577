"""What operations that slide a window are told alike."""

import math
from typing import Annotated, Literal

from pydantic import Field

import geometry
from service.operations.shapes import Border, Numbers

Mode = Annotated[
    Literal["convolution", "correlation"],
    Field(description="`convolution` flips the kernel, `correlation` does not."),
]
Steps = (
    Annotated[int, Field(ge=1, le=65_536)]
    | Annotated[list[Annotated[int, Field(ge=1, le=65_536)]], Field(min_length=2, max_length=2)]
)
Stride = Annotated[Steps, Field(description="Step between outputs: one number, or [rows, columns].")]
Dilation = Annotated[Steps, Field(description="Step between taps: one number, or [rows, columns].")]
Margin = Annotated[list[Annotated[int, Field(ge=0, le=2**31 - 1)]], Field(min_length=2, max_length=2)]
Padding = Annotated[
    Literal["same", "valid"] | Annotated[list[Margin], Field(min_length=2, max_length=2)],
    Field(
        description=(
            "`same`: ⌈size / stride⌉ outputs. `valid`: only where the window lies inside. Or [[top, bottom], "
            "[left, right]]."
        ),
    ),
]
WindowBorder = Annotated[
    Border, Field(description="What lies outside the image: `fill`, its edge, or its reflection or repetition.")
]
Fill = Annotated[
    Numbers,
    Field(description="Value outside the image where border is constant: one for all channels, or one each."),
]


def pair(steps: int | list[int]) -> tuple[int, int]:
    """(rows, columns) of one number for both, or two."""
    return (steps, steps) if isinstance(steps, int) else (steps[0], steps[1])


Extent = Annotated[int, Field(ge=1, le=2**31 - 1)]
Groups = Annotated[
    int, Field(ge=1, le=65_536, description="Independent groups of channels, for kernels with channels.")
]


def product(lengths: tuple[int, ...]) -> int:
    """How many numbers an array of these lengths holds."""
    return math.prod(lengths)


def convolution_scratch(image: tuple[int, ...], kernel: tuple[int, ...], result: tuple[int, ...], itemsize: int) -> int:
    """Bytes that any engine of a convolution holds at most, besides its input and its result."""
    height, width = image[-3:-1] if len(image) > 2 else image
    channels = image[-1] if len(image) > 2 else 1
    wide = result[-2] if len(result) > 2 else result[1]
    strip = 8 * (width + wide) * channels * (64 + kernel[0]) * geometry.threads()
    inputs, outputs = kernel[2:] or (1, 1)
    matrices = (64 << 20) if len(kernel) == 4 else 0
    if kernel[0] * kernel[1] < _SPECTRAL_TAPS:
        return strip + matrices
    block = 16 * min(1 << 20, 4 * (height + kernel[0]) * (width + kernel[1]) + 1024)
    spectra = max(block, min(64 << 20, inputs * outputs * block))
    pieces = -(-kernel[0] // 512) * -(-kernel[1] // 512)
    totals = 8 * product(result) if pieces * inputs > 1 else 0
    return strip + matrices + spectra + geometry.threads() * (2 * block + spectra) + totals


def convolution_flops(kernel: tuple[int, ...], result: tuple[int, ...], method: str) -> float:
    """Arithmetic operations of a convolution; large kernels go through spectra unless that is ruled out."""
    taps, inputs = kernel[0] * kernel[1], kernel[2] if len(kernel) == 4 else 1
    if method in ("auto", "fft") and taps > _SPECTRAL_FLOPS:
        pieces = -(-kernel[0] // 512) * -(-kernel[1] // 512)
        taps = min(taps, _SPECTRAL_FLOPS * pieces)
    return 2.0 * product(result) * taps * inputs


_SPECTRAL_TAPS = 64
_SPECTRAL_FLOPS = 400
