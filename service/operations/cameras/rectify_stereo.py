"""Calibrated stereo pairs turned so that rows match."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

import geometry
from service.arrays.pending import Array, ArrayStream
from service.arrays.types.cameras import Vector3
from service.arrays.types.plane import Matrix3, ResultHomography, ResultMatrix3
from service.arrays.types.sightings import LensCoefficients, ResultMatrix4, ResultPointMap, ResultProjection
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Size

_BLOCK_BYTES = 8 << 20
_EDGE_FLOPS = 2 * 80 * 200.0  # of a pixel along an edge: two views, looked at often, through a lens


class Box(Document):
    """A rectangle of whole pixels; empty if width and height are 0."""

    x: int = Field(description="First column.")
    y: int = Field(description="First row.")
    width: int = Field(description="Columns.")
    height: int = Field(description="Rows.")


class RectifyStereoParams(Document):
    left_intrinsics: Matrix3 = Field(description="Camera matrix K of the left camera, in pixels; upper triangular.")
    right_intrinsics: Matrix3 = Field(description="Camera matrix K of the right camera.")
    rotation: Matrix3 = Field(description="Rotation R of X_right = R X_left + t.")
    translation: Vector3 = Field(description="Translation t of X_right = R X_left + t.")
    size: Size = Field(description="Size of both images.")
    left_distortion: LensCoefficients | None = Field(
        None, description="Coefficients of the left lens, in OpenCV's order, as of `undistort`. Default: no distortion."
    )
    right_distortion: LensCoefficients | None = Field(
        None, description="Coefficients of the right lens. Default: no distortion."
    )
    model: Literal["brown", "fisheye"] = Field(
        "brown", description="`brown`: Brown–Conrady. `fisheye`: Kannala–Brandt (OpenCV's fisheye)."
    )
    alpha: float | None = Field(
        None,
        ge=0,
        le=1,
        description=(
            "Zoom: 0 shows only valid pixels, 1 shows all source pixels, between them linear. Default: the mean of "
            "both focal lengths."
        ),
    )
    zero_disparity: bool = Field(
        True, description="Whether points at infinity have disparity 0; else each view is centred along the baseline."
    )
    new_size: Size | None = Field(None, description="Size of the rectified images. Default: as the sources.")
    pixel_center: Literal["integer", "half"] = Field(
        "integer", description="Where all matrices and maps have pixel centres: at integers (OpenCV), or at halves."
    )
    maps: bool = Field(False, description="Whether to return the maps for `remap`; otherwise they are empty.")


class RectifyStereoResult(Document):
    left_rotation: ResultMatrix3 = Field(description="R1: from the left camera's frame to the rectified one.")
    right_rotation: ResultMatrix3 = Field(description="R2: from the right camera's frame to the rectified one.")
    left_projection: ResultProjection = Field(description="P1 = K' [I | 0], from the rectified left frame.")
    right_projection: ResultProjection = Field(description="P2 = K'' [I | t'], from the rectified left frame.")
    disparity_to_depth: ResultMatrix4 = Field(
        description="Q: (x, y, d, 1) to (X, Y, Z, 1) in the rectified left frame; d = left − right coordinate."
    )
    left_homography: ResultHomography = Field(
        description="From the left image to its rectified one; exact where there is no distortion."
    )
    right_homography: ResultHomography = Field(description="From the right image to its rectified one.")
    left_map: ResultPointMap = Field(description="Map for `remap` of the left image with the same `pixel_center`.")
    right_map: ResultPointMap = Field(description="Map for `remap` of the right image.")
    left_roi: Box = Field(description="A large box of rectified pixels that all come from inside the left source.")
    right_roi: Box = Field(description="The same of the right image.")
    axis: Literal["horizontal", "vertical"] = Field(
        description="`horizontal`: matching points lie on one row. `vertical`: in one column."
    )
    baseline: float = Field(
        description="The right centre along that axis, in world units; negative if it lies to the left (or above)."
    )
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _map_stream(rectified: geometry.RectifiedStereo, side: str, wanted: bool) -> Array:
    width, height = rectified.size
    rows = max(1, _BLOCK_BYTES // (16 * width))

    def blocks() -> Iterator[Array]:
        for start in range(0, height if wanted else 0, rows):
            yield rectified.map_rows(side, start, min(start + rows, height))

    return ArrayStream((height if wanted else 0, width, 2), np.dtype(np.float64), blocks)  # type: ignore[return-value]


def _rectify(params: RectifyStereoParams) -> RectifyStereoResult:
    found = geometry.rectify_stereo(
        params.left_intrinsics,
        params.right_intrinsics,
        params.rotation,
        params.translation,
        params.size.pair(),
        left_distortion=params.left_distortion,
        right_distortion=params.right_distortion,
        model=params.model,
        alpha=params.alpha,
        zero_disparity=params.zero_disparity,
        new_size=None if params.new_size is None else params.new_size.pair(),
        pixel_center=params.pixel_center,
    )
    boxes = [
        Box(**dict(zip(("x", "y", "width", "height"), roi, strict=True))) for roi in (found.left_roi, found.right_roi)
    ]
    return RectifyStereoResult(
        left_rotation=found.left_rotation,
        right_rotation=found.right_rotation,
        left_projection=found.left_projection,
        right_projection=found.right_projection,
        disparity_to_depth=found.disparity_to_depth,
        left_homography=found.left_homography,
        right_homography=found.right_homography,
        left_map=_map_stream(found, "left", params.maps),
        right_map=_map_stream(found, "right", params.maps),
        left_roi=boxes[0],
        right_roi=boxes[1],
        axis=found.axis,
        baseline=found.baseline,
        pixel_center=params.pixel_center,
    )


def _cost(params: RectifyStereoParams) -> Cost:
    width, height = (params.size if params.new_size is None else params.new_size).pair()
    rows = height if params.maps else 0
    shapes = {
        "left_rotation": (3, 3),
        "right_rotation": (3, 3),
        "left_projection": (3, 4),
        "right_projection": (3, 4),
        "disparity_to_depth": (4, 4),
        "left_homography": (3, 3),
        "right_homography": (3, 3),
    }
    outputs = (
        *(OutputArray(name, shape, "float64") for name, shape in shapes.items()),
        *(OutputArray(name, (rows, width, 2), "float64", streamed=True) for name in ("left_map", "right_map")),
    )
    edge = 2.0 * (width + height + params.size.width + params.size.height)
    scratch = 2 * _BLOCK_BYTES + 32 * width + 256 * int(edge)
    return Cost(outputs, scratch, edge * _EDGE_FLOPS + 2 * 60.0 * rows * width)


RECTIFY_STEREO = Operation(
    name="rectify-stereo",
    family="cameras",
    summary="Turn a calibrated stereo pair so that matching points lie on one row",
    params=RectifyStereoParams,
    result=RectifyStereoResult,
    run=_rectify,
    cost=_cost,
    examples=(
        Example(
            "The right camera 12 cm to the right, turned inwards by 2°",
            {
                "left_intrinsics": [[800, 0, 640], [0, 800, 360], [0, 0, 1]],
                "right_intrinsics": [[810, 0, 650], [0, 810, 355], [0, 0, 1]],
                "rotation": [
                    [0.9993908270190958, 0, 0.03489949670250097],
                    [0, 1, 0],
                    [-0.03489949670250097, 0, 0.9993908270190958],
                ],
                "translation": [-0.12, 0, 0.002],
                "size": {"width": 1280, "height": 720},
                "left_distortion": [-0.28, 0.09, 0.001, -0.0005],
                "right_distortion": [-0.27, 0.08, 0, 0.0005],
                "alpha": 0,
            },
        ),
    ),
)
