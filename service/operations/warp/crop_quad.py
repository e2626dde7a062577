"""Cropping of a quadrangle."""

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

import geometry
from geometry.errors import Degenerate
from geometry.warp import quad_layout
from service.arrays.types.images import Image, ResultImage, ResultMask
from service.arrays.types.plane import Corners, ResultHomography
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Border, Numbers, Size
from service.operations.warp.options import BORDER, INTERPOLATION, Interpolation, PixelCenter, pixel_cost, values


class CropQuadParams(Document):
    image: Image = Field(description="The source pixels.")
    corners: Corners = Field(description="Where the crop's corners are in the image; they may lie outside it.")
    size: Size | None = Field(
        None,
        description=(
            "Size of the crop. Default: the longer of two opposite edges, rounded, and one more where corners are "
            "pixel centres."
        ),
    )
    aspect: Literal["edges", "rectangle"] = Field(
        "edges",
        description=(
            "Shape of the default size: as the edges are long, or as the rectangle is that a camera with square "
            "pixels, its axis through the image's centre, has seen."
        ),
    )
    focal_length: float | None = Field(
        None, gt=0, description="Of that camera, in pixels. Default: found from the corners."
    )
    corners_at: Literal["centers", "edges"] = Field(
        "centers", description="Whether the corners become the centres of the corner pixels, or the crop's outer edge."
    )
    order: Literal["given", "sort"] = Field(
        "given",
        description=(
            "`given`: corners in another order are refused. `sort`: they are put in order, clockwise from the one with "
            "the least x + y."
        ),
    )
    interpolation: Interpolation = Field("linear", description=INTERPOLATION)
    border: Border = Field("constant", description=BORDER)
    fill: Numbers = Field(0.0, description="Value outside the source: one for all channels, or one each.")
    pixel_center: PixelCenter = Field(
        "integer", description="Where corners and homography have pixel centres: at integers (OpenCV), or at halves."
    )


class CropQuadResult(Document):
    image: ResultImage = Field(description="The straightened quadrangle, of the source's dtype and channels.")
    homography: ResultHomography = Field(description="Source to crop; unit Frobenius norm, w > 0 inside.")
    mask: ResultMask = Field(description="Where a pixel came wholly from inside the source.")
    size: Size = Field(description="Size of the crop.")
    reordered: bool = Field(description="Whether `sort` changed the order of the corners.")
    aspect: str = Field(description="What the crop's shape was taken from: `size`, `edges` or `rectangle`.")
    fallback: str = Field(
        description=(
            "Why the edges were taken instead of the true aspect: `parallel_edges` (they do not tell the focal length) "
            "or `no_real_focal_length` (no picture of a rectangle). Empty otherwise."
        )
    )
    focal_length: float | None = Field(description="The camera's, as given or found, in pixels; null where unknown.")
    direction: str = Field(description="What the homography maps to what.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _layout_options(params: CropQuadParams) -> dict[str, Any]:
    return {
        "size": None if params.size is None else params.size.pair(),
        "aspect": params.aspect,
        "focal_length": params.focal_length,
        "corners_at": params.corners_at,
        "order": params.order,
        "pixel_center": params.pixel_center,
    }


def _crop_cost(params: CropQuadParams) -> Cost:
    height, width = params.image.shape[:2]
    try:
        # Eight numbers decide on the size of the result, so they are read before anything is admitted.
        size = quad_layout(values(params.corners), (width, height), **_layout_options(params)).size
    except Degenerate:  # the run will say so
        size = (1, 1)
    cost = pixel_cost(params.image, *size, params.interpolation)
    image, mask = cost.outputs
    outputs = (image, OutputArray("homography", (3, 3), "float64"), replace(mask, streamed=False))
    return replace(cost, outputs=outputs)


def _crop(params: CropQuadParams) -> CropQuadResult:
    found = geometry.crop_quad(
        params.image,
        params.corners,
        **_layout_options(params),
        interpolation=params.interpolation,
        border=params.border,
        fill=params.fill,
    )
    width, height = found.size
    return CropQuadResult(
        image=found.image,
        homography=found.homography,
        mask=found.mask,
        size=Size(width=width, height=height),
        reordered=found.reordered,
        aspect=found.aspect,
        fallback=found.fallback,
        focal_length=found.focal_length,
        direction="source_to_output",
        pixel_center=params.pixel_center,
    )


CROP_QUAD = Operation(
    name="crop-quad",
    family="warp",
    summary="Crop a quadrangle and straighten it to a rectangle",
    params=CropQuadParams,
    result=CropQuadResult,
    run=_crop,
    cost=_crop_cost,
    examples=(
        Example(
            "A tilted square of 5 × 5 pixels",
            {
                "image": {
                    "data": [
                        [0, 0, 0, 0, 0, 0],
                        [0, 0, 90, 0, 0, 0],
                        [0, 90, 200, 90, 0, 0],
                        [90, 200, 250, 200, 90, 0],
                        [0, 90, 200, 90, 0, 0],
                        [0, 0, 90, 0, 0, 0],
                    ],
                    "dtype": "uint8",
                },
                "corners": [[2, 1], [4, 3], [2, 5], [0, 3]],
                "size": {"width": 5, "height": 5},
            },
        ),
    ),
)
