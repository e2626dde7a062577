"""Points from one side of a lens to the other."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.lenses import POINT_STATUS
from service.arrays.types.cameras import ResultStatus
from service.arrays.types.plane import Distortion, Matrix3, PixelPoints, ResultPixelPoints
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.statuses import status_counts

_BYTES, _FLOPS = 64, 400.0  # a point, of scratch and of arithmetic
_DIRECTIONS_EXAMPLE = {
    "intrinsics": [[800, 0, 640], [0, 800, 360], [0, 0, 1]],
    "distortion": [-0.3, 0.1, 0.001, -0.0005, -0.02],
}


class LensPointsParams(Document):
    points: PixelPoints = Field(description="The points; pixel centres are where the intrinsics have them.")
    intrinsics: Matrix3 = Field(description="Camera matrix K of the image, in pixels; upper triangular.")
    distortion: Distortion = Field(
        description="`brown`: k1 k2 p1 p2, or with k3, or with k3 k4 k5 k6 (OpenCV's order). `fisheye`: k1 k2 k3 k4."
    )
    model: Literal["brown", "fisheye"] = Field(
        "brown", description="`brown`: Brown–Conrady. `fisheye`: Kannala–Brandt (OpenCV's fisheye)."
    )
    new_intrinsics: Matrix3 | None = Field(
        None,
        description=(
            "Camera matrix of the points without distortion; the identity for normalized coordinates. Default: K."
        ),
    )
    rotation: Matrix3 | None = Field(
        None,
        description=(
            "Rotation from the camera's frame to that of the points without distortion (rectification). Default: none."
        ),
    )


class LensPointsResult(Document):
    points: ResultPixelPoints = Field(description="The points on the other side of the lens; NaN for none.")
    status: ResultStatus = Field(description="Status code of each point.")
    status_names: dict[int, str] = Field(
        description=(
            "What each status code means, by its number. `folded`: beyond where the model turns back. "
            "`behind_camera`: 90° or more from the axis."
        )
    )
    status_counts: dict[str, int] = Field(description="How many points have each status.")
    model: str = Field(description="The model that the coefficients were read as.")


def _result(found: geometry.LensPoints, model: str) -> LensPointsResult:
    return LensPointsResult(
        points=found.points,
        status=found.status,
        status_names=dict(enumerate(POINT_STATUS)),
        status_counts=status_counts(found.status, POINT_STATUS),
        model=model,
    )


def _points_cost(params: LensPointsParams) -> Cost:
    count = params.points.shape[0]
    outputs = (OutputArray("points", (count, 2), "float64"), OutputArray("status", (count,), "uint8"))
    return Cost(outputs, 65_536 + _BYTES * count, _FLOPS * max(count, 1))


def _undistort_points(params: LensPointsParams) -> LensPointsResult:
    found = geometry.undistort_points(
        params.points,
        params.intrinsics,
        params.distortion,
        model=params.model,
        new_intrinsics=params.new_intrinsics,
        rotation=params.rotation,
    )
    return _result(found, params.model)


def _distort_points(params: LensPointsParams) -> LensPointsResult:
    found = geometry.distort_points(
        params.points,
        params.intrinsics,
        params.distortion,
        model=params.model,
        new_intrinsics=params.new_intrinsics,
        rotation=params.rotation,
    )
    return _result(found, params.model)


UNDISTORT_POINTS = Operation(
    name="undistort-points",
    family="warp",
    summary="Find where points of an image would be without the distortion of its lens",
    params=LensPointsParams,
    result=LensPointsResult,
    run=_undistort_points,
    cost=_points_cost,
    examples=(
        Example(
            "The centre of a wide-angle picture, a point near its corner, and one that no ray is seen at",
            {"points": [[640, 360], [100, 80], [5000, 360]], **_DIRECTIONS_EXAMPLE},
        ),
    ),
)

DISTORT_POINTS = Operation(
    name="distort-points",
    family="warp",
    summary="Find where a lens shows points",
    params=LensPointsParams,
    result=LensPointsResult,
    run=_distort_points,
    cost=_points_cost,
    examples=(
        Example(
            "The centre of a view without distortion, and two points further out",
            {"points": [[640, 360], [0, 0], [1300, 700]], **_DIRECTIONS_EXAMPLE},
        ),
    ),
)
