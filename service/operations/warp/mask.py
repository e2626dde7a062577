"""The mask of a warp, made while it is sent, and only where it is asked for."""

from collections.abc import Iterator

import numpy as np

from geometry import Warped
from service.arrays.pending import Array, ArrayStream

_BLOCK_BYTES = 8 << 20


def mask_stream(warped: Warped) -> Array:
    """The mask of a warped image as a result array; a field takes a stream where it takes an array."""
    height, width = warped.image.shape[:2]
    rows = max(1, _BLOCK_BYTES // width)

    def blocks() -> Iterator[Array]:
        for start in range(0, height, rows):
            with np.errstate(all="ignore"):  # as for the image: what overflows is not inside
                part = warped.mask_rows(start, min(start + rows, height))
            yield part

    return ArrayStream((height, width), np.dtype(np.bool_), blocks)  # type: ignore[return-value]
