"""`depth-normals`."""

from pydantic import Field

import geometry
from geometry.depth import NORMAL_STATUS
from geometry.depth.jumps import MAX_JUMP
from service.arrays.types.cameras import Transform
from service.arrays.types.depth import Depth, ResultNormals, ResultPixelStatus
from service.arrays.types.plane import Distortion, Matrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.readings import (
    DISTORTION,
    INTRINSICS_EXAMPLE,
    DepthKind,
    LensModel,
    MaxJump,
    NoReading,
)
from service.operations.statuses import STATUS_NAMES, status_counts


class DepthNormalsParams(Document):
    depth: Depth = Field(description="Depth map of the camera; its unit does not matter.")
    intrinsics: Matrix3 = Field(description="Camera matrix K, in pixels; upper triangular.")
    distortion: Distortion | None = Field(None, description=DISTORTION)
    model: LensModel = "brown"
    transform: Transform | None = Field(
        None, description="Turns normals from the camera's frame onwards. Default: they stay in the camera's frame."
    )
    depth_kind: DepthKind = "z"
    no_reading: NoReading = Field(default_factory=list)
    max_jump: MaxJump = MAX_JUMP


class DepthNormalsResult(Document):
    normals: ResultNormals = Field(description="Normal of the surface at each pixel.")
    status: ResultPixelStatus = Field(description="Status code of each pixel.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many pixels have each status.")
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _normals(params: DepthNormalsParams) -> DepthNormalsResult:
    found = geometry.depth_normals(
        params.depth,
        params.intrinsics,
        distortion=params.distortion,
        model=params.model,
        transform=params.transform,
        depth_kind=params.depth_kind,
        no_reading=params.no_reading,
        max_jump=params.max_jump,
    )
    return DepthNormalsResult(
        **found._asdict(),
        status_names=dict(enumerate(NORMAL_STATUS)),
        status_counts=status_counts(found.status, NORMAL_STATUS),
        depth_kind=params.depth_kind,
    )


def _cost(params: DepthNormalsParams) -> Cost:
    height, width = params.depth.shape
    pixels = height * width
    outputs = (
        OutputArray("normals", (height, width, 3), "float32"),
        OutputArray("status", (height, width), "uint8"),
    )
    scratch = 18 * pixels + 48 * (min(pixels, 1 << 18) + 4 * width)
    return Cost(outputs, scratch, pixels * (150.0 if params.distortion is None else 550.0))


DEPTH_NORMALS = Operation(
    name="depth-normals",
    family="depth",
    summary="Find the normals of the surfaces that a depth map shows",
    params=DepthNormalsParams,
    result=DepthNormalsResult,
    run=_normals,
    cost=_cost,
    examples=(
        Example(
            "A wall that comes nearer to the right, and one pixel without a reading",
            {"depth": [[4, 3, 2.4], [4, 3, 2.4], [4, 3, None]], "intrinsics": INTRINSICS_EXAMPLE, "max_jump": 0.5},
        ),
    ),
)
