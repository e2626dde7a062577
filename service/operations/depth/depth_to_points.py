"""`depth-to-points`."""

from pydantic import Field

import geometry
from service.arrays.types.cameras import Transform
from service.arrays.types.depth import Depth, ResultPoints
from service.arrays.types.images import ResultMask
from service.arrays.types.plane import Matrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.readings import INTRINSICS_EXAMPLE, DepthKind, DepthScale, NoReading


class DepthToPointsParams(Document):
    depth: Depth = Field(description="Depth map of the camera.")
    intrinsics: Matrix3 = Field(description="Camera matrix K, in pixels; upper triangular.")
    transform: Transform | None = Field(
        None,
        description=(
            "Maps points of the camera's frame onwards, for example to the world. Default: they stay in the "
            "camera's frame."
        ),
    )
    depth_kind: DepthKind = "z"
    depth_scale: DepthScale = 1.0
    no_reading: NoReading = Field(default_factory=list)


class DepthToPointsResult(Document):
    points: ResultPoints = Field(description="One point a pixel.")
    valid: ResultMask = Field(description="Where there was a reading.")
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _points(params: DepthToPointsParams) -> DepthToPointsResult:
    found = geometry.depth_to_points(
        params.depth,
        params.intrinsics,
        depth_kind=params.depth_kind,
        depth_scale=params.depth_scale,
        no_reading=params.no_reading,
        transform=params.transform,
    )
    return DepthToPointsResult(points=found.points, valid=found.valid, depth_kind=params.depth_kind)


def _points_cost(params: DepthToPointsParams) -> Cost:
    height, width = params.depth.shape
    dtype = "float64" if params.depth.dtype.name in ("float64", "int32") else "float32"
    outputs = (
        OutputArray("points", (height, width, 3), dtype),
        OutputArray("valid", (height, width), "bool"),
    )
    return Cost(outputs, 8 * height * width, height * width * 25.0)


DEPTH_TO_POINTS = Operation(
    name="depth-to-points",
    family="depth",
    summary="Turn a depth map into an organized point cloud",
    params=DepthToPointsParams,
    result=DepthToPointsResult,
    run=_points,
    cost=_points_cost,
    examples=(
        Example(
            "Four pixels, one without a reading",
            {"depth": [[1, 2], [None, 4]], "intrinsics": INTRINSICS_EXAMPLE},
        ),
    ),
)
