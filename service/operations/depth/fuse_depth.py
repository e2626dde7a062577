"""`fuse-depth`."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.depth import FUSION_STATUS, stack_rows, surface_count
from geometry.depth.jumps import MAX_JUMP
from geometry.errors import InvalidInput
from service.arrays.types.cameras import Intrinsics, Poses, Transform
from service.arrays.types.depth import (
    DepthMaps,
    ResultDepth,
    ResultIndex,
    ResultPixelStatus,
    ResultView,
    ResultViewCount,
)
from service.arrays.types.plane import Distortion, DistortionEach, Matrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.readings import (
    DISTORTION,
    INTRINSICS_EXAMPLE,
    DepthKind,
    DepthScale,
    LensModel,
    MaxJump,
    NoReading,
)
from service.operations.shapes import Size
from service.operations.statuses import STATUS_NAMES, status_counts

_FLOPS = {"nearest": 30.0, "bilinear": 90.0, "triangle": 150.0}  # a source pixel
_LENS_FLOPS = 400.0
_MOVED_BYTES = 100  # a source pixel and a target pixel on the way of one view, lenses and triangles included


class FuseDepthParams(Document):
    depths: DepthMaps = Field(description="Depth maps of the views.")
    intrinsics: Intrinsics = Field(description="Camera matrix K of all views, or one each.")
    poses: Poses = Field(description="Poses of the views, in units of the world.")
    target_intrinsics: Matrix3 = Field(description="Camera matrix K of the target, in pixels; upper triangular.")
    target_pose: Transform = Field(description="Pose of the target, camera from world.")
    size: Size | None = Field(None, description="Size of the target view. Default: that of the views.")
    reduce: Literal["nearest", "median", "mean"] = Field(
        "nearest",
        description=(
            "Which depth stands for the readings of the front surface: the least of them, their (lower) median, or "
            "their mean with weights (f / z)², as many as the pixels that a view has for a piece of the surface."
        ),
    )
    tolerance: float = Field(
        0.02, ge=0, description="How far readings of one surface may lie apart, as a share of the nearest."
    )
    min_support: int = Field(
        1, ge=1, le=2**31 - 1, description="How many views must agree on a surface, no more than there are."
    )
    splat: Literal["nearest", "bilinear", "triangle"] = Field(
        "nearest", description="How pixels of a view cover target pixels; see `reproject-depth`."
    )
    max_jump: MaxJump = MAX_JUMP
    contradictions: bool = Field(False, description="Count the views that see through the fused surface, too.")
    distortion: DistortionEach | None = Field(None, description=f"Lens of the views, or one each. {DISTORTION}")
    model: LensModel = "brown"
    target_distortion: Distortion | None = Field(None, description=f"Lens of the target. {DISTORTION}")
    target_model: LensModel = "brown"
    depth_kind: DepthKind = "z"
    depth_scale: DepthScale = 1.0
    no_reading: NoReading = Field(default_factory=list)


class FuseDepthResult(Document):
    depth: ResultDepth = Field(description="Depth map of the target view, with the views' dtype and scale.")
    support: ResultViewCount = Field(description="How many views agree on each pixel's depth; 0 where there is none.")
    source_camera: ResultView = Field(
        description=(
            "The view whose reading the depth is, of a mean the one with the nearest; ties go to the lower number."
        )
    )
    source_index: ResultIndex = Field(description="Which pixel of that view it is.")
    status: ResultPixelStatus = Field(
        description="Status code of each pixel; unsupported: there are readings, but too few that agree."
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many pixels have each status.")
    contradictions: ResultViewCount | None = Field(
        None,
        description=(
            "How many views have a reading behind each pixel's surface, further than the tolerance: they see through "
            "it. Only where asked for."
        ),
    )
    fates: list[dict[str, int]] = Field(
        description="What became of the pixels of each view alone; see `reproject-depth`."
    )
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _fuse(params: FuseDepthParams) -> FuseDepthResult:
    data = ("depths", "intrinsics", "poses", "target_intrinsics", "target_pose")
    found = geometry.fuse_depth(
        *(getattr(params, name) for name in data),
        size=None if params.size is None else params.size.pair(),
        **params.model_dump(exclude={*data, "size"}),
    )
    return FuseDepthResult(
        **found._asdict() | {"fates": [fates._asdict() for fates in found.fates]},
        status_names=dict(enumerate(FUSION_STATUS)),
        status_counts=status_counts(found.status, FUSION_STATUS),
        depth_kind=params.depth_kind,
    )


def _cost(params: FuseDepthParams) -> Cost:
    views, height, width = params.depths.shape
    if 0 in params.depths.shape:
        raise InvalidInput("depths", f"must not be empty, came as {params.depths.shape}")
    if params.min_support > views:
        raise InvalidInput("min_support", f"must not be above the number of views, {views}")
    shape = (height, width) if params.size is None else (params.size.height, params.size.width)
    source, target = height * width, shape[0] * shape[1]
    names = ("support", "source_camera", "source_index", *(("contradictions",) if params.contradictions else ()))
    outputs = (
        OutputArray("depth", shape, params.depths.dtype.name),
        *(OutputArray(name, shape, "int32") for name in names),
        OutputArray("status", shape, "uint8"),
    )
    weighted, real = params.reduce == "mean", 8 if params.depths.dtype.name in ("float64", "int32") else 4
    rows = min(shape[0], stack_rows(views, shape[1], real, weighted=weighted))
    passes = -(-shape[0] // rows)
    held = views * rows * shape[1] * (real + (8 if weighted else 4))
    lenses = (params.distortion is not None) + (params.target_distortion is not None)
    moved = source * (_FLOPS[params.splat] + lenses * _LENS_FLOPS) + 10.0 * target
    ordered = 3.0 * target * views * max(1, views.bit_length()) ** 2 / 2
    scratch = held + _MOVED_BYTES * (source + target) + 8 * target * surface_count(target)
    return Cost(outputs, scratch, views * moved * (passes + params.contradictions) + ordered)


_VIEWS = [[[1, 0, 0, x], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]] for x in (0, -1, 0.02)]

FUSE_DEPTH = Operation(
    name="fuse-depth",
    family="depth",
    summary="Fuse the depth maps of many views into one",
    params=FuseDepthParams,
    result=FuseDepthResult,
    run=_fuse,
    cost=_cost,
    examples=(
        Example(
            "A wall seen by three cameras; the median of those that agree",
            {
                "depths": [[[2, 2, 2]], [[2.01, 2.01, None]], [[2.02, 2.02, 1]]],
                "intrinsics": INTRINSICS_EXAMPLE,
                "poses": _VIEWS,
                "target_intrinsics": INTRINSICS_EXAMPLE,
                "target_pose": _VIEWS[0],
                "reduce": "median",
                "min_support": 2,
            },
        ),
    ),
)
