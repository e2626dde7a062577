"""Extreme values along an axis and where they are."""

from math import prod
from typing import Literal

from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from service.arrays.types.tensors import ResultExtremes, ResultIndices, TensorWithGaps
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class ArgReduceParams(Document):
    data: TensorWithGaps = Field(description="The numbers.")
    axis: int = Field(-1, ge=-64, le=63, description="The axis that disappears; negative ones count from the end.")
    operation: Literal["max", "min"] = Field("max", description="The largest or the smallest; the first of equal ones.")
    nan: Literal["refuse", "ignore", "propagate"] = Field(
        "refuse",
        description="`ignore`: NaN loses against any number. `propagate`: the first NaN wins, as in numpy.",
    )


class ArgReduceResult(Document):
    values: ResultExtremes = Field(description="The extreme values.")
    indices: ResultIndices = Field(description="Their places along the axis; −1 where there are only NaN, ignored.")


def _reduce(params: ArgReduceParams) -> ArgReduceResult:
    found = geometry.arg_reduce(params.data, axis=params.axis, operation=params.operation, nan=params.nan)
    return ArgReduceResult(values=found.values, indices=found.indices)


def _reduce_cost(params: ArgReduceParams) -> Cost:
    shape = list(params.data.shape)
    if not -len(shape) <= params.axis < len(shape):
        raise InvalidInput("axis", f"is not an axis of an array of {len(shape)}")
    del shape[params.axis]
    outputs = (
        OutputArray("values", tuple(shape), params.data.dtype.name),
        OutputArray("indices", tuple(shape), "int64"),
    )
    return Cost(outputs, 4 * params.data.nbytes, 4.0 * prod(params.data.shape) + 100)


ARG_REDUCE = Operation(
    name="arg-reduce",
    family="arrays",
    summary="Find the largest or smallest values along an axis, and where they are",
    params=ArgReduceParams,
    result=ArgReduceResult,
    run=_reduce,
    cost=_reduce_cost,
    examples=(
        Example("The maximum of each column and its row", {"data": [[0.5, 0.1], [0.25, 0.9], [0.5, 0.3]], "axis": 0}),
    ),
)
