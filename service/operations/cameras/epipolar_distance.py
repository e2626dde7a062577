"""Distances of pairs of points from an epipolar constraint."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.relations import DISTANCE_STATUS
from service.arrays.types.cameras import ResultStatus
from service.arrays.types.plane import PixelPoints
from service.arrays.types.sightings import FundamentalEach, ResultDistances
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.statuses import STATUS_NAMES, status_counts


class EpipolarDistanceParams(Document):
    fundamental: FundamentalEach = Field(description="Fundamental matrix, with any scale and sign.")
    left: PixelPoints = Field(description="Points in the left image.")
    right: PixelPoints = Field(description="The same points in the right image, in the same order.")
    kind: Literal["sampson", "symmetric", "left", "right", "reprojection"] = Field(
        "sampson",
        description=(
            "`left`, `right`: from the point in that image to its line. `symmetric`: root of the sum of the squares of "
            "both. `reprojection`: from the pair to the nearest one that satisfies the constraint, in both images "
            "together; `sampson`: its first order."
        ),
    )
    squared: bool = Field(False, description="Whether to return squares, in squared pixels.")


class EpipolarDistanceResult(Document):
    distances: ResultDistances = Field(
        description="One distance a pair; none at an epipole, infinite to a line at infinity (both null in JSON)."
    )
    status: ResultStatus = Field(
        description=(
            "Status code of each pair. `is_epipole`: a point is the epipole (for `sampson` both are), 0 / 0. "
            "`at_infinity`: the line has no finite point. `no_convergence`: `reprojection` was not found to the last "
            "digits."
        )
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many pairs have each status.")
    kind: str = Field(description="The distance that was computed.")
    squared: bool = Field(description="Whether it is squared.")


def _distance(params: EpipolarDistanceParams) -> EpipolarDistanceResult:
    found = geometry.epipolar_distance(
        params.fundamental, params.left, params.right, kind=params.kind, squared=params.squared
    )
    return EpipolarDistanceResult(
        distances=found.distances,
        status=found.status,
        status_names=dict(enumerate(DISTANCE_STATUS)),
        status_counts=status_counts(found.status, DISTANCE_STATUS),
        kind=params.kind,
        squared=params.squared,
    )


def _cost(params: EpipolarDistanceParams) -> Cost:
    pairs = params.left.shape[0]
    matrices = params.fundamental.shape[0]  # or the rows of the only one
    outputs = (OutputArray("distances", (pairs,), "float64"), OutputArray("status", (pairs,), "uint8"))
    flops = 600.0 if params.kind == "reprojection" else 40.0
    return Cost(outputs, 4096 + 32 * pairs + 72 * matrices, flops * max(pairs, 1))


EPIPOLAR_DISTANCE = Operation(
    name="epipolar-distance",
    family="cameras",
    summary="Measure how far pairs of points are from an epipolar constraint",
    params=EpipolarDistanceParams,
    result=EpipolarDistanceResult,
    run=_distance,
    cost=_cost,
    examples=(
        Example(
            "Rows must match: one pair that does, one that misses by 3 pixels",
            {
                "fundamental": [[0, 0, 0], [0, 0, -1], [0, 1, 0]],
                "left": [[100, 50], [200, 80]],
                "right": [[90, 50], [180, 83]],
                "kind": "symmetric",
            },
        ),
    ),
)
