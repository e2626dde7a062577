"""`laplacian`."""

from math import prod
from typing import Literal

from pydantic import Field

import geometry
from geometry.filters.smoothing.gaussian import gaussian_radius
from service.arrays.types.filters import ResultFiltered
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import (
    OutputDtype,
    Sigma,
    SmoothBorder,
    Truncate,
    real_dtype,
    two,
    windowed_scratch,
)
from service.operations.filters.window import Fill


class LaplacianParams(Document):
    image: Image = Field(description="The pixels to differentiate.")
    neighbours: Literal[4, 8] = Field(4, description="Neighbours of a pixel that count; only without `sigma`.")
    sigma: Sigma | None = Field(
        None,
        description="Standard deviation in pixels, 0.3 or more, for the Laplacian of a Gaussian: one number, or "
        "[rows, columns].",
    )
    truncate: Truncate = 4.0
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0
    output_dtype: OutputDtype | None = Field(
        None, description="Default: float32, or float64 for int32 and float64 images, so that nothing saturates."
    )


class LaplacianResult(Document):
    image: ResultFiltered = Field(description="Sum of the second derivatives.")


def _laplacian(params: LaplacianParams) -> LaplacianResult:
    return LaplacianResult(
        image=geometry.laplacian(
            params.image,
            neighbours=params.neighbours,
            sigma=params.sigma,
            truncate=params.truncate,
            border=params.border,
            fill=params.fill,
            output_dtype=params.output_dtype,
        )
    )


def _cost(params: LaplacianParams) -> Cost:
    shape, kind = params.image.shape, params.image.dtype.name
    dtype = {"same": kind, None: real_dtype(kind)}.get(params.output_dtype, params.output_dtype) or kind
    reach = (1, 1) if params.sigma is None else gaussian_radius(two(params.sigma), truncate=params.truncate)
    taps = (2 * reach[0] + 1, 2 * reach[1] + 1)
    return Cost((OutputArray("image", shape, dtype),), windowed_scratch(shape, taps), 4.0 * prod(shape) * sum(taps))


LAPLACIAN = Operation(
    name="laplacian",
    family="filters",
    summary="Sum the second derivatives of an image, after smoothing if asked for",
    params=LaplacianParams,
    result=LaplacianResult,
    run=_laplacian,
    cost=_cost,
    examples=(Example("Four neighbours", {"image": [[0, 0, 0], [0, 1, 0], [0, 0, 0]]}),),
)
