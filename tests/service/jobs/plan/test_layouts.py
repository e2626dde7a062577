from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import pytest

from service.arrays.pending import Array, ArrayStream
from service.catalogue import operation_named
from service.jobs.plan.layouts import CHUNK_BYTES, SHARD_BYTES, chunk_shape, whole_array, write_whole
from service.jobs.results.arrays import ArrayLayout, create_array
from service.jobs.results.slices import read_slice
from tests.service.jobs.plan.jobs import access_to


@pytest.mark.parametrize("shape", [(), (0,), (3, 3), (20_000_000,), (5000, 4000, 3), (1, 1 << 30), (7, 0, 3)])
@pytest.mark.parametrize("itemsize", [1, 8])
def test_a_chunk_is_a_part_of_the_array_of_bounded_size(shape: tuple[int, ...], itemsize: int) -> None:
    chunk = chunk_shape(shape, itemsize)
    assert prod(chunk) * itemsize <= CHUNK_BYTES
    assert all(1 <= part <= max(1, length) for part, length in zip(chunk, shape, strict=True))


@pytest.mark.parametrize("shape", [(1000, 1000, 3, 3), (3, 3, 3, 3), (0, 0, 3, 3), (20_001, 20_001, 3, 3)])
def test_arrays_are_written_in_shards_of_some_megabytes(shape: tuple[int, ...]) -> None:
    layout = whole_array(operation_named("fundamental-all"), "fundamental", shape, "float64")
    one_row_of_chunks = layout.chunks[0] * prod(layout.shards[1:]) * 8
    assert prod(layout.shards) * 8 <= max(SHARD_BYTES, one_row_of_chunks)
    assert len(set(layout.dimensions)) == len(shape)


@pytest.mark.parametrize("rows", [1, 3, 4, 10])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_array_is_written_as_it_comes(tmp_path: Path, rows: int, streamed: bool) -> None:
    objects = access_to(tmp_path).objects
    array = np.random.default_rng(1).normal(size=(10, 5))
    layout = ArrayLayout("values", (10, 5), "float64", (2, 3), (4, 6))

    def blocks() -> Iterator[Array]:
        for start in range(0, 10, rows):
            yield array[start : start + rows]

    source = ArrayStream(array.shape, array.dtype, blocks) if streamed else array
    create_array(objects, "job", layout)
    written = list(write_whole(objects, "job", layout, source))
    assert len(written) == 3
    assert np.array_equal(read_slice(objects, "job", layout, "", most=1000), array)


def test_an_array_without_values_has_no_shards(tmp_path: Path) -> None:
    layout = ArrayLayout("values", (0, 5), "float64", (1, 5), (1, 5))
    stream = ArrayStream((0, 5), np.dtype("float64"), lambda: iter(()))
    assert list(write_whole(access_to(tmp_path).objects, "job", layout, stream)) == []
