"""`convolution-matrix`."""

from typing import Annotated, Any, Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import (
    FilterKernel,
    ResultOperatorData,
    ResultOperatorIndices,
    ResultOperatorRows,
    ResultOperatorTensor,
)
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
    pair,
    product,
)


class ConvolutionMatrixParams(Document):
    kernel: FilterKernel = Field(description="The weights.")
    shape: Annotated[list[Extent], Field(min_length=2, max_length=3)] = Field(
        description="Size of the images: [rows, columns] or [rows, columns, channels]."
    )
    form: Literal["csr", "dense"] = Field(
        "csr",
        description=(
            "`csr`: compressed sparse rows; row (y·w + x)·Cout + c is a number of the result, column (y·W + x)·C + c "
            "one of the image. `dense`: a tensor (h, w, Cout, H, W, C)."
        ),
    )
    mode: Mode = "convolution"
    stride: Stride = 1
    dilation: Dilation = 1
    groups: Groups = 1
    padding: Padding = "same"
    border: WindowBorder = Field("constant", description="What lies outside; a constant is 0.")


class ConvolutionMatrixResult(Document):
    data: ResultOperatorData | None = Field(None, description="Entries, for `csr`.")
    indices: ResultOperatorIndices | None = Field(None, description="Their columns, for `csr`.")
    indptr: ResultOperatorRows | None = Field(None, description="Beginnings of the rows, for `csr`.")
    tensor: ResultOperatorTensor | None = Field(None, description="The operator, for `dense`.")
    rows: int = Field(description="Rows of the matrix: numbers of the result.")
    columns: int = Field(description="Columns of the matrix: numbers of the image.")
    output_shape: list[int] = Field(description="Shape [h, w, Cout] of the result.")
    input_shape: list[int] = Field(description="Shape [H, W, C] of the image.")
    mode: Mode = Field(description="Whether the kernel was flipped.")


def _options(params: ConvolutionMatrixParams) -> dict[str, Any]:
    return {
        "mode": params.mode,
        "stride": pair(params.stride),
        "dilation": pair(params.dilation),
        "groups": params.groups,
        "padding": params.padding,
        "border": params.border,
    }


def _convolution_matrix(params: ConvolutionMatrixParams) -> ConvolutionMatrixResult:
    output, image = _shapes(params)
    facts: dict[str, Any] = {
        "rows": product(output),
        "columns": product(image),
        "output_shape": list(output),
        "input_shape": list(image),
        "mode": params.mode,
    }
    if params.form == "dense":
        tensor = geometry.convolution_tensor(params.kernel, params.shape, **_options(params))
        return ConvolutionMatrixResult(tensor=tensor, **facts)
    found = geometry.convolution_matrix(params.kernel, params.shape, **_options(params))
    return ConvolutionMatrixResult(data=found.data, indices=found.indices, indptr=found.indptr, **facts)


def _shapes(params: ConvolutionMatrixParams) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of the result and of the image, with channels."""
    image = (*params.shape, 1)[:3]
    output = geometry.convolution_shape(
        image,
        params.kernel.shape,
        stride=pair(params.stride),
        dilation=pair(params.dilation),
        padding=params.padding,
    )
    return output, image


def _cost(params: ConvolutionMatrixParams) -> Cost:
    output, image = _shapes(params)
    kernel = params.kernel.shape
    rows, columns = product(output), product(image)
    products = rows * kernel[0] * kernel[1] * (kernel[2] if len(kernel) == 4 else 1)
    scratch = 64 * products + 8 * (rows + columns)
    if params.form == "dense":
        return Cost((OutputArray("tensor", (*output, *image), "float64"),), scratch + 16 * products, 20.0 * products)
    index = "int32" if max(columns, products) < 2**31 else "int64"
    outputs = (
        OutputArray("data", (products,), "float64", at_most=True),
        OutputArray("indices", (products,), index, at_most=True),
        OutputArray("indptr", (rows + 1,), index),
    )
    return Cost(outputs, scratch, 20.0 * products)


CONVOLUTION_MATRIX = Operation(
    name="convolution-matrix",
    family="filters",
    summary="Write a convolution as a matrix, sparse or dense",
    params=ConvolutionMatrixParams,
    result=ConvolutionMatrixResult,
    run=_convolution_matrix,
    cost=_cost,
    examples=(
        Example(
            "Horizontal differences in images of two rows and three columns",
            {"kernel": [[-1, 1]], "shape": [2, 3], "mode": "correlation", "padding": "valid"},
        ),
        Example(
            "The same as a dense tensor",
            {"kernel": [[-1, 1]], "shape": [2, 3], "mode": "correlation", "padding": "valid", "form": "dense"},
        ),
    ),
)
