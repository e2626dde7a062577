"""`box`."""

from math import prod

from pydantic import Field

import geometry
from service.arrays.types.filters import ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import OutputDtype, SmoothBorder, Window, windowed_scratch
from service.operations.filters.window import Fill, pair


class BoxParams(Document):
    image: Image = Field(description="The pixels to average.")
    window: Window
    normalized: bool = Field(True, description="The mean of a window; otherwise the sum.")
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0
    output_dtype: OutputDtype = "same"


class BoxResult(Document):
    image: ResultFiltered = Field(description="Mean or sum over the window of each pixel.")
    normalized: bool = Field(description="Whether it is the mean.")


def _box(params: BoxParams) -> BoxResult:
    image = geometry.box(
        params.image,
        pair(params.window),
        normalized=params.normalized,
        border=params.border,
        fill=params.fill,
        output_dtype=params.output_dtype,
    )
    return BoxResult(image=image, normalized=params.normalized)


def _cost(params: BoxParams) -> Cost:
    shape, (rows, columns) = params.image.shape, pair(params.window)
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    lines = 8 * 3 * (shape[1] + columns) * prod(shape[2:]) * geometry.threads()
    values, scratch = prod(shape), lines + 16 * (rows + columns + shape[0] + shape[1])
    if params.image.dtype.kind == "f" and max(rows, columns) <= 4097:
        scratch = max(scratch, windowed_scratch(shape, (rows, columns)) + 8 * values)
    blocks = -(-shape[0] // max(128, rows))
    return Cost(
        (OutputArray("image", shape, dtype),),
        scratch,
        values * (8.0 + 2 * columns.bit_length()) + 2.0 * blocks * rows * prod(shape[1:]),
    )


BOX = Operation(
    name="box",
    family="filters",
    summary="Average, or sum, the pixels of a rectangle around each pixel",
    params=BoxParams,
    result=BoxResult,
    run=_box,
    cost=_cost,
    examples=(Example("Means of 3×3 pixels", {"image": [[9, 0, 0], [0, 0, 0], [0, 0, 18]], "window": 3}),),
)
