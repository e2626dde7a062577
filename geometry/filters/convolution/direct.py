"""Engine: every tap of the window, one after the other."""

import numpy as np

from geometry.filters.convolution.mixing import mix
from geometry.filters.convolution.plan import Plan
from geometry.filters.convolution.strip import windowed_sum
from geometry.inputs import Array


def direct(images: Array, plan: Plan, out: Array) -> None:
    """Sum `taps[i, j] · image[y·sy + i·dy - top, x·sx + j·dx - left]` over i, j, and over channels where they mix."""
    if plan.taps.ndim == 4:
        mix(images, plan, out)
        return
    across = plan.taps.reshape(1, -1)
    for image, target in zip(images, out, strict=True):
        windowed_sum(image, plan, np.empty((0, plan.rows.taps)), across, target)
