"""Rank filters by their definition: sort every window."""

import numpy as np

from tests.naive.smoothing import neighbourhood


def rank_filter(image, mask, number, border="reflect_101", fill=0.0):
    """The pixel of a rank in every window of (H, W, C); NaN where a window has one."""
    fill = np.broadcast_to(np.asarray(fill, float), image.shape[2])
    out = np.empty(image.shape)
    for y, x, c in np.ndindex(image.shape):
        pixels = sorted(neighbourhood(image, y, x, c, mask.shape, border, fill)[mask].tolist())
        out[y, x, c] = np.nan if any(np.isnan(pixels)) else pixels[number]
    return out
