"""An array whose header has been read and whose values have not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class PendingArray:
    """Shape and dtype are known and checked; `load` decodes the values in a worker thread.

    `media_type` is how it came, so that an image can be answered in kind.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    media_type: str
    load: Callable[[], Array]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class ArrayStream:
    """A result that is produced in blocks along its first axes, in C order, and never held whole.

    `blocks` may be called again to produce the same values again. A block may be freed once the next one is asked for.
    `held` are the bytes of what they are made from, where that is large.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[], Iterator[Array]]
    held: int = 0

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize

    def collect(self) -> Array:
        """All blocks in one array; for results that are small enough to hold."""
        whole = np.empty(self.shape, self.dtype)
        flat, filled = whole.reshape(-1), 0
        for block in self.blocks():
            flat[filled : filled + block.size] = block.reshape(-1)
            filled += block.size
        return whole
