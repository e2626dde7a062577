"""What all warps of an image share."""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any, Literal

from pydantic import Field

from geometry import Degenerate, Warped
from geometry.warp.pyramid import pyramid_bytes
from service.arrays.pending import Array, PendingArray
from service.arrays.types.images import Image, ResultImage, ResultMask
from service.documents import Document
from service.operation import Cost, OutputArray
from service.operations.shapes import Border, Numbers, Roi, Size
from service.operations.warp.mask import mask_stream

Interpolation = Literal["nearest", "linear", "cubic", "cubic_opencv", "lanczos"]
PixelCenter = Literal["integer", "half"]

_SUB_SAMPLES = 16  # of a pixel that is a mean, as a rule; long footprints have up to 16 times as many

INTERPOLATION = (
    "How values between source pixels are found. `cubic`: Catmull and Rom's (a = −0.5); `cubic_opencv`: a = −0.75; "
    "`lanczos`: 8 × 8 taps. Integers are rounded to the nearest and saturate."
)
BORDER = "What lies outside the source: `fill`, its edge, or its reflection or repetition."
FILL = "Value outside the source and behind the horizon: one for all channels, or one each."
PIXEL_CENTER = "Where pixel centres lie: at integers (OpenCV), or at halves (COLMAP)."


class WarpSource(Document):
    """The image that is warped."""

    image: Image = Field(description="The source pixels.")


class WarpOptions(Document):
    """How an image is warped by a matrix."""

    direction: Literal["source_to_output", "output_to_source"] = Field(
        "source_to_output",
        description=(
            "What the matrix maps: source pixels to output pixels (OpenCV's default), or back (WARP_INVERSE_MAP)."
        ),
    )
    size: Size | Literal["fit"] | None = Field(
        None,
        description=(
            "Size of the output. Default: the source's. `fit`: the smallest that shows the whole source; `translation` "
            "of the result says where it lies."
        ),
    )
    roi: Roi | None = Field(
        None,
        description="Compute only this part of the output; equals the crop of the whole bit for bit. Default: all.",
    )
    interpolation: Interpolation = Field("linear", description=INTERPOLATION)
    border: Border = Field("constant", description=BORDER)
    fill: Numbers = Field(0.0, description=FILL)
    pixel_center: PixelCenter = Field("integer", description=PIXEL_CENTER)
    antialias: bool = Field(
        False,
        description=(
            "Give output pixels that cover more than a source pixel the mean over what they cover, however stretched; "
            "not with `nearest`. The mask is then true where all of that is inside."
        ),
    )
    vectors: Literal["down", "up"] | None = Field(
        None,
        description=(
            "The first two channels are vectors (a normal map): turn them by the local rotation of the map. Says where "
            "their second component points in the image. Default: channels are values."
        ),
    )
    encoding: Literal["unorm", "unorm128", "signed"] | None = Field(
        None, description="What the numbers of `vectors` mean, as of rotate-vectors."
    )

    def arguments(self) -> dict[str, Any]:
        """The options as keyword arguments of the library's function."""
        size = self.size.pair() if isinstance(self.size, Size) else self.size
        roi = None if self.roi is None else self.roi.box()
        plain = {name: getattr(self, name) for name in WarpOptions.model_fields if name not in ("size", "roi")}
        return {**plain, "size": size, "roi": roi}


class WarpResult(Document):
    """A warped image and what was assumed."""

    image: ResultImage = Field(description="The warped pixels, of the source's dtype and channels.")
    mask: ResultMask = Field(description="Where a pixel came wholly from inside the source.")
    direction: str = Field(description="The direction that the matrix was read in.")
    pixel_center: str = Field(description="Where pixel centres were taken to lie.")
    translation: list[int] = Field(
        description="Pixels (x, y) by which output points are moved against those of the matrix; 0, 0 without `fit`.",
        min_length=2,
        max_length=2,
    )


def warp_result(warped: Warped, options: WarpOptions) -> WarpResult:
    """What a warp by a matrix answers."""
    return WarpResult(
        image=warped.image,
        mask=mask_stream(warped),
        direction=options.direction,
        pixel_center=options.pixel_center,
        translation=list(warped.translation),
    )


def warp_cost(image: Array | PendingArray, options: WarpOptions, fitted: Callable[[], tuple[int, int]]) -> Cost:
    """The cost of a warp by a matrix; `fitted` tells the size where it is to fit."""
    height, width = image.shape[:2]
    if options.roi is not None:
        width, height = options.roi.width, options.roi.height
    elif isinstance(options.size, Size):
        width, height = options.size.pair()
    elif options.size == "fit":
        try:
            width, height = fitted()
        except Degenerate:  # the run will say so
            width, height = 1, 1
    cost = pixel_cost(image, width, height, options.interpolation)
    if not options.antialias:
        return cost
    elements = prod(image.shape)
    channels = image.shape[2] if len(image.shape) == 3 else 1
    means = width * height * _SUB_SAMPLES * (10.0 + 8.0 * channels)
    levels = pyramid_bytes((*image.shape[:2], channels), image.dtype)
    return replace(cost, scratch=cost.scratch + levels, flops=cost.flops + means + 4.0 * elements)


def pixel_cost(image: Array | PendingArray, width: int, height: int, interpolation: Interpolation) -> Cost:
    """The cost of an image and a mask of that size."""
    channels = image.shape[2] if len(image.shape) == 3 else 1
    taps = {"nearest": 1, "linear": 4, "lanczos": 64}.get(interpolation, 16)
    outputs = (
        OutputArray("image", (height, width, *image.shape[2:]), image.dtype.name),
        OutputArray("mask", (height, width), "bool", streamed=True),
    )
    return Cost(outputs, 1 << 20, width * height * (20.0 + 2.0 * taps * channels))


def values(array: Array | PendingArray) -> Array:
    """A small array, decoded now."""
    return array.load() if isinstance(array, PendingArray) else array
