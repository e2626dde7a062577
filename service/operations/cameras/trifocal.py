"""Trifocal tensors of triplets of cameras."""

from pydantic import Field

import geometry
from geometry.relations import TRIPLET_STATUS
from service.arrays.types.cameras import Projections, ResultStatus
from service.arrays.types.relations import IndexTriplets, ResultTensors
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray
from service.operations.cameras.pairs import LEFT, RIGHT, THIRD, Normalization
from service.operations.statuses import STATUS_NAMES, status_counts

_CONVENTION = "first_line[i] = Σ second_line[j] T[i, j, k] third_line[k]"


class TrifocalParams(Document):
    projections: Projections = Field(description="Projection matrices of all cameras.")
    triplets: IndexTriplets | None = Field(
        None,
        description=(
            "The triplets to compute, as camera numbers (first, second, third); the first is the one that the others "
            "are related to. Default: the one triplet (0, 1, 2)."
        ),
    )
    normalization: Normalization = Field(
        "frobenius", description="`frobenius`: unit norm, sign kept. `none`: exactly the 4×4 determinants."
    )


class TrifocalResult(Document):
    trifocal: ResultTensors = Field(
        description=(
            "T[i, j, k] = det [rows of first without i, in cyclic order; row j of second; row k of third] of each "
            "triplet; zero where the status is same_centre or rank_deficient_camera."
        )
    )
    status: ResultStatus = Field(description="Status code of each triplet.")
    status_names: dict[int, str] = Field(
        description=(
            f"{STATUS_NAMES} `same_centre`: all three share it. `two_same_centres`: two do, so that the third view "
            "does not follow from those two. `ill_conditioned`: a baseline is known to less than 3 digits."
        )
    )
    status_counts: dict[str, int] = Field(description="How many triplets have each status.")
    convention: str = Field(description="The relation that T satisfies for matching lines (a, b, c), up to scale.")


def _trifocal(params: TrifocalParams) -> TrifocalResult:
    found = geometry.trifocal(params.projections, params.triplets, normalization=params.normalization)
    return TrifocalResult(
        trifocal=found.trifocal,
        status=found.status,
        status_names=dict(enumerate(TRIPLET_STATUS)),
        status_counts=status_counts(found.status, TRIPLET_STATUS),
        convention=_CONVENTION,
    )


def _trifocal_cost(params: TrifocalParams) -> Cost:
    cameras, triplets = params.projections.shape[0], 1 if params.triplets is None else params.triplets.shape[0]
    outputs = (OutputArray("trifocal", (triplets, 3, 3, 3), "float64"), OutputArray("status", (triplets,), "uint8"))
    return Cost(outputs, cameras * 800 + triplets * 120, cameras * 500.0 + triplets * 2000.0)


TRIFOCAL = Operation(
    name="trifocal",
    family="cameras",
    summary="Compute the trifocal tensors of triplets of cameras",
    params=TrifocalParams,
    result=TrifocalResult,
    run=_trifocal,
    cost=_trifocal_cost,
    examples=(
        Example("Three cameras", {"projections": [LEFT, RIGHT, THIRD], "normalization": "none"}),
        Example(
            "Two triplets of four cameras",
            {
                "projections": [LEFT, RIGHT, THIRD, [[0, 0, 1, 2], [0, 1, 0, 1], [-1, 0, 0, 5]]],
                "triplets": [[0, 1, 2], [3, 1, 2]],
            },
        ),
    ),
)
