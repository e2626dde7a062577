"""Operations that filter images."""

from typing import Any

from service.operation import Operation
from service.operations.filters.bilateral import BILATERAL
from service.operations.filters.box import BOX
from service.operations.filters.col2im import COL2IM
from service.operations.filters.convolution_matrix import CONVOLUTION_MATRIX
from service.operations.filters.convolve import CONVOLVE
from service.operations.filters.convolve_at import CONVOLVE_AT
from service.operations.filters.convolve_transpose import CONVOLVE_TRANSPOSE
from service.operations.filters.filter_chain import FILTER_CHAIN
from service.operations.filters.fourier import FOURIER
from service.operations.filters.gaussian import GAUSSIAN
from service.operations.filters.gradient import GRADIENT
from service.operations.filters.im2col import IM2COL
from service.operations.filters.laplacian import LAPLACIAN
from service.operations.filters.merge_kernels import MERGE_KERNELS
from service.operations.filters.morphology import MORPHOLOGY
from service.operations.filters.neighbourhood import NEIGHBOURHOOD
from service.operations.filters.pool import POOL
from service.operations.filters.pool_switches import POOL_SWITCHES
from service.operations.filters.rank_filter import RANK_FILTER
from service.operations.filters.threshold import THRESHOLD
from service.operations.filters.unpool import UNPOOL
from service.operations.filters.unsharp import UNSHARP

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    CONVOLVE,
    CONVOLVE_AT,
    CONVOLVE_TRANSPOSE,
    CONVOLUTION_MATRIX,
    IM2COL,
    COL2IM,
    MERGE_KERNELS,
    POOL,
    UNPOOL,
    POOL_SWITCHES,
    MORPHOLOGY,
    NEIGHBOURHOOD,
    FOURIER,
    GAUSSIAN,
    BOX,
    GRADIENT,
    LAPLACIAN,
    UNSHARP,
    THRESHOLD,
    RANK_FILTER,
    BILATERAL,
    FILTER_CHAIN,
)
