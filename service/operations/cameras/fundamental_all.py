"""Fundamental matrices of all pairs of a rig, streamed."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.cameras import PAIR_STATUS
from service.arrays.pending import Array, ArrayStream
from service.arrays.types.cameras import (
    Projections,
    ResultRig,
    ResultStatus,
)
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import (
    CONVENTION,
    CONVENTION_FIELD,
    LEFT,
    NORMALIZATION,
    RIGHT,
    STATUS_COUNTS,
    STATUS_NAMES,
    THIRD,
    Normalization,
    status_counts,
)

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


class FundamentalAllResult(Document):
    fundamental: ResultRig = Field(description="One matrix a pair; zero where the status is not ok.")
    status: ResultStatus = Field(description="Status code of each pair, in the layout of the matrices.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=STATUS_COUNTS)
    layout: Literal["full", "condensed"] = Field(description="How the pairs are laid out.")
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _all(params: FundamentalAllParams) -> FundamentalAllResult:
    rig = geometry.Rig(params.projections)
    rig.check_normalization(params.normalization, params.dtype)  # before the answer has begun
    status = rig.status(params.layout)
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
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=status_counts(status),
        layout=params.layout,
        convention=CONVENTION,
    )


def _all_cost(params: FundamentalAllParams) -> Cost:
    cameras = params.projections.shape[0]
    shape = (cameras, cameras) if params.layout == "full" else (cameras * (cameras - 1) // 2,)
    outputs = (
        OutputArray("fundamental", (*shape, 3, 3), params.dtype, streamed=True),
        OutputArray("status", shape, "uint8"),
    )
    row = cameras * 9 * 8
    return Cost(outputs, cameras * 600 + 3 * max(_BLOCK_BYTES, row), cameras * cameras * 130.0)


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
)
