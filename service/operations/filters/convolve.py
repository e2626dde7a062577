"""`convolve`."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import FilterImages, FilterKernel, ResultFiltered
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import (
    Dilation,
    Fill,
    Groups,
    Mode,
    Padding,
    Stride,
    WindowBorder,
    convolution_flops,
    convolution_scratch,
    pair,
)


class ConvolveParams(Document):
    image: FilterImages = Field(description="The pixels to filter.")
    kernel: FilterKernel = Field(description="The weights.")
    mode: Mode = "convolution"
    stride: Stride = 1
    dilation: Dilation = 1
    groups: Groups = 1
    padding: Padding = "same"
    border: WindowBorder = "constant"
    fill: Fill = 0.0
    method: Literal["auto", "direct", "separable", "fft", "im2col"] = Field(
        "auto",
        description=(
            "The engine: `direct` and `fft` for any kernel, `separable` for kernels of two axes, `im2col` for kernels "
            "with channels; `auto` takes the fastest one whose result is as exact."
        ),
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
            stride=pair(params.stride),
            dilation=pair(params.dilation),
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
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        groups=params.groups,
        padding=params.padding,
        border=params.border,
        fill=params.fill,
        method=engine,
        output_dtype=params.output_dtype,
    )
    return ConvolveResult(image=image, mode=params.mode, engine=engine)


def _convolve_cost(params: ConvolveParams) -> Cost:
    shape = geometry.convolution_shape(
        params.image.shape,
        params.kernel.shape,
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        padding=params.padding,
    )
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    kernel = params.kernel.shape
    scratch = convolution_scratch(params.image.shape, kernel, shape, params.image.dtype.itemsize)
    return Cost((OutputArray("image", shape, dtype),), scratch, convolution_flops(kernel, shape, params.method))


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
