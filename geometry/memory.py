"""Fresh memory for results.

The first touch of a page costs as much as filling it, and large pages are touched less often.
"""

from math import prod

import numpy as np

from geometry.inputs import Array

_LINE = 64  # bytes of a cache line
_LARGE = 4 << 20  # numpy asks the kernel for large pages from this size on


def fresh_arrays(*described: tuple[tuple[int, ...], np.dtype[np.generic]]) -> list[Array]:
    """Uninitialized C-contiguous arrays of the given shapes and dtypes, side by side in one block, each on a cache
    line.

    Blocks of a megabyte and more are rounded up to the size from which numpy asks for large pages. The block is freed
    with the last of its arrays.
    """
    sizes = [prod(shape) * dtype.itemsize for shape, dtype in described]
    room = [-(-size // _LINE) * _LINE for size in sizes]
    total = sum(room) + _LINE
    block = np.empty(max(total, _LARGE) if total >= _LARGE // 4 else total, np.uint8)
    begin = -block.ctypes.data % _LINE
    arrays = []
    for (shape, dtype), size, step in zip(described, sizes, room, strict=True):
        arrays.append(block[begin : begin + size].view(dtype).reshape(shape))
        begin += step
    return arrays
