"""`gradient`."""

from math import prod
from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import ResultDerivative
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import SmoothBorder, real_dtype, windowed_scratch
from service.operations.filters.window import Fill


class GradientParams(Document):
    image: Image = Field(description="The pixels to differentiate.")
    operator: Literal["sobel", "scharr", "prewitt"] = Field("sobel", description="The derivative's kernels.")
    size: Literal[3, 5, 7] = Field(3, description="Taps along a side; 5 and 7 for `sobel` only.")
    normalization: Literal["none", "slope"] = Field(
        "none", description="`none`: kernels of whole numbers, as OpenCV's. `slope`: a ramp of slope 1 gives 1."
    )
    magnitude: bool = Field(False, description="Return the length of the gradient, too.")
    direction: bool = Field(False, description="Return the angle of the gradient, too.")
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0


class GradientResult(Document):
    x: ResultDerivative = Field(description="Derivative to the right.")
    y: ResultDerivative = Field(description="Derivative downwards.")
    magnitude: ResultDerivative | None = Field(None, description="Length of the gradient; only if asked for.")
    direction: ResultDerivative | None = Field(
        None, description="Angle atan2(y, x) in radians, 0 to the right, π/2 downwards; only if asked for."
    )
    operator: str = Field(description="The derivative's kernels.")
    normalization: str = Field(description="How they were scaled.")


def _gradient(params: GradientParams) -> GradientResult:
    found = geometry.gradient(
        params.image,
        operator=params.operator,
        size=params.size,
        normalization=params.normalization,
        magnitude=params.magnitude,
        direction=params.direction,
        border=params.border,
        fill=params.fill,
    )
    return GradientResult(**found._asdict(), operator=params.operator, normalization=params.normalization)


def _cost(params: GradientParams) -> Cost:
    if params.size != 3 and params.operator != "sobel":
        raise geometry.InvalidInput("size", f"must be 3 for {params.operator}, came as {params.size}")
    shape, dtype = params.image.shape, real_dtype(params.image.dtype.name)
    wanted = ["x", "y", *(name for name in ("magnitude", "direction") if getattr(params, name))]
    outputs = tuple(OutputArray(name, shape, dtype) for name in wanted)
    flops = prod(shape) * (8.0 * params.size + 8 * params.magnitude + 40 * params.direction)
    return Cost(outputs, windowed_scratch(shape, (params.size, params.size)), flops)


GRADIENT = Operation(
    name="gradient",
    family="filters",
    summary="Differentiate an image in x and y",
    params=GradientParams,
    result=GradientResult,
    run=_gradient,
    cost=_cost,
    examples=(
        Example(
            "A ramp that rises by 2 a pixel, to the right",
            {"image": [[0, 2, 4], [0, 2, 4], [0, 2, 4]], "normalization": "slope", "magnitude": True},
        ),
    ),
)
