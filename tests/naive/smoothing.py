"""Smoothing, derivatives and thresholds by their definitions, in plain loops."""

import math

import numpy as np


def source(position, length, border):
    """Pixel that a border shows, walking from outside; None for the constant."""
    if border == "constant" and not 0 <= position < length:
        return None
    while not 0 <= position < length:
        if border == "replicate":
            position = 0 if position < 0 else length - 1
        elif border == "wrap":
            position += length if position < 0 else -length
        elif length == 1:
            position = 0
        elif border == "reflect":
            position = -1 - position if position < 0 else 2 * length - 1 - position
        else:
            position = -position if position < 0 else 2 * length - 2 - position
    return position


def neighbourhood(image, y, x, c, window, border, fill):
    """Pixels of a window (h, w) around (y, x), even ones reaching further down and right."""
    top, left = y - (window[0] - 1) // 2, x - (window[1] - 1) // 2
    pixels = np.empty(window)
    for i in range(window[0]):
        for j in range(window[1]):
            row, column = source(top + i, image.shape[0], border), source(left + j, image.shape[1], border)
            pixels[i, j] = fill[c] if row is None or column is None else image[row, column, c]
    return pixels


def weighted(image, weights, border="reflect_101", fill=0.0):
    """Sum over the window of each pixel of (H, W, C), float64."""
    fill = np.broadcast_to(fill, image.shape[2])
    out = np.empty(image.shape)
    for y, x, c in np.ndindex(image.shape):
        out[y, x, c] = (neighbourhood(image, y, x, c, weights.shape, border, fill) * weights).sum()
    return out


def bell(sigma, radius):
    """The sampled Gaussian with a sum of 1."""
    taps = [math.exp(-(i**2) / (2 * sigma**2)) if sigma else float(i == 0) for i in range(-radius, radius + 1)]
    return np.array(taps) / sum(taps)


def otsu(values):
    """Otsu's threshold: try every value."""
    best, found = -1.0, None
    for level in sorted(set(values)):
        low, high = [v for v in values if v <= level], [v for v in values if v > level]
        if high:
            between = len(low) * len(high) * (sum(high) / len(high) - sum(low) / len(low)) ** 2
            if between > best * (1 + 1e-12):
                best, found = between, level
    return found
