"""How result arrays are stored: which parts are read at a time, and which are written at a time."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from service.arrays.pending import Array, ArrayStream
from service.jobs.results.arrays import DTYPES, ArrayLayout, write_block
from service.jobs.results.objects import ObjectStore, Written
from service.operation import Operation

CHUNK_BYTES = 1 << 19
SHARD_BYTES = 16 << 20


def stored_array(
    operation: Operation[Any, Any],
    name: str,
    shape: tuple[int, ...],
    dtype: str,
    *,
    chunks: tuple[int, ...],
    shards: tuple[int, ...],
    leading: tuple[str, ...] = (),
) -> ArrayLayout:
    """The layout of a result array, its dimensions named as the operation's result names them, after `leading`."""
    field = operation.result.array_fields()[name]
    rank = len(shape) - len(leading)
    named = next((each for each in field.shapes if len(each) == rank and "..." not in each), None)
    dimensions = () if named is None else _distinct((*leading, *named))
    return ArrayLayout(name, shape, dtype, chunks, shards, dimensions, field.unit, field.meaning)


def _distinct(names: tuple[int | str, ...]) -> tuple[str, ...]:
    """Names of dimensions, no two alike, as programs that label arrays want them."""
    found: list[str] = []
    for axis, name in enumerate(names):
        plain = f"axis_{axis}" if isinstance(name, int) else name
        found.append(f"{plain}_{axis}" if plain in found else plain)
    return tuple(found)


def is_stored(shape: tuple[int, ...], dtype: str) -> bool:
    """Whether an array can be a Zarr array here."""
    return len(shape) > 0 and dtype in DTYPES


def chunk_shape(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """A part of an array of about a megabyte, not longer than it need be in any dimension."""
    chunk = [max(1, length) for length in shape]
    while prod(chunk) * itemsize > CHUNK_BYTES:
        longest = chunk.index(max(chunk))
        chunk[longest] = -(-chunk[longest] // 2)
    return tuple(chunk)


def whole_array(operation: Operation[Any, Any], name: str, shape: tuple[int, ...], dtype: str) -> ArrayLayout:
    """The layout of an array that is written from its beginning to its end."""
    itemsize = np.dtype(dtype).itemsize
    chunks = chunk_shape(shape, itemsize)
    across = tuple(-(-max(1, n) // c) * c for n, c in zip(shape[1:], chunks[1:], strict=True))
    deep = max(1, SHARD_BYTES // (prod(across) * itemsize * chunks[0]))
    deep = min(deep, -(-max(1, shape[0]) // chunks[0]))
    shards = (deep * chunks[0], *across)
    return stored_array(operation, name, shape, dtype, chunks=chunks, shards=shards)


def write_whole(objects: ObjectStore, job: str, layout: ArrayLayout, array: Array | ArrayStream) -> Iterator[Written]:
    """Write an array shard by shard; a stream is held one shard at a time."""
    deep, length = layout.shards[0], layout.shape[0]
    if isinstance(array, np.ndarray):
        for first in range(0, length, deep):
            yield from write_block(objects, job, layout, _corner(layout, first), array[first : first + deep])
        return
    row = prod(layout.shape[1:])
    first = filled = 0
    buffer = np.empty(min(deep, length) * row, array.dtype)
    for block in array.blocks():
        flat = block.reshape(-1)
        while flat.size:
            taken = flat[: buffer.size - filled]
            buffer[filled : filled + taken.size] = taken
            filled, flat = filled + taken.size, flat[taken.size :]
            if filled == buffer.size:
                yield from write_block(
                    objects, job, layout, _corner(layout, first), buffer.reshape(-1, *layout.shape[1:])
                )
                first, filled = first + buffer.size // row, 0
                buffer = buffer[: min(deep, length - first) * row]


def _corner(layout: ArrayLayout, first: int) -> tuple[int, ...]:
    return (first, *(0 for _ in layout.shape[1:]))
