"""Engine: every tap of the window, one after the other."""

import numpy as np

from geometry.filters.channels import mix_channels
from geometry.filters.plan import Plan
from geometry.filters.strip import windowed_sum
from geometry.inputs import Array


def direct(image: Array, plan: Plan) -> Array:
    """Sum `taps[i, j] · image[y·sy + i·dy - top, x·sx + j·dx - left]` over i, j."""
    if plan.taps.ndim == 4:
        return mix_channels(image, plan)
    return windowed_sum(image, plan, np.empty((0, plan.rows.taps)), plan.taps.reshape(1, -1))
