"""`convolve-transpose`."""

from typing import Annotated, Any, Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import FilteredImages, FilterKernel, ResultTransposed
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import (
    Dilation,
    Extent,
    Groups,
    Mode,
    Padding,
    Stride,
    WindowBorder,
    convolution_flops,
    convolution_scratch,
    pair,
    product,
)

Added = Annotated[int, Field(ge=0, le=65_535)]


class ConvolveTransposeParams(Document):
    image: FilteredImages = Field(description="What a convolution gave, or could give.")
    kernel: FilterKernel = Field(description="The weights of the convolution.")
    mode: Mode = Field(
        "convolution",
        description="Of the convolution that is transposed; frameworks for deep learning mean `correlation`.",
    )
    stride: Stride = 1
    dilation: Dilation = 1
    groups: Groups = 1
    padding: Padding = "same"
    output_padding: Added | Annotated[list[Added], Field(min_length=2, max_length=2)] = Field(
        0,
        description="Rows and columns added at the bottom and on the right, below the stride; not with shape or same.",
    )
    shape: Annotated[list[Extent], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Rows and columns of the result, where several have the same number of windows."
    )
    border: WindowBorder = "constant"
    output_dtype: Literal["same", "float32", "float64"] = Field(
        "same", description="`same`: as the image; integers saturate and round half to even."
    )


class ConvolveTransposeResult(Document):
    image: ResultTransposed = Field(description="The adjoint applied to the image.")
    mode: Mode = Field(description="Whether the convolution that was transposed flips its kernel.")


def _geometry(params: ConvolveTransposeParams) -> dict[str, Any]:
    return {
        "stride": pair(params.stride),
        "dilation": pair(params.dilation),
        "groups": params.groups,
        "padding": params.padding,
        "output_padding": pair(params.output_padding),
        "shape": params.shape,
    }


def _convolve_transpose(params: ConvolveTransposeParams) -> ConvolveTransposeResult:
    image = geometry.convolve_transpose(
        params.image,
        params.kernel,
        mode=params.mode,
        border=params.border,
        output_dtype=params.output_dtype,
        **_geometry(params),
    )
    return ConvolveTransposeResult(image=image, mode=params.mode)


def _cost(params: ConvolveTransposeParams) -> Cost:
    given, kernel = params.image.shape, params.kernel.shape
    shape = geometry.transposed_shape(given, kernel, **_geometry(params))
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    span = [(kernel[side] - 1) * pair(params.dilation)[side] for side in (0, 1)]
    channels = shape[-1] if len(shape) > 2 else 1
    count = shape[0] if len(shape) == 4 else 1
    height, width = shape[-3:-1] if len(shape) > 2 else shape
    step = pair(params.stride)
    padded = 8 * count * channels * (height + span[0] + step[0]) * (width + span[1] + step[1])
    scratch = 4 * padded + convolution_scratch(given, kernel, shape, params.image.dtype.itemsize)
    flops = convolution_flops(kernel, given, "auto") + 8.0 * step[0] * step[1] + product(shape)
    return Cost((OutputArray("image", shape, dtype),), scratch, flops)


CONVOLVE_TRANSPOSE = Operation(
    name="convolve-transpose",
    family="filters",
    summary="Apply the transpose of a convolution, from its output back to its input",
    params=ConvolveTransposeParams,
    result=ConvolveTransposeResult,
    run=_convolve_transpose,
    cost=_cost,
    examples=(
        Example(
            "Two by two numbers spread over five by five pixels",
            {
                "image": [[-67, -77], [-117, -127]],
                "kernel": [[-1, 2, -3], [4, -5, 6], [-7, 8, -9]],
                "mode": "correlation",
                "stride": 2,
                "padding": "valid",
            },
        ),
    ),
)
