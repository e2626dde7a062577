"""`gaussian`."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

import geometry
from geometry.filters.smoothing.gaussian import gaussian_radius
from service.arrays.types.filters import ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import OutputDtype, Sigma, SmoothBorder, Truncate, two, windowed_scratch
from service.operations.filters.window import Fill

_Radius = Annotated[int, Field(ge=0, le=2048)]


class GaussianParams(Document):
    image: Image = Field(description="The pixels to smooth.")
    sigma: Sigma = Field(description="Standard deviation in pixels: one number, or [rows, columns]; 0 for none.")
    truncate: Truncate = 4.0
    radius: _Radius | Annotated[list[_Radius], Field(min_length=2, max_length=2)] | None = Field(
        None, description="How far the sampled Gaussian reaches, in pixels, instead of `truncate`."
    )
    method: Literal["exact", "recursive"] = Field(
        "exact", description="`exact`: the sampled Gaussian. `recursive`: Deriche's filter, whatever σ costs the same."
    )
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0
    output_dtype: OutputDtype = "same"


class GaussianResult(Document):
    image: ResultFiltered = Field(description="The smooth image.")
    method: str = Field(description="How it was computed.")
    radius: list[int] | None = Field(description="How far the sampled Gaussian reaches in rows and columns, in pixels.")


def _radius(params: GaussianParams) -> tuple[int, int] | None:
    if params.method == "recursive":
        return None
    return gaussian_radius(two(params.sigma), truncate=params.truncate, radius=params.radius)


def _gaussian(params: GaussianParams) -> GaussianResult:
    image = geometry.gaussian(
        params.image,
        params.sigma,
        truncate=params.truncate,
        radius=params.radius,
        method=params.method,
        border=params.border,
        fill=params.fill,
        output_dtype=params.output_dtype,
    )
    reach = _radius(params)
    return GaussianResult(image=image, method=params.method, radius=None if reach is None else list(reach))


def _cost(params: GaussianParams) -> Cost:
    shape, reach = params.image.shape, _radius(params)
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    values = prod(shape)
    if reach is None:
        margins = [16 * sigma for sigma in two(params.sigma)]
        lines = 64 * 8 * (max(shape[0] + margins[0], shape[1] + margins[1]) + max(shape[:2])) * geometry.threads()
        work = sum(values * (1 + margin / max(1, side)) for margin, side in zip(margins, shape, strict=False))
        return Cost((OutputArray("image", shape, dtype),), 24 * values + int(lines), 40.0 * work)
    taps = (2 * reach[0] + 1, 2 * reach[1] + 1)
    return Cost((OutputArray("image", shape, dtype),), windowed_scratch(shape, taps), 2.0 * values * sum(taps))


GAUSSIAN = Operation(
    name="gaussian",
    family="filters",
    summary="Smooth an image with a Gaussian",
    params=GaussianParams,
    result=GaussianResult,
    run=_gaussian,
    cost=_cost,
    examples=(
        Example("A point becomes a bell", {"image": [[0, 0, 0], [0, 8, 0], [0, 0, 0]], "sigma": 0.8, "radius": 1}),
    ),
)
