"""Moving pixels by a map of source points."""

from pydantic import Field

import geometry
from service.arrays.types.images import ResultImage, ResultMask
from service.arrays.types.plane import PointMap
from service.documents import Document
from service.operation import Cost, Example, Operation
from service.operations.shapes import Border, Numbers
from service.operations.warp.mask import mask_stream
from service.operations.warp.options import (
    BORDER,
    FILL,
    INTERPOLATION,
    PIXEL_CENTER,
    Interpolation,
    PixelCenter,
    WarpSource,
    pixel_cost,
)


class RemapParams(WarpSource):
    map: PointMap = Field(description="The source point (x, y) that each output pixel shows.")
    interpolation: Interpolation = Field("linear", description=INTERPOLATION)
    border: Border = Field("constant", description=BORDER)
    fill: Numbers = Field(0.0, description=FILL)
    pixel_center: PixelCenter = Field("integer", description=PIXEL_CENTER)


class RemapResult(Document):
    image: ResultImage = Field(description="The moved pixels, of the source's dtype and channels.")
    mask: ResultMask = Field(description="Where a pixel came wholly from inside the source.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _cost(params: RemapParams) -> Cost:
    height, width = params.map.shape[:2]
    return pixel_cost(params.image, width, height, params.interpolation)


def _remap(params: RemapParams) -> RemapResult:
    warped = geometry.remap(
        params.image,
        params.map,
        interpolation=params.interpolation,
        border=params.border,
        fill=params.fill,
        pixel_center=params.pixel_center,
    )
    return RemapResult(image=warped.image, mask=mask_stream(warped), pixel_center=params.pixel_center)


REMAP = Operation(
    name="remap",
    family="warp",
    summary="Move pixels by a map of source points",
    params=RemapParams,
    result=RemapResult,
    run=_remap,
    cost=_cost,
    examples=(
        Example(
            "Mirror a row, and look half a pixel beyond it",
            {
                "image": {"data": [[10, 20, 30]], "dtype": "uint8"},
                "map": [[[2, 0], [1, 0], [0, 0], [-0.5, 0]]],
                "border": "replicate",
            },
        ),
    ),
)
