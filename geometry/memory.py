"""Memory for results: large blocks are used again once the arrays in them are gone.

The first touch of a page costs as much as the work that fills it. Freed blocks, up to a limit in all, wait for the next
result of their size; they hold what was in them until then.
"""

import mmap
from math import prod
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from geometry.inputs import Array

_LINE = 64  # bytes of a cache line
_SMALL = 1 << 17  # below, the system's allocator does as well
_STEP = 1 << 16
_LARGE_PAGE = 2 << 20
_MOST_BLOCKS = 64
# Python's default is memory that could be shared with other processes, which the system does not give large pages.
_OWN = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_ANONYMOUS") else {}


class _Block(NamedTuple):
    """Memory of the system, and where it lies."""

    memory: mmap.mmap
    address: int

    @classmethod
    def of(cls, size: int) -> "_Block":
        """New memory of `size` bytes or some more, in large pages where there are and it fills some."""
        step = _STEP if size < _LARGE_PAGE else _LARGE_PAGE
        try:
            memory = mmap.mmap(-1, -(-size // step) * step, **_OWN)
        except OSError as error:
            raise MemoryError(f"no memory for {size} bytes") from error
        if step == _LARGE_PAGE and hasattr(mmap, "MADV_HUGEPAGE"):
            memory.madvise(mmap.MADV_HUGEPAGE)
        return cls(memory, _address(np.frombuffer(memory, np.uint8)))


class _Spares:
    """Blocks that nobody uses, the last to come at the end.

    They come back from any thread at any moment, garbage collection included: without the lock, as appending to a list
    is one step. Only who holds the lock takes any away.
    """

    def __init__(self) -> None:
        self.limit = 256 << 20
        self.lock = Lock()
        self.blocks: list[_Block] = []

    def give_back(self, block: _Block) -> None:
        if len(block.memory) > self.limit:
            return  # it would push out all others, and itself
        self.blocks.append(block)
        if self.lock.acquire(blocking=False):  # else who holds it trims, at the latest when a block is taken next
            try:
                self._trim()
            finally:
                self.lock.release()

    def take(self, size: int) -> _Block | None:
        with self.lock:
            best, least, total = -1, 2 * size + 1, 0
            for at, (memory, _) in enumerate(self.blocks):
                length = len(memory)
                total += length
                if size <= length < least:
                    best, least = at, length
            found = self.blocks.pop(best) if best >= 0 else None
            if total > self.limit or len(self.blocks) > _MOST_BLOCKS:
                self._trim()
            return found

    def _trim(self) -> None:
        """Keep the blocks that came last, as many as the limit allows."""
        total = sum(len(block.memory) for block in self.blocks)
        while total > self.limit or len(self.blocks) > _MOST_BLOCKS:
            total -= len(self.blocks.pop(0).memory)

    def resize(self, limit: int) -> None:
        with self.lock:
            self.limit = limit
            self._trim()


_spares = _Spares()


class _Lease:
    """A block in use; the arrays in it keep it, and the last one to go gives the block back."""

    def __init__(self, size: int) -> None:
        self.block = block = _spares.take(size) or _Block.of(size)
        self.__array_interface__ = {
            "shape": (len(block.memory),), "typestr": "|u1", "data": (block.address, False), "version": 3,
        }  # fmt: skip

    def __del__(self) -> None:
        if hasattr(self, "block"):
            _spares.give_back(self.block)


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]  # `ctypes.data` takes ten times as long
    return address


def aligned_zeros(count: int, dtype: np.dtype[np.generic] | str) -> Array:
    """Zeros (count,) that begin on a cache line: scratch for a kernel."""
    kind = np.dtype(dtype)
    memory = np.zeros(count * kind.itemsize + _LINE, np.uint8)
    begin = -_address(memory) % _LINE
    return memory[begin : begin + count * kind.itemsize].view(kind)


def use_spare_bytes(limit: int) -> None:
    """Set how many bytes of freed results may wait to be used again; 0 for none. Default: 256 MiB."""
    _spares.resize(limit)


def fresh_arrays(*described: tuple[tuple[int, ...], np.dtype[np.generic]]) -> list[Array]:
    """Uninitialized C-contiguous arrays of the given shapes and dtypes, side by side in one block, each on a cache
    line. The block is free again with the last of its arrays.
    """
    begins, end = [], 0
    for shape, dtype in described:
        begins.append(end)
        end -= -prod(shape) * dtype.itemsize // _LINE * _LINE
    if end < _SMALL:
        block = np.empty(end + _LINE, np.uint8)
        first = -_address(block) % _LINE
    else:
        lease: Any = _Lease(end)
        block, first = np.asarray(lease), 0
    return [
        np.ndarray(shape, dtype, block, first + begin) for (shape, dtype), begin in zip(described, begins, strict=True)
    ]
