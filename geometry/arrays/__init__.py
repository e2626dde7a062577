"""Operations on arrays as such: contractions, correlations, distances, extremes, window means, ranks."""

from geometry.arrays.arg_reduce import ArgReduced, arg_reduce
from geometry.arrays.contraction import ContractionPlan, contract, contraction_plan
from geometry.arrays.correlation_tree import CorrelationTree, correlation_tree
from geometry.arrays.matrix_rank import MatrixRank, matrix_rank
from geometry.arrays.nearest import Nearest, nearest
from geometry.arrays.pairwise_distance import pairwise_distance
from geometry.arrays.window_mean import WindowMean, window_mean

__all__ = [
    "ArgReduced",
    "ContractionPlan",
    "CorrelationTree",
    "MatrixRank",
    "Nearest",
    "WindowMean",
    "arg_reduce",
    "contract",
    "contraction_plan",
    "correlation_tree",
    "matrix_rank",
    "nearest",
    "pairwise_distance",
    "window_mean",
]
