"""What operations that smooth or differentiate images are told alike."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

import geometry
from service.operations.shapes import Border

_Side = Annotated[int, Field(ge=1, le=65_536)]
Window = Annotated[
    _Side | Annotated[list[_Side], Field(min_length=2, max_length=2)],
    Field(description="Pixels of a window: one number, or [rows, columns]."),
]
_Spread = Annotated[float, Field(ge=0, le=10_000)]
Sigma = _Spread | Annotated[list[_Spread], Field(min_length=2, max_length=2)]
Truncate = Annotated[
    float, Field(gt=0, le=100, description="How far the sampled Gaussian reaches, in σ; rounded to whole pixels.")
]
SmoothBorder = Annotated[
    Border, Field(description="What lies outside the image: `fill`, its edge, or its reflection or repetition.")
]
OutputDtype = Annotated[
    Literal["same", "float32", "float64"],
    Field(description="`same`: as the image; integers saturate and round half to even."),
]


def two(value: float | list[float]) -> tuple[float, float]:
    """(rows, columns) of one number for both, or two."""
    return (value, value) if isinstance(value, int | float) else (value[0], value[1])


def real_dtype(image: str) -> str:
    """The dtype of results that are not rounded."""
    return "float64" if image in ("int32", "float64") else "float32"


def windowed_scratch(image: tuple[int, ...], taps: tuple[int, int]) -> int:
    """Bytes that a separable sum over windows of so many taps holds besides its input and its output."""
    channels = max(1, prod(image[2:]))
    tile = min(image[1], max(4096 // channels + 1, taps[1]))
    return 8 * (taps[0] + 32) * ((tile + taps[1]) * channels + 128) * geometry.threads()
