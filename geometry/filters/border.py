"""Where a pixel outside the image comes from."""

import numpy as np

from geometry.inputs import Array

BORDERS = ("constant", "replicate", "reflect", "reflect_101", "wrap")


def border_index(positions: Array, length: int, border: str) -> Array:
    """Map positions on an axis, inside or any distance outside, to positions of the image.

    ::

        constant     - - - | a b c d | - - -     no pixel: -1
        replicate    a a a | a b c d | d d d
        reflect      c b a | a b c d | d c b     period 2 n
        reflect_101  d c b | a b c d | c b a     period 2 n - 2
        wrap         b c d | a b c d | a b c     period n

    Parameters
    ----------
    positions
        Any shape, int64, pixels from the first one of the axis.
    length
        n, number of pixels on the axis, ≥ 1.
    border
        One of `BORDERS`.

    Returns
    -------
    Array
        Same shape, int64, 0 … n - 1, or -1 where the border has a constant value.
    """
    if border == "constant":
        return np.where((positions >= 0) & (positions < length), positions, -1)
    if border == "replicate":
        return np.clip(positions, 0, length - 1)
    if border == "wrap":
        return positions % length
    period = max(1, 2 * length - (2 if border == "reflect_101" else 0))
    last = period if border == "reflect_101" else period - 1
    folded = positions % period
    return np.where(folded < length, folded, last - folded)
