"""Operations on arrays as such."""

from typing import Any

from service.operation import Operation
from service.operations.arrays.arg_reduce import ARG_REDUCE
from service.operations.arrays.contract import CONTRACT
from service.operations.arrays.correlation_tree import CORRELATION_TREE
from service.operations.arrays.matrix_rank import MATRIX_RANK
from service.operations.arrays.nearest import NEAREST
from service.operations.arrays.pairwise_distance import PAIRWISE_DISTANCE
from service.operations.arrays.window_mean import WINDOW_MEAN

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    CONTRACT,
    CORRELATION_TREE,
    PAIRWISE_DISTANCE,
    NEAREST,
    ARG_REDUCE,
    WINDOW_MEAN,
    MATRIX_RANK,
)
