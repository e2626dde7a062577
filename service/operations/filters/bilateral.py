"""`bilateral`."""

from math import prod

from pydantic import Field

import geometry
from geometry.filters.smoothing.bilateral import bilateral_radius
from service.arrays.types.filters import ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import OutputDtype, SmoothBorder
from service.operations.filters.window import Fill


class BilateralParams(Document):
    image: Image = Field(description="The pixels to smooth.")
    sigma_color: float = Field(
        ge=1e-12,
        le=1e12,
        description="Standard deviation of colours, in units of the image or guide, over all channels.",
    )
    sigma_space: float = Field(ge=1e-12, le=1e12, description="Standard deviation of distances, in pixels.")
    radius: int | None = Field(
        None,
        ge=0,
        le=100,
        description="Radius of the window, a disc, in pixels. Default: 1.5 · sigma_space, at most 100.",
    )
    guide: Image | None = Field(None, description="An image of the same size whose colours decide instead.")
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0
    output_dtype: OutputDtype = "same"


class BilateralResult(Document):
    image: ResultFiltered = Field(description="The smooth image.")
    radius: int = Field(description="Radius of the window, in pixels.")


def _bilateral(params: BilateralParams) -> BilateralResult:
    image = geometry.bilateral(
        params.image,
        params.sigma_color,
        params.sigma_space,
        radius=params.radius,
        guide=params.guide,
        border=params.border,
        fill=params.fill,
        output_dtype=params.output_dtype,
    )
    return BilateralResult(image=image, radius=bilateral_radius(params.sigma_space, params.radius))


def _cost(params: BilateralParams) -> Cost:
    shape = params.image.shape
    if params.guide is not None and params.guide.shape[:2] != shape[:2]:
        raise geometry.InvalidInput(
            "guide", f"must have the image's size {shape[:2]}, came as {params.guide.shape[:2]}"
        )
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    radius, channels = bilateral_radius(params.sigma_space, params.radius), prod(shape[2:])
    colours = channels if params.guide is None else prod(params.guide.shape[2:])
    planes, taps = channels + (colours if params.guide is not None else 0), (2 * radius + 1) ** 2
    tile = max(256, 2 * radius) + 2 * radius + 32
    strip = 8 * (planes * tile * (max(32, 2 * radius) + 2 * radius) + 32 * taps + channels * tile)
    flops = prod(shape[:2]) * taps * (16.0 + 3 * colours + 2 * channels)
    return Cost((OutputArray("image", shape, dtype),), strip * geometry.threads() + 24 * taps, flops)


BILATERAL = Operation(
    name="bilateral",
    family="filters",
    summary="Smooth an image and keep its edges",
    params=BilateralParams,
    result=BilateralResult,
    run=_bilateral,
    cost=_cost,
    examples=(
        Example(
            "Noise goes, the step stays",
            {"image": [[1, 2, 1, 9, 8, 9]], "sigma_color": 1.5, "sigma_space": 1, "radius": 2},
        ),
    ),
)
