"""`col2im`."""

from typing import Annotated, Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import ResultLayoutImages, WindowColumns
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import Dilation, Extent, Padding, Steps, Stride, WindowBorder, pair, product


class Col2imParams(Document):
    columns: WindowColumns = Field(description="A row for each place, in the order of image, y, x.")
    window: Steps = Field(description="Size of the window: one number, or [rows, columns].")
    shape: Annotated[list[Extent], Field(min_length=2, max_length=4)] = Field(
        description="Of the image: [H, W], [H, W, C] or [N, H, W, C]; for nchw [C, H, W] or [N, C, H, W]."
    )
    stride: Stride = 1
    dilation: Dilation = 1
    padding: Padding = "valid"
    border: WindowBorder = Field(
        "constant", description="Where numbers outside go: nowhere, or to the pixel shown there."
    )
    layout: Literal["nhwc", "nchw"] = Field(
        "nhwc", description="Order of the image's axes and of a row: (i, j, channel), or (channel, i, j)."
    )


class Col2imResult(Document):
    image: ResultLayoutImages = Field(description="For each pixel, the sum of the numbers that came from it.")
    layout: str = Field(description="Order of the axes.")


def _col2im(params: Col2imParams) -> Col2imResult:
    image = geometry.col2im(
        params.columns,
        pair(params.window),
        params.shape,
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        padding=params.padding,
        border=params.border,
        layout=params.layout,
    )
    return Col2imResult(image=image, layout=params.layout)


def _cost(params: Col2imParams) -> Cost:
    shape = tuple(params.shape)
    wanted = geometry.columns_shape(
        shape,
        pair(params.window),
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        padding=params.padding,
        layout=params.layout,
    )
    if tuple(params.columns.shape) != wanted:
        raise geometry.InvalidInput("columns", f"must have shape {wanted}, came as {tuple(params.columns.shape)}")
    numbers = product(shape) + 2 * product(wanted)
    return Cost((OutputArray("image", shape, params.columns.dtype.name),), 8 * 2 * numbers, float(numbers))


COL2IM = Operation(
    name="col2im",
    family="filters",
    summary="Add the rows of a matrix of windows to an image, each where it came from",
    params=Col2imParams,
    result=Col2imResult,
    run=_col2im,
    cost=_cost,
    examples=(
        Example(
            "How many windows of two by two read each pixel",
            {"columns": [[1, 1, 1, 1]] * 4, "window": 2, "shape": [3, 3]},
        ),
    ),
)
