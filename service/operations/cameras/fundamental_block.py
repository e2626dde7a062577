"""Fundamental matrices of some cameras with some others, streamed."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import Field

import geometry
from geometry.errors import InvalidInput
from geometry.relations import PAIR_STATUS
from service.arrays.pending import Array, ArrayStream
from service.arrays.types.cameras import Projections
from service.arrays.types.relations import ResultBlock, ResultBlockStatus
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import (
    CONVENTION,
    CONVENTION_FIELD,
    LEFT,
    NORMALIZATION,
    RIGHT,
    STATUS_COUNTS,
    THIRD,
    ZERO,
    Normalization,
)
from service.operations.statuses import STATUS_NAMES, status_counts

_BLOCK_BYTES = 8 << 20


class CameraRange(Document):
    """Cameras start, start + 1, …, stop − 1."""

    start: int = Field(0, description="First camera, counted from 0.", ge=0, le=2**31 - 1)
    stop: int | None = Field(
        None, description="The camera after the last one. Default: the number of cameras.", ge=0, le=2**31 - 1
    )


class FundamentalBlockParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras of the rig.")
    added: Projections | None = Field(
        None,
        description=(
            "Cameras that join the rig, numbered behind it. The world's origin is chosen for `projections` alone, so "
            "that all pairs stay what they were, bit for bit. Default: none."
        ),
    )
    rows: CameraRange | None = Field(
        None, description="Left cameras. Default: those that are added, or all if none are."
    )
    columns: CameraRange | None = Field(None, description="Right cameras. Default: all.")
    dtype: Literal["float64", "float32"] = Field(
        "float64", description="Of the result; computed in float64 either way."
    )
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)

    def cameras(self) -> int:
        """How many there are, with those that are added."""
        return int(self.projections.shape[0]) + (0 if self.added is None else int(self.added.shape[0]))

    def span(self, name: Literal["rows", "columns"]) -> tuple[int, int]:
        """(start, stop); raises InvalidInput where there are no such cameras."""
        given: CameraRange | None = getattr(self, name)
        cameras = self.cameras()
        if given is None:
            return int(self.projections.shape[0]) if name == "rows" and self.added is not None else 0, cameras
        span = given.start, cameras if given.stop is None else given.stop
        if not span[0] <= span[1] <= cameras:
            raise InvalidInput(name, f"cameras {span[0]}:{span[1]} are not within 0:{cameras}")
        return span


class FundamentalBlockResult(Document):
    fundamental: ResultBlock = Field(
        description=f"One matrix a pair, [left − rows.start, right − columns.start]; {ZERO} Equal to the same block of "
        "`fundamental-all` to the last bit."
    )
    status: ResultBlockStatus = Field(description="Status code of each pair.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=STATUS_COUNTS)
    rows: CameraRange = Field(description="The left cameras.")
    columns: CameraRange = Field(description="The right cameras.")
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _block(params: FundamentalBlockParams) -> FundamentalBlockResult:
    rig = geometry.Rig(params.projections)
    if params.added is not None:
        rig = rig.joined(params.added)
    rig.check_normalization(params.normalization, params.dtype)  # before the answer has begun
    rows, columns = params.span("rows"), params.span("columns")
    status = rig.status_block(rows, columns)
    dtype = np.dtype(params.dtype)
    step = max(1, _BLOCK_BYTES // max(1, (columns[1] - columns[0]) * 9 * dtype.itemsize))

    def blocks() -> Iterator[Array]:
        for start in range(*rows, step):
            yield rig.fundamental_block(
                (start, min(start + step, rows[1])), columns, dtype=params.dtype, normalization=params.normalization
            )

    return FundamentalBlockResult(
        fundamental=ArrayStream((*status.shape, 3, 3), dtype, blocks),  # type: ignore[arg-type]  # a field takes either
        status=status,
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=status_counts(status, PAIR_STATUS),
        rows=CameraRange(start=rows[0], stop=rows[1]),
        columns=CameraRange(start=columns[0], stop=columns[1]),
        convention=CONVENTION,
    )


def _block_cost(params: FundamentalBlockParams) -> Cost:
    rows, columns, cameras = params.span("rows"), params.span("columns"), params.cameras()
    shape = rows[1] - rows[0], columns[1] - columns[0]
    outputs = (
        OutputArray("fundamental", (*shape, 3, 3), params.dtype, streamed=True),
        OutputArray("status", shape, "uint8"),
    )
    pairs = shape[0] * shape[1]
    return Cost(outputs, cameras * 900 + 3 * max(_BLOCK_BYTES, shape[1] * 72), cameras * 1000.0 + pairs * 130.0)


FUNDAMENTAL_BLOCK = Operation(
    name="fundamental-block",
    family="cameras",
    summary="Compute the fundamental matrices of some cameras of a rig with some others, streamed",
    params=FundamentalBlockParams,
    result=FundamentalBlockResult,
    run=_block,
    cost=_block_cost,
    examples=(
        Example(
            "The second of three cameras against all",
            {"projections": [LEFT, RIGHT, THIRD], "rows": {"start": 1, "stop": 2}},
        ),
        Example(
            "A camera that joins a rig of two: its pairs with both, and with itself",
            {"projections": [LEFT, RIGHT], "added": [THIRD]},
        ),
    ),
)
