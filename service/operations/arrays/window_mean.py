"""Means over slices around indices."""

from math import prod

from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from service.arrays.types.tensors import Indices, ResultIndices, ResultMeans, Tensor
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class WindowMeanParams(Document):
    values: Tensor = Field(description="The numbers; slices run along the first axis.")
    centers: Indices = Field(
        description="An index into the first axis for each element of the axes behind it; trailing axes share one."
    )
    radius: int = Field(ge=0, le=2**53, description="Entries on either side of the center; clipped at the ends.")


class WindowMeanResult(Document):
    mean: ResultMeans = Field(description="The mean of each slice; NaN where it is empty.")
    counts: ResultIndices = Field(description="How many entries each slice has.")


def _mean(params: WindowMeanParams) -> WindowMeanResult:
    found = geometry.window_mean(params.values, params.centers, radius=params.radius)
    return WindowMeanResult(mean=found.mean, counts=found.counts)


def _mean_cost(params: WindowMeanParams) -> Cost:
    if not params.values.shape:
        raise InvalidInput("values", "must have one axis at least")
    length, *shape = params.values.shape
    outputs = (
        OutputArray("mean", tuple(shape), "float64"),
        OutputArray("counts", tuple(params.centers.shape), "int64"),
    )
    taken = min(length, 2 * params.radius + 1)
    return Cost(
        outputs, 8 * prod(params.values.shape) + 24 * prod(params.centers.shape), 2.0 * taken * prod(shape) + 100
    )


WINDOW_MEAN = Operation(
    name="window-mean",
    family="arrays",
    summary="Average a slice around an index of its own for every element",
    params=WindowMeanParams,
    result=WindowMeanResult,
    run=_mean,
    cost=_mean_cost,
    examples=(
        Example(
            "Three columns, each around another row",
            {"values": [[1, 10, 100], [2, 20, 200], [3, 30, 300], [4, 40, 400]], "centers": [0, 1, 3], "radius": 1},
        ),
    ),
)
