"""Distances of all pairs of vectors."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.pending import Array
from service.arrays.types.tensors import ResultDistances, Vectors
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray

Metric = Literal["euclidean", "squared", "cosine"]

METRIC = "`squared`: Σ (x − y)². `euclidean`: its root. `cosine`: 1 − x·y / (|x| |y|)."


class PairwiseDistanceParams(Document):
    x: Vectors = Field(description="The vectors, one a row.")
    y: Vectors | None = Field(None, description="Other vectors; without them, all pairs of x.")
    metric: Metric = Field("euclidean", description=METRIC)


class PairwiseDistanceResult(Document):
    distances: ResultDistances = Field(description="Distance of each row of x to each row of y.")
    metric: Metric = Field(description="Which distance it is.")


def distance_dtype(*arrays: Array | None) -> str:
    """In which distances of these are computed."""
    return "float32" if all(a is None or (a.dtype.kind == "f" and a.dtype.itemsize <= 4) for a in arrays) else "float64"


def _distance(params: PairwiseDistanceParams) -> PairwiseDistanceResult:
    distances = geometry.pairwise_distance(params.x, params.y, metric=params.metric)
    return PairwiseDistanceResult(distances=distances, metric=params.metric)


def _distance_cost(params: PairwiseDistanceParams) -> Cost:
    y = params.x if params.y is None else params.y
    rows, width = params.x.shape
    outputs = (OutputArray("distances", (rows, y.shape[0]), distance_dtype(params.x, params.y)),)
    return Cost(outputs, 40 * (rows + y.shape[0]) * (width + 1), rows * y.shape[0] * (2.0 * width + 8) + 1000)


PAIRWISE_DISTANCE = Operation(
    name="pairwise-distance",
    family="arrays",
    summary="Compute the distances of all pairs of vectors",
    params=PairwiseDistanceParams,
    result=PairwiseDistanceResult,
    run=_distance,
    cost=_distance_cost,
    examples=(Example("Two points against three", {"x": [[0, 0], [3, 4]], "y": [[0, 0], [6, 8], [3, 0]]}),),
)
