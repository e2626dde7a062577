"""Sums over windows of an image."""

from geometry.filters.convolution import convolution_engine, convolution_shape, convolve
from geometry.filters.convolve_at import convolve_at

__all__ = ["convolution_engine", "convolution_shape", "convolve", "convolve_at"]
