"""`reproject-depth`."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.depth import DEPTH_STATUS, SOURCE_STATUS, surface_count
from geometry.depth.jumps import MAX_JUMP
from geometry.depth.reprojection.reproject import DEPTH_TOLERANCE
from service.arrays.types.cameras import Transform
from service.arrays.types.depth import Depth, ResultDepth, ResultIndex, ResultPixelStatus, ResultSourceStatus
from service.arrays.types.images import Image, ResultImage
from service.arrays.types.plane import Distortion, Matrix3
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.depth.readings import INTRINSICS_EXAMPLE, DepthKind, DepthScale, NoReading
from service.operations.shapes import Numbers, Size
from service.operations.statuses import STATUS_NAMES, status_counts

_LENS = (
    "`brown`: k1 k2 p1 p2, or with k3, or with k3 k4 k5 k6 (OpenCV's order). `fisheye`: k1 k2 k3 k4. Default: no lens."
)
_MODEL = "`brown`: Brown–Conrady. `fisheye`: Kannala–Brandt (OpenCV's fisheye)."
_POSITION_BYTES, _LENS_BYTES = 48, 1 << 22
_FLOPS = {"nearest": 30.0, "bilinear": 90.0, "triangle": 150.0}  # a source pixel
_LENS_FLOPS = 400.0  # a source pixel and lens: Newton's steps out of the source's, one way into the target's


class ReprojectDepthParams(Document):
    depth: Depth = Field(description="Depth map of the source camera.")
    source_intrinsics: Matrix3 = Field(description="Camera matrix K of the source, in pixels; upper triangular.")
    target_intrinsics: Matrix3 = Field(description="Camera matrix K of the target, in pixels; upper triangular.")
    transform: Transform = Field(
        description="Maps points of the source camera's frame to the target camera's: X_t = T X_s."
    )
    image: Image | None = Field(
        None, description="What the source sees, of the depth map's size; carried along to the target."
    )
    size: Size | None = Field(None, description="Size of the target view. Default: the source's.")
    splat: Literal["nearest", "bilinear", "triangle"] = Field(
        "nearest",
        description=(
            "How source pixels cover target pixels. `nearest`: each fills the one that it falls into. `bilinear`: it "
            "counts in the four around it; those of the nearest surface are averaged (`depth_tolerance`). `triangle`: "
            "neighbours on one surface (`max_jump`) span triangles, so that no gaps open where the target is closer."
        ),
    )
    source_distortion: Distortion | None = Field(None, description=f"Lens of the source. {_LENS}")
    source_model: Literal["brown", "fisheye"] = Field("brown", description=_MODEL)
    target_distortion: Distortion | None = Field(None, description=f"Lens of the target. {_LENS}")
    target_model: Literal["brown", "fisheye"] = Field("brown", description=_MODEL)
    depth_kind: DepthKind = "z"
    depth_scale: DepthScale = 1.0
    no_reading: NoReading = Field(default_factory=list)
    depth_tolerance: float = Field(
        DEPTH_TOLERANCE,
        ge=0,
        description=(
            "Of `bilinear`: how much farther than the nearest reading of a pixel others may be to count, as a share of "
            "its depth."
        ),
    )
    max_jump: float = Field(
        MAX_JUMP,
        ge=0,
        description=(
            "Of triangles: by how much neighbours on one surface differ at most, as a share of the nearer one's depth; "
            "more where their steps continue those of a plane."
        ),
    )
    fill_holes: Literal["none", "footprint"] = Field(
        "none",
        description=(
            "`footprint`: pixels that no reading fell into show the triangle between readings that covers them, as "
            "`triangle` would, and have the status `filled`. So only gaps that magnification opens are filled, none "
            "between two surfaces."
        ),
    )
    fill: Numbers = Field(0.0, description="Of `image`, in holes: one for all channels, or one each.")
    source_status: bool = Field(False, description="Tell the fate of every source pixel, too.")


class ReprojectDepthResult(Document):
    depth: ResultDepth = Field(
        description="Depth map of the target view, with the source's dtype and scale; the nearest surface wins."
    )
    source_index: ResultIndex = Field(
        description=(
            "Which source pixel each target pixel shows, of several the one with the largest weight; ties go to the "
            "lower index."
        )
    )
    status: ResultPixelStatus = Field(description="Status code of each target pixel.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description="How many target pixels have each status.")
    image: ResultImage | None = Field(
        None, description="The source's image as the target sees it; only where one was given."
    )
    source_status: ResultSourceStatus | None = Field(
        None, description="Status code of each source pixel; only where asked for."
    )
    source_status_names: dict[int, str] = Field(description="What each code of `source_status` means, by its number.")
    fates: dict[str, int] = Field(
        description=(
            "How many source pixels are visible, had no reading, lay behind the target camera, outside its view or "
            "beyond what a lens shows, cannot be represented, or were occluded: fell into a pixel that shows others."
        )
    )
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _reproject(params: ReprojectDepthParams) -> ReprojectDepthResult:
    options = params.model_dump(exclude={"depth", "source_intrinsics", "target_intrinsics", "transform", "size"})
    found = geometry.reproject_depth(
        params.depth,
        params.source_intrinsics,
        params.target_intrinsics,
        params.transform,
        size=None if params.size is None else params.size.pair(),
        **options,
    )
    return ReprojectDepthResult(
        depth=found.depth,
        source_index=found.source_index,
        status=found.status,
        status_names=dict(enumerate(DEPTH_STATUS)),
        status_counts=status_counts(found.status, DEPTH_STATUS),
        image=found.image,
        source_status=found.source_status,
        source_status_names=dict(enumerate(SOURCE_STATUS)),
        fates=found.fates._asdict(),
        depth_kind=params.depth_kind,
    )


def _reproject_cost(params: ReprojectDepthParams) -> Cost:
    height, width = params.depth.shape
    shape = (height, width) if params.size is None else (params.size.height, params.size.width)
    target, source = shape[0] * shape[1], height * width
    index = "int32" if source < 2**31 else "int64"
    outputs = [
        OutputArray("depth", shape, params.depth.dtype.name),
        OutputArray("source_index", shape, index),
        OutputArray("status", shape, "uint8"),
    ]
    scratch, flops = 24 * source + 8 * target * surface_count(target), source * 30.0 + target * 5.0
    lenses = sum(lens is not None for lens in (params.source_distortion, params.target_distortion))
    filling = params.fill_holes != "none"
    if lenses or filling or params.splat != "nearest" or params.source_status:
        # Positions, the plane of depths before they are rounded, and what triangles have of each pixel.
        scratch += _POSITION_BYTES * source + 24 * target + lenses * _LENS_BYTES * geometry.threads()
        flops += source * (_FLOPS["triangle" if filling else params.splat] + lenses * _LENS_FLOPS) + target * 30.0
    if params.image is not None:
        channels = params.image.shape[2:]
        outputs.append(OutputArray("image", (*shape, *channels), params.image.dtype.name))
        several = channels[0] if channels else 1
        scratch += (8 * source + 16 * target) * several
        flops += 20.0 * target * several
    if params.source_status:
        outputs.append(OutputArray("source_status", (height, width), "uint8"))
    return Cost(tuple(outputs), scratch, flops)


_SIDEWAYS = [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]

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
                "transform": _SIDEWAYS,
            },
        ),
        Example(
            "A step, with its colours, seen twice as large: triangles close the gaps, except across the step",
            {
                "depth": [[2, 2, 4, 4], [2, 2, 4, 4]],
                "image": {"data": [[10, 20, 30, 40], [50, 60, 70, 80]], "dtype": "uint8"},
                "source_intrinsics": INTRINSICS_EXAMPLE,
                "target_intrinsics": [[4, 0, 2], [0, 4, 2], [0, 0, 1]],
                "transform": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
                "size": {"width": 8, "height": 4},
                "splat": "triangle",
            },
        ),
    ),
)
