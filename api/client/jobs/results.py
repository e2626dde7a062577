"""What a job left: arrays that are read in slices, and files."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from api.client.call import Call, Reply
from service.media import npy

A = TypeVar("A")

Index = int | slice | Any  # Any: numpy's integers and the ellipsis have no type that could be named


@dataclass(frozen=True)
class ArrayEntry:
    """What the service says of an array.

    Attributes
    ----------
    dimensions
        Names of the axes; empty where they have none.
    unit, meaning
        In words.
    href
        Where slices of it are.
    zarr_href
        Where it is as a Zarr v3 store.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    dimensions: tuple[str, ...]
    unit: str
    meaning: str
    href: str
    zarr_href: str

    @property
    def nbytes(self) -> int:
        """Bytes of the whole."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize


@dataclass(frozen=True)
class FileEntry:
    """What the service says of a file: its name among the results, where it is, how large, and its CRC-32."""

    name: str
    href: str
    media_type: str
    nbytes: int
    crc32: str


@dataclass(frozen=True)
class ItemOutcome:
    """What became of an item, or of a tile.

    Attributes
    ----------
    state
        `done` or `failed`.
    files
        Where its files are.
    detail
        Its scalars and fields; why it failed.
    """

    item: int
    state: str
    files: tuple[str, ...]
    detail: Mapping[str, Any]


class ResultArray(Generic[A]):
    """An array of a job's results, which stays where it is: `array[0:10, 5]` fetches that slice.

    Of an `AsyncClient` a slice is awaited: `await array[0:10, 5]`.
    """

    def __init__(self, entry: ArrayEntry, address: str, fetch: Callable[[Call[NDArray[Any]]], A]) -> None:
        self.entry, self.zarr_url = entry, address + entry.zarr_href
        self._fetch = fetch

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def shape(self) -> tuple[int, ...]:
        return self.entry.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.entry.dtype

    def __getitem__(self, index: Index | tuple[Index, ...]) -> A:
        """Fetch what numpy's basic indexing means: whole numbers, slices, `...`."""
        return self._fetch(slice_call(self.entry.href, index_text(index)))

    def __repr__(self) -> str:
        return f"<ResultArray {self.name} {self.shape} {self.dtype}>"


def index_text(index: Index | tuple[Index, ...]) -> str:
    """Spell an index as the service reads it: `0:10,5`.

    Raises
    ------
    TypeError
        It is not basic indexing: lists, masks and new axes are for the array that came back.
    """
    return ",".join(map(_part, index if isinstance(index, tuple) else (index,)))


def _part(part: Index) -> str:
    if part is ...:
        return "..."
    if isinstance(part, slice):
        ends = ["" if end is None else _whole(end) for end in (part.start, part.stop, part.step)]
        return ":".join(ends[: 2 if part.step is None else 3])
    return _whole(part)


def _whole(value: Any) -> str:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"a slice of a result takes whole numbers, slices and ..., not {value!r}")
    return str(int(value))


def slice_call(href: str, index: str) -> Call[NDArray[Any]]:
    """Fetch a slice of an array."""

    def read(reply: Reply) -> NDArray[Any]:
        found: NDArray[Any] = np.load(io.BytesIO(reply.data), allow_pickle=False)
        return found

    return Call("GET", href, read, accept=npy.MEDIA_TYPE, query={"index": index})


def array_entries(listing: Mapping[str, Any]) -> dict[str, ArrayEntry]:
    """The arrays of a listing of results."""
    return {
        entry["name"]: ArrayEntry(
            name=entry["name"],
            shape=tuple(entry["shape"]),
            dtype=np.dtype(entry["dtype"]),
            dimensions=tuple(entry["dimensions"]),
            unit=entry["unit"],
            meaning=entry["meaning"],
            href=entry["href"],
            zarr_href=entry["zarr"],
        )
        for entry in listing["arrays"]
    }


def file_entries(listing: Mapping[str, Any]) -> list[FileEntry]:
    """The files on a page of a listing."""
    return [
        FileEntry(entry["name"], entry["href"], entry["media_type"], entry["bytes"], entry["crc32"])
        for entry in listing["files"]
    ]


def item_outcomes(listing: Mapping[str, Any]) -> list[ItemOutcome]:
    """What became of the items on a page of a listing."""
    return [
        ItemOutcome(entry["item"], entry["state"], tuple(entry["files"]), entry["detail"]) for entry in listing["items"]
    ]
