"""Fundamental matrices of all pairs of a rig, streamed."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.relations import PAIR_STATUS, epipole_flags
from service.arrays.pending import Array, ArrayStream
from service.arrays.types.cameras import (
    Projections,
    ResultRig,
    ResultStatus,
)
from service.arrays.types.relations import ImageSizes, ResultFlags
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.fundamental_all_tiles import FUNDAMENTAL_ALL_TILING
from service.operations.cameras.pairs import (
    CONVENTION,
    CONVENTION_FIELD,
    INSIDE,
    LEFT,
    NORMALIZATION,
    RIGHT,
    SIZE,
    SIZES,
    STATUS_COUNTS,
    THIRD,
    ZERO,
    Normalization,
    image_sizes,
)
from service.operations.shapes import Size
from service.operations.statuses import STATUS_NAMES, status_counts

_BLOCK_BYTES = 8 << 20


class FundamentalAllParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    layout: Literal["full", "condensed"] = Field(
        "full",
        description=(
            "`full`: [left, right] for all. `condensed`: only left < right, in row order (0,1), (0,2), and so on to "
            "(N−2,N−1)."
        ),
    )
    dtype: Literal["float64", "float32"] = Field(
        "float64", description="Of the result; computed in float64 either way."
    )
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)
    size: Size | None = Field(None, description=SIZE)
    sizes: ImageSizes | None = Field(None, description=SIZES)


class FundamentalAllResult(Document):
    fundamental: ResultRig = Field(description=f"One matrix a pair; {ZERO}")
    status: ResultStatus = Field(description="Status code of each pair, in the layout of the matrices.")
    epipole_in_left: ResultFlags | None = Field(
        None, description=f"Whether the epipole lies in the left image, {INSIDE}"
    )
    epipole_in_right: ResultFlags | None = Field(
        None, description=f"Whether the epipole lies in the right image, {INSIDE}"
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=STATUS_COUNTS)
    layout: Literal["full", "condensed"] = Field(description="How the pairs are laid out.")
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _all(params: FundamentalAllParams) -> FundamentalAllResult:
    rig = geometry.Rig(params.projections)
    rig.check_normalization(params.normalization, params.dtype)  # before the answer has begun
    status = rig.status(params.layout)
    sizes = image_sizes(params.size, params.sizes)
    left, right = (None, None) if sizes is None else epipole_flags(rig, sizes, params.layout)
    cameras, dtype = params.projections.shape[0], np.dtype(params.dtype)
    rows = max(1, _BLOCK_BYTES // max(1, cameras * 9 * dtype.itemsize))

    def blocks() -> Iterator[Array]:
        for start in range(0, cameras, rows):
            yield rig.fundamental_rows(
                start,
                min(start + rows, cameras),
                layout=params.layout,
                dtype=params.dtype,
                normalization=params.normalization,
            )

    return FundamentalAllResult(
        fundamental=ArrayStream((*status.shape, 3, 3), dtype, blocks),  # type: ignore[arg-type]  # a field takes either
        status=status,
        epipole_in_left=left,
        epipole_in_right=right,
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=status_counts(status, PAIR_STATUS),
        layout=params.layout,
        convention=CONVENTION,
    )


def _all_cost(params: FundamentalAllParams) -> Cost:
    cameras = params.projections.shape[0]
    shape = (cameras, cameras) if params.layout == "full" else (cameras * (cameras - 1) // 2,)
    sizes = image_sizes(params.size, params.sizes)
    flags = ("epipole_in_left", "epipole_in_right") if sizes is not None else ()
    outputs = (
        OutputArray("fundamental", (*shape, 3, 3), params.dtype, streamed=True),
        OutputArray("status", shape, "uint8"),
        *(OutputArray(name, shape, "bool") for name in flags),
    )
    row = cameras * 9 * 8
    return Cost(outputs, cameras * 900 + 3 * max(_BLOCK_BYTES, row), cameras * cameras * 130.0)


FUNDAMENTAL_ALL = Operation(
    name="fundamental-all",
    family="cameras",
    summary="Compute the fundamental matrices of all pairs of a rig, streamed",
    params=FundamentalAllParams,
    result=FundamentalAllResult,
    run=_all,
    cost=_all_cost,
    examples=(
        Example(
            "All pairs of three cameras, each pair once",
            {"projections": [LEFT, RIGHT, THIRD], "layout": "condensed"},
        ),
    ),
    tiling=FUNDAMENTAL_ALL_TILING,
)
