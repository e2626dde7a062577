"""`rank-filter`."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field

import geometry
from service.arrays.types.filters import ResultFiltered, WindowMask
from service.arrays.types.images import Image
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.filters.smoothing import SmoothBorder
from service.operations.filters.window import Fill, pair

_Side = Annotated[int, Field(ge=1, le=4096)]


class RankFilterParams(Document):
    image: Image = Field(description="The pixels to choose from.")
    window: _Side | Annotated[list[_Side], Field(min_length=2, max_length=2)] = Field(
        3, description="Pixels of a window: one number, or [rows, columns]."
    )
    rank: Literal["median", "min", "max"] | Annotated[int, Field(ge=-(2**24), lt=2**24)] = Field(
        "median", description="Which pixel of the sorted ones: a name, or a number from 0, negative ones from the end."
    )
    percentile: float | None = Field(None, ge=0, le=100, description="The rank as a share of all pixels, in percent.")
    mask: WindowMask | None = Field(None, description="Which pixels belong to a window; takes the place of `window`.")
    border: SmoothBorder = "reflect_101"
    fill: Fill = 0.0


class RankFilterResult(Document):
    image: ResultFiltered = Field(description="The chosen pixels, of the same dtype.")


def _rank_filter(params: RankFilterParams) -> RankFilterResult:
    return RankFilterResult(
        image=geometry.rank_filter(
            params.image,
            pair(params.window),
            rank=params.rank,
            percentile=params.percentile,
            mask=params.mask,
            border=params.border,
            fill=params.fill,
        )
    )


def _cost(params: RankFilterParams) -> Cost:
    shape, dtype = params.image.shape, params.image.dtype
    rows, columns = params.mask.shape if params.mask is not None else pair(params.window)
    if max(rows, columns) > 4096:
        raise geometry.InvalidInput("mask", f"must be at most 4096 pixels, came as {(rows, columns)}")
    values, channels, taps = prod(shape), prod(shape[2:]), rows * columns
    width = max(dtype.itemsize, 2 if taps > 255 else 1, 4 if taps > 65_535 else 1)
    tile = min(shape[1], max(2048, columns)) + columns
    strip = width * (2 * rows + 32) * (tile * channels + 512) + 544 * tile
    wider = 2 * width * values if width > dtype.itemsize else 0
    missing = 3 * values if dtype.kind == "f" else 0
    work: float = 8 * width * taps
    if params.mask is None:
        histogram = dtype.name == "uint8" and taps > 255
        if params.percentile is None and params.rank in ("min", "max"):
            work = 4 * (rows.bit_length() + columns.bit_length() + 16)
        elif histogram:
            work, wider = 200, 0
    return Cost(
        (OutputArray("image", shape, dtype.name),), strip * geometry.threads() + wider + missing, float(values) * work
    )


RANK_FILTER = Operation(
    name="rank-filter",
    family="filters",
    summary="Take the median, a percentile or any rank of the pixels around each pixel",
    params=RankFilterParams,
    result=RankFilterResult,
    run=_rank_filter,
    cost=_cost,
    examples=(Example("A median that drops an outlier", {"image": [[1, 2, 3], [4, 99, 6], [7, 8, 9]], "window": 3}),),
)
