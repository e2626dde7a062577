"""Operations that filter images."""

from typing import Annotated, Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import FilterKernel, ResultFiltered, ResultValues, WindowKernel
from service.arrays.types.images import Image
from service.arrays.types.plane import PixelPoints
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Border, Numbers

Mode = Literal["convolution", "correlation"]
Steps = (
    Annotated[int, Field(ge=1, le=65_536)]
    | Annotated[list[Annotated[int, Field(ge=1, le=65_536)]], Field(min_length=2, max_length=2)]
)
Margin = Annotated[list[Annotated[int, Field(ge=0, le=2**31 - 1)]], Field(min_length=2, max_length=2)]
Padding = Literal["same", "valid"] | Annotated[list[Margin], Field(min_length=2, max_length=2)]

_MODE = "`convolution` flips the kernel, `correlation` does not."
_BORDER = "What lies outside the image: `fill`, its edge, or its reflection or repetition."
_FILL = "Value outside the image where border is constant: one for all channels, or one each."


class ConvolveParams(Document):
    image: Image = Field(description="The pixels to filter.")
    kernel: FilterKernel = Field(description="The weights.")
    mode: Mode = Field("convolution", description=_MODE)
    stride: Steps = Field(1, description="Step between outputs: one number, or [rows, columns].")
    dilation: Steps = Field(1, description="Step between taps: one number, or [rows, columns].")
    groups: int = Field(1, ge=1, le=65_536, description="Independent groups of channels, for kernels with channels.")
    padding: Padding = Field(
        "same",
        description=(
            "`same`: ⌈size / stride⌉ outputs. `valid`: only where the window lies inside. Or [[top, bottom], "
            "[left, right]]."
        ),
    )
    border: Border = Field("constant", description=_BORDER)
    fill: Numbers = Field(0.0, description=_FILL)
    method: Literal["auto", "direct", "separable"] = Field(
        "auto", description="The engine; `auto` takes the cheapest one that does not change the result."
    )
    output_dtype: Literal["same", "float32", "float64"] = Field(
        "same", description="`same`: as the image; integers saturate and round half to even."
    )


class ConvolveResult(Document):
    image: ResultFiltered = Field(description="The filtered image.")
    mode: Mode = Field(description="Whether the kernel was flipped.")
    engine: str = Field(description="The engine that computed it.")


def _convolve(params: ConvolveParams) -> ConvolveResult:
    engine: str = params.method
    if engine == "auto":
        engine = geometry.convolution_engine(
            params.image.shape,
            params.image.dtype,
            params.kernel,
            mode=params.mode,
            stride=_pair(params.stride),
            dilation=_pair(params.dilation),
            groups=params.groups,
            padding=params.padding,
            border=params.border,
            fill=params.fill,
            output_dtype=params.output_dtype,
        )
    image = geometry.convolve(
        params.image,
        params.kernel,
        mode=params.mode,
        stride=_pair(params.stride),
        dilation=_pair(params.dilation),
        groups=params.groups,
        padding=params.padding,
        border=params.border,
        fill=params.fill,
        method=engine,
        output_dtype=params.output_dtype,
    )
    return ConvolveResult(image=image, mode=params.mode, engine=engine)


def _pair(steps: int | list[int]) -> tuple[int, int]:
    return (steps, steps) if isinstance(steps, int) else (steps[0], steps[1])


def _convolve_cost(params: ConvolveParams) -> Cost:
    shape = geometry.convolution_shape(
        params.image.shape,
        params.kernel.shape,
        stride=_pair(params.stride),
        dilation=_pair(params.dilation),
        padding=params.padding,
    )
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    values = 1
    for length in shape:
        values *= length
    taps = (
        params.kernel.shape[0]
        * params.kernel.shape[1]
        * (params.kernel.shape[2] if len(params.kernel.shape) == 4 else 1)
    )
    row = (params.image.shape[1] + shape[1]) * (params.image.shape[2] if len(params.image.shape) == 3 else 1)
    strip = 8 * row * (64 + params.kernel.shape[0]) * geometry.threads()
    return Cost(
        (OutputArray("image", shape, dtype),),
        strip + (64 << 20 if len(params.kernel.shape) == 4 else 0),
        2.0 * values * taps,
    )


CONVOLVE = Operation(
    name="convolve",
    family="filters",
    summary="Convolve or correlate an image with a kernel",
    params=ConvolveParams,
    result=ConvolveResult,
    run=_convolve,
    cost=_convolve_cost,
    examples=(
        Example(
            "Horizontal differences",
            {
                "image": [[1, 4, 9, 16], [1, 4, 9, 16]],
                "kernel": [[-1, 0, 1]],
                "mode": "correlation",
                "border": "replicate",
            },
        ),
    ),
)


class ConvolveAtParams(Document):
    image: Image = Field(description="The pixels to look at; only those under the windows are read.")
    kernel: WindowKernel = Field(description="The weights.")
    points: PixelPoints = Field(description="Where to evaluate: whole numbers (x, y).")
    mode: Mode = Field("convolution", description=_MODE)
    anchor: Literal["center", "corner"] = Field(
        "center", description="Whether a point is the window's centre or its top left corner."
    )
    dilation: Steps = Field(1, description="Step between taps: one number, or [rows, columns].")
    border: Border = Field("constant", description=_BORDER)
    fill: Numbers = Field(0.0, description=_FILL)


class ConvolveAtResult(Document):
    values: ResultValues = Field(description="The convolution's value at each point.")
    mode: Mode = Field(description="Whether the kernel was flipped.")
    anchor: str = Field(description="What the points mean.")


def _convolve_at(params: ConvolveAtParams) -> ConvolveAtResult:
    values = geometry.convolve_at(
        params.image,
        params.kernel,
        params.points,
        mode=params.mode,
        anchor=params.anchor,
        dilation=_pair(params.dilation),
        border=params.border,
        fill=params.fill,
    )
    return ConvolveAtResult(values=values, mode=params.mode, anchor=params.anchor)


def _convolve_at_cost(params: ConvolveAtParams) -> Cost:
    points, channels = params.points.shape[0], params.image.shape[2:]
    values = points * (channels[0] if channels else 1)
    taps = params.kernel.shape[0] * params.kernel.shape[1]
    return Cost((OutputArray("values", (points, *channels), "float64"),), points * 16, 4.0 * values * taps)


CONVOLVE_AT = Operation(
    name="convolve-at",
    family="filters",
    summary="Evaluate a convolution at chosen points only",
    params=ConvolveAtParams,
    result=ConvolveAtResult,
    run=_convolve_at,
    cost=_convolve_at_cost,
    examples=(
        Example(
            "Two values of a box sum",
            {
                "image": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
                "kernel": [[1, 1], [1, 1]],
                "points": [[0, 0], [1, 1]],
                "anchor": "corner",
            },
        ),
    ),
)

OPERATIONS = (CONVOLVE, CONVOLVE_AT)
