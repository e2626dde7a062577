"""What operations that slide a window are told alike."""

from typing import Annotated, Literal

from pydantic import Field

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
