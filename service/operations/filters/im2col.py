"""`im2col`."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import LayoutImages, ResultWindowColumns
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import Dilation, Fill, Padding, Steps, Stride, WindowBorder, pair, product


class Im2colParams(Document):
    image: LayoutImages = Field(description="The pixels.")
    window: Steps = Field(description="Size of the window: one number, or [rows, columns].")
    stride: Stride = 1
    dilation: Dilation = 1
    padding: Padding = "valid"
    border: WindowBorder = "constant"
    fill: Fill = 0.0
    layout: Literal["nhwc", "nchw"] = Field(
        "nhwc",
        description=(
            "Order of the image's axes and of a row: (y, x, channel) and (i, j, channel), or (channel, y, x) and "
            "(channel, i, j)."
        ),
    )


class Im2colResult(Document):
    columns: ResultWindowColumns = Field(description="A row for each place, in the order of image, y, x.")
    layout: str = Field(description="Order of a row.")


def _im2col(params: Im2colParams) -> Im2colResult:
    columns = geometry.im2col(
        params.image,
        pair(params.window),
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        padding=params.padding,
        border=params.border,
        fill=params.fill,
        layout=params.layout,
    )
    return Im2colResult(columns=columns, layout=params.layout)


def _cost(params: Im2colParams) -> Cost:
    shape = geometry.columns_shape(
        params.image.shape,
        pair(params.window),
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        padding=params.padding,
        layout=params.layout,
    )
    image = product(params.image.shape) * params.image.dtype.itemsize
    strips = geometry.threads() * (shape[1] * params.image.dtype.itemsize * max(params.image.shape) * 2)
    return Cost((OutputArray("columns", shape, params.image.dtype.name),), image + strips, 2.0 * product(shape))


IM2COL = Operation(
    name="im2col",
    family="filters",
    summary="Lay out the windows of an image as the rows of a matrix",
    params=Im2colParams,
    result=Im2colResult,
    run=_im2col,
    cost=_cost,
    examples=(Example("Windows of two by two", {"image": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "window": 2}),),
)
