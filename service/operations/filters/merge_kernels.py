"""`merge-kernels`."""

import math
from typing import Annotated

from pydantic import Field

import geometry
from geometry.filters.convolution.merging import LARGEST_TAPS
from service.arrays.stacks import layers
from service.arrays.types.filters import KernelStack, ResultKernel
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.window import Dilation, Mode, Padding, Stride, WindowBorder, pair

_CHAIN = Field(min_length=1, max_length=64)


class MergeKernelsParams(Document):
    kernels: KernelStack = Field(description="Kernels in the order in which they are applied.")
    strides: Annotated[list[Stride], _CHAIN] | None = Field(None, description="Of each; null: 1.")
    paddings: Annotated[list[Padding], _CHAIN] | None = Field(None, description="Of each; null: `same`.")
    dilations: Annotated[list[Dilation], _CHAIN] | None = Field(None, description="Of each; null: 1.")
    mode: Mode = "convolution"
    border: WindowBorder = Field("constant", description="Of all convolutions; a constant is 0.")
    require_exact: bool = Field(
        False, description="Answer 422 with the reason `not_mergeable` where the merged one is not the chain."
    )


class MergeKernelsResult(Document):
    kernel: ResultKernel = Field(description="The kernel of the merged convolution, for dilation 1.")
    stride: list[int] = Field(description="Steps [rows, columns] of the merged convolution.")
    padding: list[list[int]] = Field(description="Margins [[top, bottom], [left, right]] of the merged convolution.")
    exact: bool = Field(description="Whether it is the chain for every image, but for rounding.")
    border_band: list[list[int]] = Field(
        description="How much of the result may differ from the chain: [[top, bottom], [left, right]]."
    )
    reason: str = Field(description="Why it is not exact; empty where it is.")
    mode: Mode = Field(description="Of the merged convolution.")


def _merge_kernels(params: MergeKernelsParams) -> MergeKernelsResult:
    merged = geometry.merge_kernels(
        layers(params.kernels),
        params.strides,
        params.paddings,
        dilations=params.dilations,
        mode=params.mode,
        border=params.border,
        require_exact=params.require_exact,
    )
    return MergeKernelsResult(
        kernel=merged.kernel,
        stride=list(merged.stride),
        padding=[list(side) for side in merged.padding],
        exact=merged.exact,
        border_band=[list(side) for side in merged.border_band],
        reason=merged.reason,
        mode=params.mode,
    )


def _cost(params: MergeKernelsParams) -> Cost:
    count, *lengths = params.kernels.shape
    spans, steps, flops = [1, 1], [1, 1], 0.0
    for number in range(count):
        spread, stride = pair(_at(params.dilations, number)), pair(_at(params.strides, number))
        for side in (0, 1):
            spans[side] += (lengths[side] - 1) * spread[side] * steps[side]
            steps[side] *= stride[side]
        flops += 2.0 * math.prod(spans) * math.prod(lengths)
    size = (*spans, *lengths[2:])
    if math.prod(spans) > LARGEST_TAPS:
        raise geometry.InvalidInput("kernels", f"make a kernel {spans[0]} × {spans[1]}, beyond 2^22 numbers")
    return Cost((OutputArray("kernel", size, "float64", at_most=True),), 32 * math.prod(size), flops)


def _at(steps: list[int | list[int]] | None, number: int) -> int | list[int]:
    return 1 if steps is None or number >= len(steps) else steps[number]


MERGE_KERNELS = Operation(
    name="merge-kernels",
    family="filters",
    summary="Merge convolutions that follow one another into one, and say where it differs",
    params=MergeKernelsParams,
    result=MergeKernelsResult,
    run=_merge_kernels,
    cost=_cost,
    examples=(
        Example(
            "Two kernels; the first is padded enough, so the merged one is exact",
            {
                "kernels": [[[1, 0, -1]], [[1, 2, 1]]],
                "strides": [1, 2],
                "paddings": [[[0, 0], [2, 2]], [[0, 0], [1, 1]]],
                "mode": "correlation",
            },
        ),
        Example(
            "Without padding in the first one no single convolution does the same along the border",
            {
                "kernels": [
                    [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
                    [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
                ],
                "paddings": ["valid", [[2, 2], [2, 2]]],
                "mode": "correlation",
            },
        ),
    ),
)
