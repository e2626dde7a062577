"""Fundamental matrices of listed pairs of cameras."""

from pydantic import Field

import geometry
from geometry.relations import PAIR_STATUS
from service.arrays.types.cameras import IndexPairs, Projections, ResultFundamentals, ResultStatus
from service.arrays.types.relations import ImageSizes, ResultConditions, ResultEpipoles, ResultFlags
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import (
    CONDITION,
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


class FundamentalPairsParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    pairs: IndexPairs = Field(description="The pairs to compute, as camera numbers (left, right).")
    normalization: Normalization = Field("frobenius", description=NORMALIZATION)
    size: Size | None = Field(None, description=SIZE)
    sizes: ImageSizes | None = Field(None, description=SIZES)


class FundamentalPairsResult(Document):
    fundamental: ResultFundamentals = Field(description=f"One matrix a pair; {ZERO}")
    status: ResultStatus = Field(description="Status code of each pair.")
    condition: ResultConditions = Field(description=f"{CONDITION} NaN (null) without a baseline.")
    epipoles: ResultEpipoles = Field(
        description=f"The epipole in the left image (F e = 0), and that in the right one; {ZERO}"
    )
    epipole_in_left: ResultFlags | None = Field(
        None, description=f"Whether the epipole lies in the left image, {INSIDE}"
    )
    epipole_in_right: ResultFlags | None = Field(
        None, description=f"Whether the epipole lies in the right image, {INSIDE}"
    )
    status_names: dict[int, str] = Field(description=STATUS_NAMES)
    status_counts: dict[str, int] = Field(description=STATUS_COUNTS)
    convention: str = Field(CONVENTION, description=CONVENTION_FIELD)


def _pairs(params: FundamentalPairsParams) -> FundamentalPairsResult:
    found = geometry.fundamental_pairs(
        params.projections,
        params.pairs,
        normalization=params.normalization,
        sizes=image_sizes(params.size, params.sizes),
    )
    return FundamentalPairsResult(
        **found._asdict(),
        status_names=dict(enumerate(PAIR_STATUS)),
        status_counts=status_counts(found.status, PAIR_STATUS),
        convention=CONVENTION,
    )


def _pairs_cost(params: FundamentalPairsParams) -> Cost:
    cameras, pairs = params.projections.shape[0], params.pairs.shape[0]
    sizes = image_sizes(params.size, params.sizes)
    flags = ("epipole_in_left", "epipole_in_right") if sizes is not None else ()
    outputs = (
        OutputArray("fundamental", (pairs, 3, 3), "float64"),
        OutputArray("status", (pairs,), "uint8"),
        OutputArray("condition", (pairs,), "float64"),
        OutputArray("epipoles", (pairs, 2, 3), "float64"),
        *(OutputArray(name, (pairs,), "bool") for name in flags),
    )
    return Cost(outputs, cameras * 800 + pairs * 100, cameras * 500.0 + pairs * 300.0)


FUNDAMENTAL_PAIRS = Operation(
    name="fundamental-pairs",
    family="cameras",
    summary="Compute the fundamental matrices of listed pairs of cameras",
    params=FundamentalPairsParams,
    result=FundamentalPairsResult,
    run=_pairs,
    cost=_pairs_cost,
    examples=(
        Example("Two pairs of three cameras", {"projections": [LEFT, RIGHT, THIRD], "pairs": [[0, 1], [2, 1]]}),
        Example(
            "A pair and a camera with itself, and whether the epipoles lie in images of 4 × 3 pixels",
            {"projections": [LEFT, RIGHT], "pairs": [[0, 1], [1, 1]], "size": {"width": 4, "height": 3}},
        ),
    ),
)
