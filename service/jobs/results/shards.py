"""The bytes of one shard of a Zarr v3 array: its chunks, each with a CRC-32C, then the index of them.

https://zarr-specs.readthedocs.io/en/latest/v3/codecs/sharding-indexed/index.html

Chunks are not compressed: their place follows from the layout, so that a reader asks for exactly the bytes it needs,
and the same values are the same bytes, whoever writes them.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import google_crc32c
import numpy as np
from numpy.typing import NDArray

_CRC = 4
_ABSENT = 2**64 - 1


@dataclass(frozen=True)
class ShardForm:
    """Places of the chunks in a shard.

    Attributes
    ----------
    grid
        Chunks along each dimension of a whole shard.
    present
        Chunks along each dimension of this shard that lie at least partly in the array; the others are left out.
    chunk
        Shape of a chunk.
    """

    grid: tuple[int, ...]
    present: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @cached_property
    def chunk_bytes(self) -> int:
        return math.prod(self.chunk) * self.dtype.itemsize

    @cached_property
    def size(self) -> int:
        """Bytes of the shard."""
        return math.prod(self.present) * (self.chunk_bytes + _CRC) + 16 * math.prod(self.grid) + _CRC

    def place(self, chunk: tuple[int, ...]) -> int:
        """Which of the chunks that are present this one is, in C order."""
        at = 0
        for index, count in zip(chunk, self.present, strict=True):
            at = at * count + index
        return at

    def span(self, first: int, count: int) -> tuple[int, int]:
        """Start and stop of the bytes of `count` chunks from the place `first` on."""
        return first * (self.chunk_bytes + _CRC), (first + count) * (self.chunk_bytes + _CRC)

    def encode(self, block: NDArray[np.generic], fill: NDArray[np.generic]) -> bytearray:
        """The shard that holds `block`, which ends where the array ends; beyond it chunks are padded with `fill`."""
        data = bytearray(self.size)
        index = np.full((*self.grid, 2), _ABSENT, "<u8")
        for at, chunk in enumerate(np.ndindex(self.present)):
            start, stop = self.span(at, 1)
            place = np.frombuffer(data, np.uint8, self.chunk_bytes, start)
            piece = block[tuple(slice(i * n, (i + 1) * n) for i, n in zip(chunk, self.chunk, strict=True))]
            if piece.shape != self.chunk:
                whole = np.full(self.chunk, fill, self.dtype)
                whole[tuple(map(slice, piece.shape))] = piece
                piece = whole
            if piece.dtype != self.dtype or piece.strides[-1] != self.dtype.itemsize:
                piece = np.ascontiguousarray(piece, self.dtype)
            # as bytes, since a float64 behind a 4-byte checksum is not aligned
            place.reshape(*self.chunk[:-1], -1)[...] = piece.view(np.uint8)
            data[stop - _CRC : stop] = _crc(place)
            index[chunk] = start, self.chunk_bytes + _CRC
        table = self.size - index.nbytes - _CRC
        data[table:-_CRC] = index.tobytes()
        data[-_CRC:] = _crc(np.frombuffer(data, np.uint8, index.nbytes, table))
        return data

    def decode(self, data: bytes) -> NDArray[np.generic]:
        """The chunks that `data` holds, stacked. Raises ValueError where a checksum says that they are damaged."""
        step = self.chunk_bytes + _CRC
        if len(data) % step:
            raise ValueError("a chunk is cut short")
        rows = np.frombuffer(data, np.uint8).reshape(-1, step)
        for row in rows:
            if _crc(row[:-_CRC]) != row[-_CRC:].tobytes():
                raise ValueError("the checksum of a chunk is wrong")
        values = np.ascontiguousarray(rows[:, :-_CRC]).view(self.dtype)
        return values.reshape(-1, *self.chunk)


def _crc(data: NDArray[np.uint8]) -> bytes:
    value: int = google_crc32c.value(data)
    return value.to_bytes(_CRC, "little")
