"""Discrete Fourier transforms by their sums."""

import cmath
import math

import numpy as np


def transform(array, axes, sign, scale):
    """`Σ array[n] exp(sign 2πi k n / N)` along each axis, times the scale."""
    out = np.array(array, complex)
    for axis in axes:
        count = out.shape[axis]
        moved = np.moveaxis(out, axis, 0)
        sums = np.zeros_like(moved)
        for k in range(count):
            for n in range(count):
                sums[k] += moved[n] * cmath.exp(sign * 2j * math.pi * (k * n % count) / count)
        out = np.moveaxis(sums, 0, axis)
    return out * scale


def circular_convolution(image, kernel):
    """`Σ kernel[i, j] image[y - i, x - j]`, indices modulo the shape that both have."""
    height, width = image.shape
    out = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            for i in range(height):
                for j in range(width):
                    out[y, x] += kernel[i, j] * image[(y - i) % height, (x - j) % width]
    return out
