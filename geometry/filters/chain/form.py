"""Images between the steps of a chain, before there are any."""

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np

Options = Mapping[str, Any]


class Form(NamedTuple):
    """Shape (H, W) or (H, W, C) and dtype of an image."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def channels(self) -> int:
        """C; 1 of a grey image."""
        return prod(self.shape[2:])

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of the image."""
        return self.shape[0] * self.row_bytes
