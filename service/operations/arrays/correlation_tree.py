"""Correlation matrix of time series and its spanning tree."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.arrays.correlation_tree import SERIES_STATUS
from service.arrays.types.tensors import (
    Observations,
    ResultComponents,
    ResultEdges,
    ResultEdgeWeights,
    ResultRelations,
    ResultSeriesStatus,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.statuses import STATUS_NAMES, status_counts

Distance = Literal["mantegna", "one_minus", "one_minus_absolute"]


class CorrelationTreeParams(Document):
    observations: Observations = Field(description="The data itself (not their covariance), a series each column.")
    variables: Literal["columns", "rows"] = Field(
        "columns",
        description="Where a series runs: `columns` as rowvar=False of numpy.corrcoef, `rows` as rowvar=True.",
    )
    distance: Distance = Field(
        "mantegna", description="`mantegna`: √(2 (1 − ρ)). `one_minus`: 1 − ρ. `one_minus_absolute`: 1 − |ρ|."
    )
    tree: Literal["minimum", "maximum"] = Field("minimum", description="Least or greatest total distance.")
    missing: Literal["refuse", "complete", "pairwise"] = Field(
        "refuse",
        description=(
            "What null and NaN mean: an error; that the observation is left out; or that it is left out for the pairs "
            "that lack it."
        ),
    )


class CorrelationTreeResult(Document):
    correlation: ResultRelations = Field(description="Pearson's ρ of each pair.")
    distance: ResultRelations = Field(description="Distance of each pair.")
    edges: ResultEdges = Field(description="The pairs of the tree, in the order in which they join it.")
    weights: ResultEdgeWeights = Field(description="The distance of each edge.")
    component: ResultComponents = Field(
        description="Number of the tree that each series is in; one tree where all are connected."
    )
    status: ResultSeriesStatus = Field(description="Status code of each series.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many series have each status.")


def _tree(params: CorrelationTreeParams) -> CorrelationTreeResult:
    found = geometry.correlation_tree(
        params.observations,
        variables=params.variables,
        distance=params.distance,
        tree=params.tree,
        missing=params.missing,
    )
    return CorrelationTreeResult(
        **found._asdict(),
        status_names=dict(enumerate(SERIES_STATUS)),
        status_counts=status_counts(found.status, SERIES_STATUS),
    )


def _tree_cost(params: CorrelationTreeParams) -> Cost:
    times, series = params.observations.shape if params.variables == "columns" else params.observations.shape[::-1]
    outputs = (
        OutputArray("correlation", (series, series), "float64"),
        OutputArray("distance", (series, series), "float64"),
        OutputArray("edges", (max(0, series - 1), 2), "int64", at_most=True),
        OutputArray("weights", (max(0, series - 1),), "float64", at_most=True),
        OutputArray("component", (series,), "int64"),
        OutputArray("status", (series,), "uint8"),
    )
    products = 4 if params.missing == "pairwise" else 1
    scratch = times * series * 48 + series * series * 120
    return Cost(outputs, scratch, 2.0 * products * times * series * series + 300.0 * series * series + 1000)


CORRELATION_TREE = Operation(
    name="correlation-tree",
    family="arrays",
    summary="Correlate all pairs of series and find the spanning tree of their distances",
    params=CorrelationTreeParams,
    result=CorrelationTreeResult,
    run=_tree,
    cost=_tree_cost,
    examples=(
        Example(
            "Three series of four observations",
            {"observations": [[1, 2, 1], [4, 2, 13], [7, 8, 1], [8, 4, 5]]},
        ),
    ),
)
