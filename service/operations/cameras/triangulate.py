"""Points in space from where cameras see them."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.triangulation import TRIANGULATION_STATUS
from service.arrays.types.cameras import Projections, ResultStatus
from service.arrays.types.sightings import (
    ResultAngles,
    ResultCounts,
    ResultCovariances,
    ResultDistances,
    ResultPoints3,
    Sightings,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.statuses import STATUS_NAMES, status_counts


class TriangulateParams(Document):
    projections: Projections = Field(description="Projection matrices of the cameras, up to scale and sign.")
    points: Sightings = Field(description="Where each camera sees each point; null or NaN where it does not.")
    method: Literal["optimal", "gauss_newton", "dlt"] = Field(
        "optimal",
        description=(
            "`optimal`: the least squared reprojection error, of two views by Lindstrom's iteration, of more by "
            "Gauss–Newton. `gauss_newton`: that for two views, too. `dlt`: linear, the least algebraic error."
        ),
    )
    sigma: float = Field(
        1.0, gt=0, description="Standard deviation of the points in either direction, in pixels, for the covariance."
    )
    min_parallax: float = Field(
        0.0, ge=0, description="Points whose rays are all within this angle are `small_parallax`, in radians."
    )


class TriangulateResult(Document):
    points: ResultPoints3 = Field(description="The points in the world.")
    covariance: ResultCovariances = Field(description="Of each point: σ² (Jᵀ J)⁻¹, J the derivatives of its images.")
    error: ResultDistances = Field(
        description="Root mean square distance between where the point was seen and its images."
    )
    parallax: ResultAngles = Field(description="Widest angle between two rays of the point, up to π/2.")
    views: ResultCounts = Field(description="How many cameras see the point.")
    status: ResultStatus = Field(
        description=(
            "Status code of each point. No point: `too_few_views`, `same_centre` (cameras in one place), `on_baseline` "
            "(its rays lie on one line), `parallel_rays` (it is at infinity). A point to doubt: `behind_camera` "
            "(behind one that sees it), `small_parallax`, `no_convergence`."
        )
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many points have each status.")
    method: str = Field(description="The method that was used.")


def _triangulate(params: TriangulateParams) -> TriangulateResult:
    found = geometry.triangulate(
        params.projections,
        params.points,
        method=params.method,
        sigma=params.sigma,
        min_parallax=params.min_parallax,
    )
    return TriangulateResult(
        **found._asdict(),
        status_names=dict(enumerate(TRIANGULATION_STATUS)),
        status_counts=status_counts(found.status, TRIANGULATION_STATUS),
        method=params.method,
    )


def _cost(params: TriangulateParams) -> Cost:
    cameras, points = params.points.shape[:2]
    outputs = (
        OutputArray("points", (points, 3), "float64"),
        OutputArray("covariance", (points, 3, 3), "float64"),
        OutputArray("error", (points,), "float64"),
        OutputArray("parallax", (points,), "float64"),
        OutputArray("views", (points,), "int32"),
        OutputArray("status", (points,), "uint8"),
    )
    # The parallax looks at all pairs of views of a point.
    sighting = 600.0 if params.method == "dlt" else 3000.0
    scratch = 4096 + 2000 * cameras + 32 * cameras * points
    return Cost(outputs, scratch, max(points, 1) * (1000.0 + sighting * cameras + 30.0 * cameras * cameras))


TRIANGULATE = Operation(
    name="triangulate",
    family="cameras",
    summary="Find points in space from where several cameras see them",
    params=TriangulateParams,
    result=TriangulateResult,
    run=_triangulate,
    cost=_cost,
    examples=(
        Example(
            "Three cameras in a row; the second point is seen by two of them, the third by one, the last at infinity",
            {
                "projections": [[[800, 0, 320, -800 * x], [0, 800, 240, 0], [0, 0, 1, 0]] for x in (0, 1, 2)],
                "points": [
                    [[400, 240], [360, 300], [100, 100], [320, 240]],
                    [[240, 240.5], [200, 300], [None, None], [320, 240]],
                    [[80, 239.5], [None, None], [None, None], [320, 240]],
                ],
                "sigma": 0.5,
            },
        ),
    ),
)
