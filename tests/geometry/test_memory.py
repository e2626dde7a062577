import numpy as np
import pytest

from geometry.memory import fresh_arrays


@pytest.mark.parametrize("side", [0, 1, 7, 600, 1100])
def test_arrays_lie_apart_and_on_cache_lines(side: int) -> None:
    described = [((side, side), np.dtype(np.float32)), ((side, 3), np.dtype(bool)), ((side,), np.dtype(np.int64))]
    arrays = fresh_arrays(*described)
    for number, (array, (shape, dtype)) in enumerate(zip(arrays, described, strict=True)):
        assert array.shape == shape
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert array.size == 0 or array.ctypes.data % 64 == 0
        array[...] = number % 2
    for number, array in enumerate(arrays):
        assert (array == number % 2).all()


def test_nothing_asked_is_nothing_given() -> None:
    assert fresh_arrays() == []
