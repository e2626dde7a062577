"""Windows of one size cut out of an image around many points."""

from typing import Literal

from pydantic import Field

import geometry
from service.arrays.types.images import Image, ResultPatches, ResultPatchMasks
from service.arrays.types.plane import Centers
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.shapes import Border, Numbers, Size


class CropPatchesParams(Document):
    image: Image = Field(description="The pixels to cut from.")
    centers: Centers = Field(
        description="Where the patches are; see `anchor`, `normalized`, `centered`, `pixel_center`."
    )
    size: Size = Field(description="Size of every patch.")
    anchor: Literal["center", "corner"] = Field(
        "center", description="Whether a point is the patch's centre or its top left corner."
    )
    normalized: bool = Field(
        False,
        description=(
            "Whether points are written as parts of the image: 0 … 1 from end to end, or −1 … 1 if `centered`. The "
            "ends are the outermost pixel centres, or with `pixel_center` half the outer edges."
        ),
    )
    centered: bool = Field(False, description="Whether points are counted from the middle of the image.")
    interpolation: Literal["nearest", "linear", "truncate"] = Field(
        "linear",
        description=(
            "`linear`; `nearest`: patches move to the nearest whole pixel; `truncate`: towards zero, as TensorFlow's "
            "extract_glimpse does."
        ),
    )
    border: Border = Field(
        "constant", description="What lies outside the image: `fill`, its edge, or its reflection or repetition."
    )
    fill: Numbers = Field(0.0, description="Value outside the image: one for all channels, or one each.")
    pixel_center: Literal["integer", "half"] = Field(
        "integer", description="Where pixel centres lie: at integers (OpenCV), or at halves (COLMAP, TensorFlow)."
    )


class CropPatchesResult(Document):
    patches: ResultPatches = Field(description="The patches, in the order of the points.")
    mask: ResultPatchMasks = Field(description="Where a pixel came wholly from inside the image.")
    anchor: str = Field(description="What the points were taken for.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")


def _crop_patches_cost(params: CropPatchesParams) -> Cost:
    shape = (params.centers.shape[0], params.size.height, params.size.width)
    outputs = (
        OutputArray("patches", (*shape, *params.image.shape[2:]), params.image.dtype.name),
        OutputArray("mask", shape, "bool"),
    )
    channels = params.image.shape[2] if len(params.image.shape) == 3 else 1
    flops = outputs[1].nbytes * (4.0 + 8.0 * channels)
    return Cost(outputs, 128 * shape[0] + (1 << 20), flops + 1.0)


def _crop_patches(params: CropPatchesParams) -> CropPatchesResult:
    cropped = geometry.crop_patches(
        params.image,
        params.centers,
        size=params.size.pair(),
        anchor=params.anchor,
        normalized=params.normalized,
        centered=params.centered,
        interpolation=params.interpolation,
        border=params.border,
        fill=params.fill,
        pixel_center=params.pixel_center,
    )
    return CropPatchesResult(
        patches=cropped.patches, mask=cropped.mask, anchor=params.anchor, pixel_center=params.pixel_center
    )


CROP_PATCHES = Operation(
    name="crop-patches",
    family="warp",
    summary="Cut windows out of an image around many points",
    params=CropPatchesParams,
    result=CropPatchesResult,
    run=_crop_patches,
    cost=_crop_patches_cost,
    examples=(
        Example(
            "Two 2×2 patches: one around a point between four pixels, one across the border",
            {
                "image": {"data": [[10, 20, 30], [40, 50, 60], [70, 80, 90]], "dtype": "uint8"},
                "centers": [[0.5, 0.5], [2.5, 1.5]],
                "size": {"width": 2, "height": 2},
            },
        ),
    ),
)
