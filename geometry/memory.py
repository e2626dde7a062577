"""Memory for results: large blocks are used again once the arrays in them are gone.

The first touch of a page costs as much as the work that fills it. Freed blocks, up to a limit in all, wait for the next
result of their size; they hold what was in them until then.
"""

import mmap
from math import prod
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

import numpy as np

from geometry.inputs import Array

_LINE = 64  # bytes of a cache line
_SMALL = 1 << 20  # below, the system's allocator does as well
_LARGE_PAGE = 2 << 20


class _Spares:
    """Blocks that nobody uses. They come back from any thread at any moment, garbage collection included."""

    def __init__(self) -> None:
        self.limit = 256 << 20
        self.lock = Lock()
        self.returned: SimpleQueue[mmap.mmap] = SimpleQueue()
        self.blocks: list[mmap.mmap] = []

    def give_back(self, block: mmap.mmap) -> None:
        if (self.returned.qsize() + 1) * len(block) <= self.limit:
            self.returned.put(block)

    def _tidy(self) -> None:
        """Keep the blocks that came last, as many as the limit allows."""
        try:
            while True:
                self.blocks.append(self.returned.get_nowait())
        except Empty:
            pass
        total = sum(map(len, self.blocks))
        while total > self.limit:
            total -= len(self.blocks.pop(0))

    def take(self, size: int) -> mmap.mmap | None:
        with self.lock:
            self._tidy()
            fitting = [at for at, block in enumerate(self.blocks) if size <= len(block) <= 2 * size]
            return self.blocks.pop(min(fitting, key=lambda at: len(self.blocks[at]))) if fitting else None

    def resize(self, limit: int) -> None:
        with self.lock:
            self.limit = limit
            self._tidy()


_spares = _Spares()


class _Lease:
    """A block in use; the arrays in it keep it, and the last one to go gives the block back."""

    def __init__(self, size: int) -> None:
        block = _spares.take(size)
        if block is None:
            try:
                block = mmap.mmap(-1, -(-size // _LARGE_PAGE) * _LARGE_PAGE)
            except OSError as error:
                raise MemoryError(f"no memory for {size} bytes") from error
            if hasattr(mmap, "MADV_HUGEPAGE"):
                block.madvise(mmap.MADV_HUGEPAGE)
        self.block = block
        address = np.frombuffer(block, np.uint8).__array_interface__["data"][0]
        self.__array_interface__ = {"shape": (len(block),), "typestr": "|u1", "data": (address, False), "version": 3}

    def __del__(self) -> None:
        if hasattr(self, "block"):
            _spares.give_back(self.block)


def _block(size: int) -> Array:
    if size < _SMALL:
        return np.empty(size, np.uint8)
    lease: Any = _Lease(size)
    return np.asarray(lease)


def aligned_zeros(count: int, dtype: np.dtype[np.generic] | str) -> Array:
    """Zeros (count,) that begin on a cache line: scratch for a kernel."""
    kind = np.dtype(dtype)
    memory = np.zeros(count * kind.itemsize + _LINE, np.uint8)
    begin = -memory.__array_interface__["data"][0] % _LINE
    return memory[begin : begin + count * kind.itemsize].view(kind)


def use_spare_bytes(limit: int) -> None:
    """Set how many bytes of freed results may wait to be used again; 0 for none. Default: 256 MiB."""
    _spares.resize(limit)


def fresh_arrays(*described: tuple[tuple[int, ...], np.dtype[np.generic]]) -> list[Array]:
    """Uninitialized C-contiguous arrays of the given shapes and dtypes, side by side in one block, each on a cache
    line. The block is free again with the last of its arrays.
    """
    sizes = [prod(shape) * dtype.itemsize for shape, dtype in described]
    room = [-(-size // _LINE) * _LINE for size in sizes]
    block = _block(sum(room) + _LINE)
    begin = -block.__array_interface__["data"][0] % _LINE  # `ctypes.data` takes ten times as long
    arrays = []
    for (shape, dtype), size, step in zip(described, sizes, room, strict=True):
        arrays.append(block[begin : begin + size].view(dtype).reshape(shape))
        begin += step
    return arrays
