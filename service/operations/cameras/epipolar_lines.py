"""Epipolar lines of points."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.relations import LINE_STATUS
from service.arrays.types.cameras import ResultStatus
from service.arrays.types.plane import PixelPoints
from service.arrays.types.sightings import FundamentalEach, ResultLines, ResultSegments
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Size
from service.operations.statuses import STATUS_NAMES, status_counts

_POINT_FLOPS = 120.0


class EpipolarLinesParams(Document):
    fundamental: FundamentalEach = Field(description="Fundamental matrix, with any scale and sign.")
    points: PixelPoints = Field(description="The points, in the image that `points_in` says.")
    points_in: Literal["left", "right"] = Field(
        "left", description="The image that the points are in; the lines are in the other one."
    )
    size: Size | None = Field(
        None, description="Size of the image that the lines are in, to clip them to. Default: no segments."
    )
    pixel_center: Literal["integer", "half"] = Field(
        "integer",
        description="`integer`: the image covers −0.5 to width − 0.5. `half`: 0 to width, for points and F as well.",
    )


class EpipolarLinesResult(Document):
    lines: ResultLines = Field(
        description="One line a point, with the sign of F x; 0, 0, 1 for the line at infinity, NaN for an epipole."
    )
    segments: ResultSegments = Field(
        description="The part of each line inside the image, its left (or upper) end first. Empty without a size."
    )
    status: ResultStatus = Field(
        description=(
            "Status code of each point. `outside`: the line does not cross the image. `at_infinity`: the line has no "
            "finite point. `is_epipole`: the point is the epipole, which has no line of its own."
        )
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many points have each status.")
    lines_in: str = Field(description="The image that the lines are in.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _lines(params: EpipolarLinesParams) -> EpipolarLinesResult:
    found = geometry.epipolar_lines(
        params.fundamental,
        params.points,
        points_in=params.points_in,
        size=None if params.size is None else params.size.pair(),
        pixel_center=params.pixel_center,
    )
    return EpipolarLinesResult(
        lines=found.lines,
        segments=found.segments,
        status=found.status,
        status_names=dict(enumerate(LINE_STATUS)),
        status_counts=status_counts(found.status, LINE_STATUS),
        lines_in="right" if params.points_in == "left" else "left",
        pixel_center=params.pixel_center,
    )


def _cost(params: EpipolarLinesParams) -> Cost:
    points = params.points.shape[0]
    matrices = params.fundamental.shape[0]  # or the rows of the only one
    outputs = (
        OutputArray("lines", (points, 3), "float64"),
        OutputArray("segments", (0 if params.size is None else points, 2, 2), "float64"),
        OutputArray("status", (points,), "uint8"),
    )
    return Cost(outputs, 4096 + 16 * points + 72 * matrices, _POINT_FLOPS * max(points, 1))


EPIPOLAR_LINES = Operation(
    name="epipolar-lines",
    family="cameras",
    summary="Find the epipolar lines of points, clipped to the image",
    params=EpipolarLinesParams,
    result=EpipolarLinesResult,
    run=_lines,
    cost=_cost,
    examples=(
        Example(
            "A camera that moved forward: the epipole in the middle, a point beside it, and one whose line is cut off",
            {
                "fundamental": [[0, -1, 40], [1, 0, -50], [-40, 50, 0]],
                "points": [[50, 40], [70, 40], [20, 10]],
                "size": {"width": 101, "height": 81},
            },
        ),
    ),
)
