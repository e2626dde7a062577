"""The value of pixels that no source pixel stands for."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, kernel_view


def fill_values(fill: ArrayLike, dtype: np.dtype[Any], channels: int) -> Array:
    """One value per channel in the image's dtype.

    Parameters
    ----------
    fill
        A number, or one per channel, representable in `dtype`.

    Returns
    -------
    (channels,), `dtype`.

    Raises
    ------
    InvalidInput
        Not numbers, another count, or not representable.
    """
    try:
        values = np.asarray(fill, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput("fill", "must be a number or one number per channel") from None
    if values.shape not in ((), (1,), (channels,)):
        raise InvalidInput("fill", f"must be a number or one per channel ({channels}), came as {values.shape}")
    limits = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    representable = (values >= float(limits.min)) & (values <= float(limits.max))
    if dtype.kind == "f":
        representable |= ~np.isfinite(values)
    else:
        representable &= values == np.floor(values)
    if not representable.all():
        raise InvalidInput("fill", f"must be representable in {dtype}, came as {values.tolist()}")
    return kernel_view(np.broadcast_to(values.astype(dtype), (channels,)))
