"""The bilateral filter by its definition."""

import math

import numpy as np

from tests.naive.smoothing import source


def bilateral(image, guide, sigma_color, sigma_space, radius, border="reflect_101", fill=0.0):
    """Weighted means over discs, (H, W, C), float64."""
    image, guide = np.asarray(image, float), np.asarray(guide, float)
    out = np.empty(image.shape)
    for y, x in np.ndindex(image.shape[:2]):
        total, sums = 0.0, np.zeros(image.shape[2])
        for i in range(-radius, radius + 1):
            for j in range(-radius, radius + 1):
                if i * i + j * j > radius * radius:
                    continue
                row, column = source(y + i, image.shape[0], border), source(x + j, image.shape[1], border)
                outside = row is None or column is None
                pixel = np.full(image.shape[2], fill) if outside else image[row, column]
                colour = np.full(guide.shape[2], fill) if outside else guide[row, column]
                distance = np.abs(colour - guide[y, x]).sum()
                weight = math.exp(-(i * i + j * j) / (2 * sigma_space**2) - distance**2 / (2 * sigma_color**2))
                total, sums = total + weight, sums + weight * pixel
        out[y, x] = sums / total
    return out
