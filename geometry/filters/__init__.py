"""Sums over windows of an image."""

from geometry.filters.chain import ChainPlan, ChainStage, chain_plan, filter_chain
from geometry.filters.convolution.columns import col2im, columns_shape, im2col
from geometry.filters.convolution.convolve import convolution_engine, convolution_shape, convolve
from geometry.filters.convolution.convolve_at import convolve_at
from geometry.filters.convolution.merging import MergedKernel, merge_kernels
from geometry.filters.convolution.operator import ConvolutionMatrix, convolution_matrix, convolution_tensor
from geometry.filters.convolution.transposed import convolve_transpose, transposed_shape
from geometry.filters.derivatives import Gradient, gradient, laplacian
from geometry.filters.fourier import fourier, fourier_filter
from geometry.filters.morphology import morphology, structuring_element
from geometry.filters.neighbourhood import (
    NeighbourhoodProgram,
    ProgramCache,
    neighbourhood,
    neighbourhood_program,
    program_cache,
)
from geometry.filters.pooling import Pooled, pool, pool_switches, pooled_shape, unpool
from geometry.filters.ranks.rank import rank_filter
from geometry.filters.smoothing.bilateral import bilateral
from geometry.filters.smoothing.box import box
from geometry.filters.smoothing.gaussian import gaussian
from geometry.filters.smoothing.unsharp import unsharp
from geometry.filters.threshold import Thresholded, threshold

__all__ = [
    "ChainPlan",
    "ChainStage",
    "ConvolutionMatrix",
    "Gradient",
    "MergedKernel",
    "NeighbourhoodProgram",
    "Pooled",
    "ProgramCache",
    "Thresholded",
    "bilateral",
    "box",
    "chain_plan",
    "col2im",
    "columns_shape",
    "convolution_engine",
    "convolution_matrix",
    "convolution_shape",
    "convolution_tensor",
    "convolve",
    "convolve_at",
    "convolve_transpose",
    "filter_chain",
    "fourier",
    "fourier_filter",
    "gaussian",
    "gradient",
    "im2col",
    "laplacian",
    "merge_kernels",
    "morphology",
    "neighbourhood",
    "neighbourhood_program",
    "pool",
    "pool_switches",
    "pooled_shape",
    "program_cache",
    "rank_filter",
    "structuring_element",
    "threshold",
    "transposed_shape",
    "unpool",
    "unsharp",
]
