"""`depth-to-points`."""

from pydantic import Field

import geometry
from geometry.depth.jumps import MAX_JUMP
from service.arrays.types.cameras import Transform
from service.arrays.types.depth import Depth, ResultColors, ResultNormals, ResultPoints
from service.arrays.types.images import Image, ResultMask
from service.arrays.types.plane import Distortion, Matrix3
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


class DepthToPointsParams(Document):
    depth: Depth = Field(description="Depth map of the camera.")
    intrinsics: Matrix3 = Field(description="Camera matrix K, in pixels; upper triangular.")
    distortion: Distortion | None = Field(None, description=DISTORTION)
    model: LensModel = "brown"
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
    image: Image | None = Field(
        None, description="Picture of the depth's size, whose pixels go with the points. Default: none."
    )
    normals: bool = Field(False, description="Whether to find the surface's normal at each point, too.")
    max_jump: MaxJump = MAX_JUMP


class DepthToPointsResult(Document):
    points: ResultPoints = Field(description="One point a pixel; as PLY (`Accept: application/x-ply`) those there are.")
    valid: ResultMask = Field(
        description="Where there is a point: a reading, and a ray that the lens sees before the camera."
    )
    colors: ResultColors | None = Field(None, description="The image's pixels; only with an image.")
    normals: ResultNormals | None = Field(
        None, description="Normals of the surface, as of `depth-normals`; only if asked for."
    )
    depth_kind: DepthKind = Field(description="What depth was taken to mean.")


def _points(params: DepthToPointsParams) -> DepthToPointsResult:
    found = geometry.depth_to_points(
        params.depth,
        params.intrinsics,
        distortion=params.distortion,
        model=params.model,
        transform=params.transform,
        depth_kind=params.depth_kind,
        depth_scale=params.depth_scale,
        no_reading=params.no_reading,
        image=params.image,
        normals=params.normals,
        max_jump=params.max_jump,
    )
    return DepthToPointsResult(**found._asdict(), depth_kind=params.depth_kind)


def _points_cost(params: DepthToPointsParams) -> Cost:
    height, width = params.depth.shape
    pixels = height * width
    dtype = "float64" if params.depth.dtype.name in ("float64", "int32") else "float32"
    outputs = [OutputArray("points", (height, width, 3), dtype), OutputArray("valid", (height, width), "bool")]
    scratch, flops = 8 * pixels, pixels * 25.0
    if params.image is not None:
        channels = params.image.shape[2] if params.image.ndim == 3 else 1
        outputs.append(OutputArray("colors", (*params.image.shape[:2], channels), params.image.dtype.name))
    if params.normals:
        outputs.append(OutputArray("normals", (height, width, 3), "float32"))
        scratch, flops = scratch + 10 * pixels, flops + 150.0 * pixels
    if params.normals or params.distortion is not None:
        scratch += 48 * (min(pixels, 1 << 18) + 4 * width)
    if params.distortion is not None:
        flops += 400.0 * pixels
    return Cost(tuple(outputs), scratch, flops)


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
        Example(
            "Through a lens, with colours and normals",
            {
                "depth": [[2, 2, 2], [2.1, 2.1, None], [2.2, 2.2, 2.2]],
                "intrinsics": INTRINSICS_EXAMPLE,
                "distortion": [-0.1, 0.01, 0, 0],
                "image": {"data": [[9, 8, 7], [6, 5, 4], [3, 2, 1]], "dtype": "uint8"},
                "normals": True,
            },
        ),
    ),
)
