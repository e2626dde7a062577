from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from geometry.memory import fresh_arrays, use_spare_bytes


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


def block_of(megabytes: int) -> np.ndarray:
    return fresh_arrays(((megabytes << 20,), np.dtype(np.uint8)))[0]


@pytest.fixture
def spare_bytes() -> Iterator[Callable[[int], None]]:
    use_spare_bytes(0)
    yield use_spare_bytes
    use_spare_bytes(0)
    use_spare_bytes(256 << 20)


def test_a_freed_block_is_used_again(spare_bytes: Callable[[int], None]) -> None:
    spare_bytes(64 << 20)
    first = block_of(30)
    address = first.ctypes.data
    view = first[5:]
    del first
    other = block_of(30)
    assert other.ctypes.data != address  # the view still keeps the first
    del view
    assert block_of(29).ctypes.data == address


def test_blocks_that_are_much_too_large_are_not_used(spare_bytes: Callable[[int], None]) -> None:
    spare_bytes(64 << 20)
    address = block_of(30).ctypes.data
    small = block_of(10)
    assert small.ctypes.data != address
    assert block_of(30).ctypes.data == address


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.parametrize(("limit", "kept"), [(0, 0), (32, 20)])
def test_no_more_than_the_limit_is_kept(spare_bytes: Callable[[int], None], limit: int, kept: int) -> None:
    spare_bytes(limit << 20)
    before = resident()
    blocks = [block_of(20) for _ in range(4)]
    for block in blocks:
        block[:] = 1
    assert resident() - before > 70 << 20
    del blocks, block
    assert abs(resident() - before - (kept << 20)) < 8 << 20  # room for others' allocations


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(MemoryError):
        fresh_arrays(((1 << 60,), np.dtype(np.uint8)))


def test_threads_share_freed_blocks_without_sharing_one(spare_bytes: Callable[[int], None]) -> None:
    spare_bytes(64 << 20)

    def use(number: int) -> bool:
        for _ in range(50):
            block = block_of(2)
            block[::4096] = number
            if not (block[::4096] == number).all():
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(8)))


def test_blocks_are_the_process_s_own() -> None:
    """Memory that could be shared gets no large pages."""
    address = block_of(30).ctypes.data
    for line in Path("/proc/self/maps").read_text().splitlines():
        first, last = (int(end, 16) for end in line.split()[0].split("-"))
        if first <= address < last:
            assert line.split()[1] == "rw-p"
            return
    pytest.fail("the block is not mapped")


def test_small_results_take_small_blocks(spare_bytes: Callable[[int], None]) -> None:
    spare_bytes(64 << 20)
    before = resident()
    arrays = [fresh_arrays(((200, 1000), np.dtype(np.uint8)))[0] for _ in range(50)]
    for array in arrays:
        array[:] = 1
    assert resident() - before < 20 << 20  # 10 MB of results


def test_small_blocks_do_not_keep_large_ones_out(spare_bytes: Callable[[int], None]) -> None:
    spare_bytes(64 << 20)
    small = [fresh_arrays(((200, 1000), np.dtype(np.uint8))) for _ in range(12)]
    del small
    address = block_of(30).ctypes.data
    assert block_of(30).ctypes.data == address


def test_a_block_beyond_the_limit_leaves_the_others(spare_bytes: Callable[[int], None]) -> None:
    spare_bytes(64 << 20)
    address = block_of(30).ctypes.data
    block_of(100)
    assert block_of(30).ctypes.data == address
