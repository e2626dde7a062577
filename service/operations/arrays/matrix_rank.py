"""Ranks and singular values of stacks of matrices."""

from math import prod

from pydantic import Field

import geometry
from service.arrays.types.matrices import Matrices, ResultRank, ResultSingular
from service.documents import Document
from service.operation import Cost, Example, Operation, OutputArray


class MatrixRankParams(Document):
    matrices: Matrices = Field(description="A stack of matrices.")
    tolerance: float | None = Field(
        None,
        ge=0,
        description=(
            "Singular values above it count. Default: max(m, n) · 2⁻⁵² · largest singular value, each matrix its own."
        ),
    )


class MatrixRankResult(Document):
    rank: ResultRank = Field(description="Number of singular values above the tolerance.")
    singular_values: ResultSingular = Field(description="The singular values.")


def _rank(params: MatrixRankParams) -> MatrixRankResult:
    found = geometry.matrix_rank(params.matrices, tolerance=params.tolerance)
    return MatrixRankResult(rank=found.rank, singular_values=found.singular_values)


def _rank_cost(params: MatrixRankParams) -> Cost:
    *stack, rows, columns = params.matrices.shape
    small, large, count = min(rows, columns), max(rows, columns), prod(stack)
    outputs = (
        OutputArray("rank", tuple(stack), "int64"),
        OutputArray("singular_values", (*stack, small), "float64"),
    )
    return Cost(outputs, 16 * count * rows * columns, 20.0 * count * small * small * large + 100.0 * count)


MATRIX_RANK = Operation(
    name="matrix-rank",
    family="arrays",
    summary="Find the ranks and singular values of a stack of matrices",
    params=MatrixRankParams,
    result=MatrixRankResult,
    run=_rank,
    cost=_rank_cost,
    examples=(Example("A regular and a singular matrix", {"matrices": [[[1, 2], [3, 4]], [[1, 2], [2, 4]]]}),),
)
