"""Homographies between the views of pairs of cameras."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.relations import PLANE_STATUS
from service.arrays.types.cameras import IndexPairs, Projections, ResultStatus
from service.arrays.types.relations import Planes, ResultViewHomographies
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import STATUS_COUNTS
from service.operations.statuses import STATUS_NAMES, status_counts


class HomographyBetweenViewsParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    pairs: IndexPairs = Field(description="Pairs of camera numbers (left, right).")
    planes: Planes | None = Field(
        None,
        description=(
            "The plane n·X = d, one for all pairs or one each. Default: the plane at infinity, for what is far away or "
            "seen by a camera that only turns."
        ),
    )
    frame: Literal["world", "left"] = Field(
        "world", description="Where planes are given: in the world, or in the frame of each pair's left camera."
    )


class HomographyBetweenViewsResult(Document):
    homographies: ResultViewHomographies = Field(
        description=(
            "H of each pair, unit norm; w > 0 where the point of the plane is in front of both cameras, or behind "
            "both. Zero where the status is not ok."
        )
    )
    status: ResultStatus = Field(description="Status code of each pair.")
    status_names: dict[int, str] = Field(
        description=(
            f"{STATUS_NAMES} `plane_through_left_centre`, `plane_through_right_centre`: that camera sees the plane as "
            "a line. `camera_at_infinity`: the left camera has no frame that a plane could be given in."
        )
    )
    status_counts: dict[str, int] = Field(description=STATUS_COUNTS)
    direction: Literal["left_to_right"] = Field(description="What the homographies map to what.")


def _homographies(params: HomographyBetweenViewsParams) -> HomographyBetweenViewsResult:
    found = geometry.homography_between_views(
        params.projections, params.pairs, planes=params.planes, frame=params.frame
    )
    return HomographyBetweenViewsResult(
        homographies=found.homographies,
        status=found.status,
        status_names=dict(enumerate(PLANE_STATUS)),
        status_counts=status_counts(found.status, PLANE_STATUS),
        direction="left_to_right",
    )


def _homographies_cost(params: HomographyBetweenViewsParams) -> Cost:
    cameras, pairs = params.projections.shape[0], params.pairs.shape[0]
    outputs = (OutputArray("homographies", (pairs, 3, 3), "float64"), OutputArray("status", (pairs,), "uint8"))
    return Cost(outputs, cameras * 1500 + pairs * 250, cameras * 1500.0 + pairs * 800.0)


HOMOGRAPHY_BETWEEN_VIEWS = Operation(
    name="homography-between-views",
    family="cameras",
    summary="Compute the homographies between views of pairs of cameras: of a plane, or at infinity",
    params=HomographyBetweenViewsParams,
    result=HomographyBetweenViewsResult,
    run=_homographies,
    cost=_homographies_cost,
    examples=(
        Example(
            "A wall four units ahead of the left camera, seen from one unit further right",
            {
                "projections": [
                    [[800, 0, 320, 0], [0, 800, 240, 0], [0, 0, 1, 0]],
                    [[800, 0, 320, -800], [0, 800, 240, 0], [0, 0, 1, 0]],
                ],
                "pairs": [[0, 1]],
                "planes": [0, 0, 1, 4],
            },
        ),
        Example(
            "What is far away, from a camera to another that looks to the side",
            {
                "projections": [
                    [[800, 0, 320, 0], [0, 800, 240, 0], [0, 0, 1, 0]],
                    [[832, 0, -224, -800], [144, 800, 192, 0], [0.6, 0, 0.8, 0]],
                ],
                "pairs": [[0, 1], [1, 0]],
            },
        ),
    ),
)
