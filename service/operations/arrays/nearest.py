"""Nearest vectors, with the tests that matches are accepted by."""

from pydantic import Field

import geometry
from geometry.arrays.nearest import MATCH_STATUS
from service.arrays.types.tensors import ResultDistances, ResultMatchStatus, ResultNeighbours, Vectors
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.arrays.pairwise_distance import METRIC, Metric, distance_dtype
from service.operations.statuses import STATUS_NAMES, status_counts


class NearestParams(Document):
    queries: Vectors = Field(description="The vectors to find neighbours of, one a row.")
    points: Vectors = Field(description="The vectors to find them among.")
    k: int = Field(1, ge=1, le=1024, description="How many neighbours of each query.")
    metric: Metric = Field("euclidean", description=METRIC)
    ratio: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Lowe's test: `ambiguous` where the nearest is not nearer than this times the second.",
    )
    mutual: bool = Field(
        False, description="Whether a query is `not_mutual` where its nearest point has another query nearest."
    )


class NearestResult(Document):
    indices: ResultNeighbours = Field(description="The nearest rows of points, nearest first; of equal ones the lower.")
    distances: ResultDistances = Field(description="Their distances.")
    status: ResultMatchStatus = Field(description="Whether the nearest is accepted.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many queries have each status.")


def _nearest(params: NearestParams) -> NearestResult:
    found = geometry.nearest(
        params.queries, params.points, k=params.k, metric=params.metric, ratio=params.ratio, mutual=params.mutual
    )
    return NearestResult(
        **found._asdict(),
        status_names=dict(enumerate(MATCH_STATUS)),
        status_counts=status_counts(found.status, MATCH_STATUS),
    )


def _nearest_cost(params: NearestParams) -> Cost:
    (count, width), points = params.queries.shape, params.points.shape[0]
    outputs = (
        OutputArray("indices", (count, params.k), "int64"),
        OutputArray("distances", (count, params.k), distance_dtype(params.queries, params.points)),
        OutputArray("status", (count,), "uint8"),
    )
    scratch = 40 * (count + points) * (width + 2) + 32 * count * params.k + (4 << 20) * geometry.threads()
    return Cost(outputs, scratch, (1 + params.mutual) * count * points * (2.0 * width + 10) + 1000)


NEAREST = Operation(
    name="nearest",
    family="arrays",
    summary="Find the nearest vectors, with ratio and mutual tests",
    params=NearestParams,
    result=NearestResult,
    run=_nearest,
    cost=_nearest_cost,
    examples=(
        Example(
            "Matches of three descriptors, tested for being unambiguous",
            {"queries": [[0, 0], [5, 5], [9, 0]], "points": [[0, 1], [5, 6], [6, 5], [8, 0]], "k": 2, "ratio": 0.8},
        ),
    ),
)
