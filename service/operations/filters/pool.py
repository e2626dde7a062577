"""`pool`."""

from typing import Literal

from pydantic import Field

import geometry
from geometry.filters.pooling.pool import index_layout
from service.arrays.types.filters import PoolImages, ResultPooled, ResultPoolIndices
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.pooling import PoolWindows, pool_flops, pool_scratch, pooled_shape, windows_of
from service.operations.filters.window import pair

LAYOUTS = (
    "`plane`: y·W + x, as PyTorch; `plane_channels`: (y·W + x)·C + c, as TensorFlow; `window`: row · window columns + "
    "column, within the window."
)


class PoolParams(PoolWindows):
    image: PoolImages = Field(description="The pixels to pool.")
    method: Literal["max", "min", "mean", "lp"] = Field("max", description="What a window is reduced to.")
    indices: bool | Literal["plane", "plane_channels", "window"] = Field(
        False, description=f"Where each maximum or minimum is; true is `plane`. {LAYOUTS}"
    )
    count_padding: bool = Field(False, description="Whether the mean divides by pixels of the padding, too.")
    p: float = Field(2.0, gt=0, le=1e6, description="Order of the norm of `lp`.")
    output_dtype: Literal["same", "float32", "float64"] = Field(
        "same", description="Of means and norms; `same`: as the image, integers rounded half to even."
    )


class PoolResult(Document):
    image: ResultPooled = Field(description="The reduced windows.")
    indices: ResultPoolIndices | None = Field(None, description="Where they came from, if asked for.")
    layout: str | None = Field(None, description="How the indices count.")
    method: str = Field(description="What the windows were reduced to.")


def _pool(params: PoolParams) -> PoolResult:
    pooled = geometry.pool(
        params.image,
        pair(params.window),
        method=params.method,
        indices=params.indices,
        count_padding=params.count_padding,
        p=params.p,
        output_dtype=params.output_dtype,
        **windows_of(params),  # type: ignore[arg-type]
    )
    return PoolResult(**pooled._asdict(), layout=index_layout(params.indices, params.method), method=params.method)


def _pool_cost(params: PoolParams) -> Cost:
    shape = pooled_shape(params.image, params)
    places = index_layout(params.indices, params.method) is not None
    dtype = params.image.dtype.name if params.output_dtype == "same" else params.output_dtype
    outputs = [OutputArray("image", shape, dtype)]
    if places:
        outputs.append(OutputArray("indices", shape, "int64"))
    scratch = pool_scratch(params.image, params, shape, places=places, sums=params.method in ("mean", "lp"))
    return Cost(tuple(outputs), scratch, pool_flops(params.image, shape, places=places))


POOL = Operation(
    name="pool",
    family="filters",
    summary="Reduce windows of an image to their maximum, minimum, mean or norm",
    params=PoolParams,
    result=PoolResult,
    run=_pool,
    cost=_pool_cost,
    examples=(
        Example(
            "Maxima of overlapping windows, and where they are",
            {"image": [[1, 2, 3], [13, 3, 1], [4, 2, 9]], "window": 2, "stride": 1, "indices": "plane"},
        ),
        Example(
            "Means of an image of three columns, its edge not padded with zeros",
            {
                "image": {"data": [[10, 20, 31], [30, 41, 50]], "dtype": "uint8"},
                "window": [2, 2],
                "method": "mean",
                "padding": "same",
            },
        ),
    ),
)
