"""Zarr v3 arrays in an object store: described, made, written shard by shard."""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from service.jobs.results.objects import ObjectStore, Written, is_key, write_object
from service.jobs.results.shards import ShardForm

DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32",
          "float64", "complex64", "complex128")  # fmt: skip


@dataclass(frozen=True)
class ArrayLayout:
    """One array of a job's results.

    Attributes
    ----------
    dtype
        Name of the numpy type; the bytes are little-endian.
    chunks
        What is read at a time, and has a checksum of its own.
    shards
        What is written at a time, as one object; a whole number of chunks along each dimension.
    dimensions
        Names of the dimensions, empty for one without a name; or no names at all.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    chunks: tuple[int, ...]
    shards: tuple[int, ...]
    dimensions: tuple[str, ...] = ()
    unit: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        if not is_key(self.name) or "/" in self.name:
            raise ValueError(f"{self.name!r} cannot be the name of an array")
        if self.dtype not in DTYPES:
            raise ValueError(f"{self.name}: arrays of {self.dtype} are not stored")
        rank = len(self.shape)
        if not rank or len(self.chunks) != rank or len(self.shards) != rank or len(self.dimensions) not in (0, rank):
            raise ValueError(f"{self.name}: shape, chunks, shards and dimensions must agree, and be at least one")
        if min(self.shape) < 0 or min(self.chunks) < 1 or min(self.shards) < 1:
            raise ValueError(f"{self.name}: sizes must be positive")
        if any(shard % chunk for shard, chunk in zip(self.shards, self.chunks, strict=True)):
            raise ValueError(f"{self.name}: shards must be whole numbers of chunks")

    @cached_property
    def storage(self) -> np.dtype[Any]:
        """The type of the stored values."""
        return np.dtype(self.dtype).newbyteorder("<")

    @cached_property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return math.prod(self.shape) * self.storage.itemsize

    @cached_property
    def fill(self) -> NDArray[Any]:
        """What a value is that nobody has written: NaN, or the extreme integer, so that it shows."""
        kind = self.storage.kind
        if kind in "fc":
            nan = complex(np.nan, np.nan) if kind == "c" else np.nan
            return np.array(nan, self.storage)
        if kind == "b":
            return np.array(False)
        limits = np.iinfo(self.storage)
        return np.array(limits.min if kind == "i" else limits.max, self.storage)

    def to_json(self) -> dict[str, Any]:
        """The layout as JSON-ready values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The layout that `to_json` wrote."""
        names = {field.name for field in fields(cls)}
        chosen: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items() if n in names}
        return cls(**chosen)

    def form(self, shard: tuple[int, ...]) -> ShardForm:
        """How the bytes of a shard are laid out; shards at the array's end leave out what lies beyond it."""
        inside = (min(n - i * s, s) for n, i, s in zip(self.shape, shard, self.shards, strict=True))
        present = tuple(-(-size // chunk) for size, chunk in zip(inside, self.chunks, strict=True))
        grid = tuple(shard // chunk for shard, chunk in zip(self.shards, self.chunks, strict=True))
        return ShardForm(grid, present, self.chunks, self.storage)

    def key(self, shard: tuple[int, ...]) -> str:
        """The key of a shard, relative to the job."""
        return f"{self.name}.zarr/c/{'/'.join(map(str, shard))}"

    def metadata(self) -> bytes:
        """The array's `zarr.json`; no clock and no name of a machine is in it."""
        bytes_codec: dict[str, Any] = {"name": "bytes"}
        if self.storage.itemsize > 1:
            bytes_codec["configuration"] = {"endian": "little"}
        crc_codec = {"name": "crc32c"}
        sharding = {
            "chunk_shape": list(self.chunks),
            "codecs": [bytes_codec, crc_codec],
            "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, crc_codec],
            "index_location": "end",
        }
        entries = {
            "zarr_format": 3,
            "node_type": "array",
            "shape": list(self.shape),
            "data_type": self.dtype,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(self.shards)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": {"f": "NaN", "c": ["NaN", "NaN"]}.get(self.storage.kind, self.fill.item()),
            "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
            "attributes": {k: v for k, v in (("unit", self.unit), ("meaning", self.meaning)) if v},
            **({"dimension_names": [name or None for name in self.dimensions]} if self.dimensions else {}),
        }
        return json.dumps(entries, indent=1).encode()


def create_array(objects: ObjectStore, job: str, layout: ArrayLayout) -> Written:
    """Write the metadata of an array; any Zarr client can open it then, and reads fill values."""
    return write_object(objects, job, f"{layout.name}.zarr/zarr.json", layout.metadata())


def write_block(
    objects: ObjectStore, job: str, layout: ArrayLayout, start: tuple[int, ...], block: NDArray[Any]
) -> tuple[Written, ...]:
    """Write whole shards: the same values give the same bytes.

    Parameters
    ----------
    start
        Index of the block's first value, a multiple of the shards.
    block
        Values of whole shards; it ends between two shards, or where the array ends.

    Returns
    -------
    tuple
        Key (relative to the job), CRC-32 and size of every shard.
    """
    stop = tuple(a + n for a, n in zip(start, block.shape, strict=True))
    for a, b, n, size in zip(start, stop, layout.shape, layout.shards, strict=True):
        if a % size or not 0 <= a <= n or b > n or (b % size and b != n):
            raise ValueError(f"{layout.name}: a block of {block.shape} at {start} does not cover whole shards")
    written = []
    ranges = [range(a // s, -(-b // s)) for a, b, s in zip(start, stop, layout.shards, strict=True)]
    for shard in itertools.product(*ranges):
        first = [i * s - a for i, s, a in zip(shard, layout.shards, start, strict=True)]
        piece = block[tuple(slice(f, f + s) for f, s in zip(first, layout.shards, strict=True))]
        written.append(write_object(objects, job, layout.key(shard), layout.form(shard).encode(piece, layout.fill)))
    return tuple(written)
