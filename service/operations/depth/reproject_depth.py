"""`reproject-depth`."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.depth import DEPTH_STATUS, surface_count
from service.arrays.types.cameras import Transform
from service.arrays.types.depth import Depth, ResultDepth, ResultIndex, ResultPixelStatus
from service.arrays.types.plane import Matrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.readings import INTRINSICS_EXAMPLE, DepthKind, DepthScale, NoReading
from service.operations.shapes import Size


class ReprojectDepthParams(Document):
    depth: Depth = Field(description="Depth map of the source camera.")
    source_intrinsics: Matrix3 = Field(description="Camera matrix K of the source, in pixels; upper triangular.")
    target_intrinsics: Matrix3 = Field(description="Camera matrix K of the target, in pixels; upper triangular.")
    transform: Transform = Field(
        description="Maps points of the source camera's frame to the target camera's: X_t = T X_s."
    )
    size: Size | None = Field(None, description="Size of the target view. Default: the source's.")
    splat: Literal["nearest"] = Field(
        "nearest", description="How a source pixel covers target pixels: the one that it falls into."
    )
    depth_kind: DepthKind = "z"
    depth_scale: DepthScale = 1.0
    no_reading: NoReading = Field(default_factory=list)


class ReprojectDepthResult(Document):
    depth: ResultDepth = Field(
        description="Depth map of the target view, with the source's dtype and scale; the nearest surface wins."
    )
    source_index: ResultIndex = Field(
        description="Which source pixel each target pixel shows; ties go to the lower index."
    )
    status: ResultPixelStatus = Field(description="Status code of each target pixel.")
    status_names: dict[int, str] = Field(description="What each status code means, by its number.")
    fates: dict[str, int] = Field(
        description=(
            "How many source pixels had no reading, lay behind the target camera or outside its view, were "
            "occluded, or are visible."
        )
    )
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _reproject(params: ReprojectDepthParams) -> ReprojectDepthResult:
    found = geometry.reproject_depth(
        params.depth,
        params.source_intrinsics,
        params.target_intrinsics,
        params.transform,
        size=None if params.size is None else params.size.pair(),
        splat=params.splat,
        depth_kind=params.depth_kind,
        depth_scale=params.depth_scale,
        no_reading=params.no_reading,
    )
    return ReprojectDepthResult(
        depth=found.depth,
        source_index=found.source_index,
        status=found.status,
        status_names=dict(enumerate(DEPTH_STATUS)),
        fates=found.fates._asdict(),
        depth_kind=params.depth_kind,
    )


def _reproject_cost(params: ReprojectDepthParams) -> Cost:
    height, width = params.depth.shape
    shape = (height, width) if params.size is None else (params.size.height, params.size.width)
    target, source = shape[0] * shape[1], height * width
    index = "int32" if source < 2**31 else "int64"
    outputs = (
        OutputArray("depth", shape, params.depth.dtype.name),
        OutputArray("source_index", shape, index),
        OutputArray("status", shape, "uint8"),
    )
    return Cost(outputs, 24 * source + 8 * target * surface_count(target), source * 30.0 + target * 5.0)


REPROJECT_DEPTH = Operation(
    name="reproject-depth",
    family="depth",
    summary="Render a depth map as another camera would see it",
    params=ReprojectDepthParams,
    result=ReprojectDepthResult,
    run=_reproject,
    cost=_reproject_cost,
    examples=(
        Example(
            "A plane seen from one unit further left; null is no reading",
            {
                "depth": [[2, 2, 2], [2, None, 2], [2, 2, 2]],
                "source_intrinsics": INTRINSICS_EXAMPLE,
                "target_intrinsics": INTRINSICS_EXAMPLE,
                "transform": [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
            },
        ),
    ),
)
