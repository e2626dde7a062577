"""`unsharp`."""

from math import prod

from pydantic import Field

import geometry
from geometry.filters.smoothing.gaussian import gaussian_radius
from service.arrays.types.filters import ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import Sigma, SmoothBorder, Truncate, real_dtype, two, windowed_scratch
from service.operations.filters.window import Fill


class UnsharpParams(Document):
    image: Image = Field(description="The pixels to sharpen.")
    sigma: Sigma = Field(
        1.0, description="Standard deviation of the Gaussian in pixels: one number, or [rows, columns]."
    )
    amount: float = Field(1.0, ge=-1000, le=1000, description="How much of what the Gaussian takes away is added.")
    threshold: float = Field(0.0, ge=0, description="Smaller differences, in the image's units, are left alone.")
    truncate: Truncate = 4.0
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0


class UnsharpResult(Document):
    image: ResultFiltered = Field(description="The sharper image, of the same dtype.")


def _unsharp(params: UnsharpParams) -> UnsharpResult:
    return UnsharpResult(
        image=geometry.unsharp(
            params.image,
            sigma=params.sigma,
            amount=params.amount,
            threshold=params.threshold,
            truncate=params.truncate,
            border=params.border,
            fill=params.fill,
        )
    )


def _cost(params: UnsharpParams) -> Cost:
    shape, dtype = params.image.shape, params.image.dtype.name
    reach = gaussian_radius(two(params.sigma), truncate=params.truncate)
    taps = (2 * reach[0] + 1, 2 * reach[1] + 1)
    smooth = prod(shape) * (8 if real_dtype(dtype) == "float64" else 4)
    bands = 8 * 4 * 64 * prod(shape[1:]) * geometry.threads()
    return Cost(
        (OutputArray("image", shape, dtype),),
        smooth + min(bands, 4 * smooth) + windowed_scratch(shape, taps),
        prod(shape) * (8.0 + 2 * sum(taps)),
    )


UNSHARP = Operation(
    name="unsharp",
    family="filters",
    summary="Sharpen an image by an unsharp mask",
    params=UnsharpParams,
    result=UnsharpResult,
    run=_unsharp,
    cost=_cost,
    examples=(Example("An edge that overshoots", {"image": [[1, 1, 5, 5]], "sigma": 1, "amount": 0.5}),),
)
