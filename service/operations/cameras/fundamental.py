"""Fundamental matrix of two cameras."""

from pydantic import Field

import geometry
from service.arrays.types.cameras import Projection, ResultFundamental
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import CONVENTION, CONVENTION_FIELD, LEFT, NORMALIZATION, RIGHT, Normalization


class FundamentalParams(Document):
    left: Projection = Field(description="Projection matrix of the left camera.")
    right: Projection = Field(description="Projection matrix of the right camera.")
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)


class FundamentalResult(Document):
    fundamental: ResultFundamental = Field(description="The fundamental matrix.")
    normalization: Normalization = Field(description="The normalization that was applied.")
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _fundamental(params: FundamentalParams) -> FundamentalResult:
    matrix = geometry.fundamental(params.left, params.right, normalization=params.normalization)
    return FundamentalResult(fundamental=matrix, normalization=params.normalization, convention=CONVENTION)


FUNDAMENTAL = Operation(
    name="fundamental",
    family="cameras",
    summary="Compute the fundamental matrix of two cameras",
    params=FundamentalParams,
    result=FundamentalResult,
    run=_fundamental,
    cost=lambda _: Cost((OutputArray("fundamental", (3, 3), "float64"),), 4096, 1000.0),
    examples=(Example("Two cameras with whole numbers", {"left": LEFT, "right": RIGHT, "normalization": "none"}),),
)
