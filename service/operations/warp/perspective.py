"""Warping of an image by a homography."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types import Image, Matrix3, ResultImage, ResultMask
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Border, Numbers, Roi, Size
from service.operations.warp.mask import mask_stream


class WarpPerspectiveParams(Document):
    image: Image = Field(description="The source pixels.")
    homography: Matrix3 = Field(
        description=(
            "Maps (x, y, 1) of one image to the other; its scale and sign do not matter. Direction: see `direction`."
        )
    )
    direction: Literal["source_to_output", "output_to_source"] = Field(
        "source_to_output",
        description=(
            "What the homography maps: source pixels to output pixels (OpenCV's default), or back (WARP_INVERSE_MAP)."
        ),
    )
    size: Size | None = Field(None, description="Size of the output. Default: the source's.")
    roi: Roi | None = Field(
        None,
        description="Compute only this part of the output; equals the crop of the whole bit for bit. Default: all.",
    )
    interpolation: Literal["nearest", "linear"] = Field(
        "linear", description="How values between source pixels are found."
    )
    border: Border = Field(
        "constant", description="What lies outside the source: `fill`, its edge, or its reflection or repetition."
    )
    fill: Numbers = Field(
        0.0, description="Value outside the source and behind the horizon: one for all channels, or one each."
    )
    pixel_center: Literal["integer", "half"] = Field(
        "integer", description="Where pixel centres lie: at integers (OpenCV), or at halves (COLMAP)."
    )


class WarpPerspectiveResult(Document):
    image: ResultImage = Field(description="The warped pixels, of the source's dtype and channels.")
    mask: ResultMask = Field(description="Where a pixel came wholly from inside the source.")
    direction: str = Field(description="The direction that the homography was read in.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _output_size(params: WarpPerspectiveParams) -> tuple[int, int]:
    if params.roi is not None:
        return params.roi.width, params.roi.height
    height, width = params.image.shape[:2]
    return (width, height) if params.size is None else params.size.pair()


def _warp_cost(params: WarpPerspectiveParams) -> Cost:
    width, height = _output_size(params)
    shape = (height, width, *params.image.shape[2:])
    channels = params.image.shape[2] if len(params.image.shape) == 3 else 1
    outputs = (
        OutputArray("image", shape, params.image.dtype.name),
        OutputArray("mask", (height, width), "bool", streamed=True),
    )
    return Cost(outputs, 1 << 20, width * height * (20.0 + 8.0 * channels))


def _warp(params: WarpPerspectiveParams) -> WarpPerspectiveResult:
    warped = geometry.warp_perspective(
        params.image,
        params.homography,
        size=None if params.size is None else params.size.pair(),
        roi=None if params.roi is None else params.roi.box(),
        direction=params.direction,
        interpolation=params.interpolation,
        border=params.border,
        fill=params.fill,
        pixel_center=params.pixel_center,
    )
    return WarpPerspectiveResult(
        image=warped.image, mask=mask_stream(warped), direction=params.direction, pixel_center=params.pixel_center
    )


WARP_PERSPECTIVE = Operation(
    name="warp-perspective",
    family="warp",
    summary="Warp an image by a homography",
    params=WarpPerspectiveParams,
    result=WarpPerspectiveResult,
    run=_warp,
    cost=_warp_cost,
    examples=(
        Example(
            "Shift a 3×3 image by half a pixel to the right",
            {
                "image": {"data": [[0, 60, 120], [0, 60, 120], [0, 60, 120]], "dtype": "uint8"},
                "homography": [[1, 0, 0.5], [0, 1, 0], [0, 0, 1]],
            },
        ),
    ),
)
