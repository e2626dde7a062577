"""Operations on stacks of small arrays."""

from geometry.arrays.matrix_rank import MatrixRank, matrix_rank

__all__ = ["MatrixRank", "matrix_rank"]
