"""Switches: which pixels a pooling chose."""

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.pooling.places import extreme_places
from geometry.filters.pooling.pool import frames_of
from geometry.filters.pooling.windows import pooling_axes
from geometry.filters.window import Padding, Pair
from geometry.inputs import Array, choice


def pool_switches(
    image: ArrayLike,
    window: Pair,
    *,
    method: str = "max",
    stride: Pair | None = None,
    dilation: Pair = 1,
    padding: Padding = "valid",
    ceil_mode: bool = False,
    binary: bool = False,
) -> Array:
    """Count, for every pixel, the windows whose maximum or minimum it is.

    The derivative of the sum of all maxima by the pixel, with ties given to the first pixel of a window, row by row.

    Parameters
    ----------
    image, window, stride, dilation, padding, ceil_mode
        As for `pool`.
    method
        `max` or `min`.
    binary
        Give 1 where the count is more.

    Returns
    -------
    Array
        The image's shape, int32; 0 where no window chose the pixel.

    Raises
    ------
    InvalidInput
        As `pool` with indices.
    """
    frames = frames_of(image)
    choice(method, "method", ("max", "min"))
    rows, columns = pooling_axes(
        frames.shape[1:3], window, stride=stride, dilation=dilation, padding=padding, ceil_mode=ceil_mode
    )
    if rows.places * columns.places >= 2**31:
        raise InvalidInput("image", "has 2^31 windows or more, too many to count")
    places = extreme_places(frames, rows, columns, lowest=method == "min").places
    switches = np.zeros(frames.shape, np.int32)
    channels = frames.shape[3]
    for frame, chosen in zip(switches, places, strict=True):
        target = (chosen * channels + np.arange(channels))[chosen >= 0]
        frame.reshape(-1)[:] = np.bincount(target, minlength=frame.size)
    if binary:
        np.minimum(switches, 1, out=switches)
    return switches.reshape(np.shape(image))
