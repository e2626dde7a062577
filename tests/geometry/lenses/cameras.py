"""Lenses that the tests share: coefficients of the size that calibrations give."""

import numpy as np

K = np.array([[225.0, 0.4, 157.5], [0.0, 228.0, 87.5], [0.0, 0.0, 1.0]])
SIZE = (320, 180)
LENSES = {
    "barrel, 4": ("brown", [-0.28, 0.09, 1e-3, -7e-4]),
    "barrel, 5": ("brown", [-0.31, 0.12, -5e-4, 3e-4, -0.02]),
    "pincushion, 5": ("brown", [0.21, 0.03, 2e-4, 1e-3, 0.004]),
    "folds, 4": ("brown", [-0.42, 0.04, 1e-3, -1e-3]),
    "rational, 8": ("brown", [18.2, 6.1, 3e-4, -2e-4, 0.31, 18.5, 11.9, 1.8]),
    "pole, 8": ("brown", [0.0, 0.0, 1e-4, 1e-4, 0.0, -0.9, 0.0, 0.0]),
    "fisheye": ("fisheye", [0.03, -0.012, 0.004, -0.0011]),
    "fisheye, folds": ("fisheye", [-0.11, -0.02, 0.001, 0.0]),
    "fisheye, equidistant": ("fisheye", [0.0, 0.0, 0.0, 0.0]),
}


def grid(columns=23, rows=17):
    """Points all over the image, its corners and the principal point among them."""
    x, y = np.meshgrid(np.linspace(0, SIZE[0] - 1, columns), np.linspace(0, SIZE[1] - 1, rows))
    return np.concatenate([np.stack([x, y], axis=-1).reshape(-1, 2), [K[:2, 2]]])
