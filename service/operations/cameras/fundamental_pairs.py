"""Fundamental matrices of listed pairs of cameras."""

from pydantic import Field

import geometry
from geometry.cameras import PAIR_STATUS
from service.arrays.types.cameras import IndexPairs, Projections, ResultFundamentals, ResultStatus
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


class FundamentalPairsParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    pairs: IndexPairs = Field(description="The pairs to compute, as camera numbers (left, right).")
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)


class FundamentalPairsResult(Document):
    fundamental: ResultFundamentals = Field(description="One matrix a pair; zero where the status is not ok.")
    status: ResultStatus = Field(description="Status code of each pair.")
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=STATUS_COUNTS)
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _pairs(params: FundamentalPairsParams) -> FundamentalPairsResult:
    found = geometry.fundamental_pairs(params.projections, params.pairs, normalization=params.normalization)
    return FundamentalPairsResult(
        fundamental=found.fundamental,
        status=found.status,
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=status_counts(found.status),
        convention=CONVENTION,
    )


def _pairs_cost(params: FundamentalPairsParams) -> Cost:
    cameras, pairs = params.projections.shape[0], params.pairs.shape[0]
    outputs = (OutputArray("fundamental", (pairs, 3, 3), "float64"), OutputArray("status", (pairs,), "uint8"))
    return Cost(outputs, cameras * 600 + pairs * 16, cameras * 500.0 + pairs * 150.0)


FUNDAMENTAL_PAIRS = Operation(
    name="fundamental-pairs",
    family="cameras",
    summary="Compute the fundamental matrices of listed pairs of cameras",
    params=FundamentalPairsParams,
    result=FundamentalPairsResult,
    run=_pairs,
    cost=_pairs_cost,
    examples=(Example("Two pairs of three cameras", {"projections": [LEFT, RIGHT, THIRD], "pairs": [[0, 1], [2, 1]]}),),
)
