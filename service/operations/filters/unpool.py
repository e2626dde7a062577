"""`unpool`."""

from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import PooledImages, PoolIndices, ResultUnpooled
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.pool import LAYOUTS
from service.operations.filters.pooling import CEIL_MODE, STRIDE
from service.operations.filters.window import Dilation, Padding, Steps, Stride, pair

Side = Annotated[int, Field(ge=1, le=2**31 - 1)]


class UnpoolParams(Document):
    pooled: PooledImages = Field(description="The numbers to put back.")
    indices: PoolIndices = Field(description="Where they go, as `pool` gives it.")
    shape: list[Side] = Field(description="Size of the image, [rows, columns].", min_length=2, max_length=2)
    layout: Literal["plane", "plane_channels", "window"] = Field(
        "plane", description=f"How the indices count. {LAYOUTS}"
    )
    duplicates: Literal["last", "first", "max", "sum", "mean"] = Field(
        "last", description="What a pixel gets that several windows chose, in order row by row."
    )
    window: Steps | None = Field(None, description="Size of the windows, for the layout `window` only.")
    stride: Stride | None = Field(None, description=f"{STRIDE} For the layout `window` only.")
    dilation: Dilation = 1
    padding: Padding = "valid"
    ceil_mode: bool = Field(False, description=CEIL_MODE)


class UnpoolResult(Document):
    image: ResultUnpooled = Field(description="The numbers at their places, 0 elsewhere.")
    duplicates: str = Field(description="What pixels got that several windows chose.")


def _unpool(params: UnpoolParams) -> UnpoolResult:
    windows: dict[str, Any] = {
        "window": None if params.window is None else pair(params.window),
        "stride": None if params.stride is None else pair(params.stride),
        "dilation": pair(params.dilation),
        "padding": params.padding,
        "ceil_mode": params.ceil_mode,
    }
    image = geometry.unpool(
        params.pooled,
        params.indices,
        shape=params.shape,
        layout=params.layout,
        duplicates=params.duplicates,
        **windows,
    )
    return UnpoolResult(image=image, duplicates=params.duplicates)


def _unpool_cost(params: UnpoolParams) -> Cost:
    came = params.pooled.shape
    if tuple(params.indices.shape) != tuple(came):
        raise geometry.InvalidInput(
            "indices", f"must have the shape of pooled, {tuple(came)}, came as {tuple(params.indices.shape)}"
        )
    frames, channels = ((came[0],), (came[3],)) if len(came) == 4 else ((), tuple(came[2:]))
    shape = (*frames, *params.shape, *channels)
    sums = 16 * prod(shape) if params.duplicates in ("sum", "mean") else 0
    return Cost(
        (OutputArray("image", shape, params.pooled.dtype.name),),
        80 * prod(came) + sums,
        60.0 * prod(came) + prod(shape),
    )


UNPOOL = Operation(
    name="unpool",
    family="filters",
    summary="Put pooled numbers back to the places they came from",
    params=UnpoolParams,
    result=UnpoolResult,
    run=_unpool,
    cost=_unpool_cost,
    examples=(
        Example(
            "Four maxima, of which two share a pixel",
            {"pooled": [[13, 3], [13, 9]], "indices": [[3, 2], [3, 8]], "shape": [3, 3]},
        ),
    ),
)
