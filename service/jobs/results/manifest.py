"""The manifest of a job's results: written last, it makes them official.

`manifest.json` is small. Beside it, in parts of some thousand lines, are what became of every tile (in order) and
every object that belongs to the results (by key): a million of either is paged through and looked up, never held.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import overload

from service.errors import NotFound, StorageFailed
from service.jobs.records import TileOutcome
from service.jobs.results.arrays import ArrayLayout
from service.jobs.results.lines import Lines
from service.jobs.results.objects import ObjectStore, Written, checksum

_NAME = "manifest.json"
_TILES = "manifest/tiles-%05d.jsonl"
_OBJECTS = "manifest/objects-%05d.txt"
_FILES = "files/"
_TOLD = ("tile", "state", "written", "detail")
_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".npy": "application/x-npy",
    ".json": "application/json",
}


@dataclass(frozen=True)
class FileEntry:
    """A file of the results: its name below `files/`, what it is, its CRC-32, its size."""

    name: str
    media_type: str
    crc32: str
    bytes: int

    @property
    def key(self) -> str:
        """Where it lies, relative to the job."""
        return _FILES + self.name


class ObjectTable(Mapping[str, tuple[str, int]]):
    """CRC-32 and size of every object of the results, by its key relative to the job; iterates in order."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def __getitem__(self, key: str) -> tuple[str, int]:
        at = self.lines.find(key)
        if at < len(self.lines):
            found, entry = _entry(self.lines[at])
            if found == key:
                return entry
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (line.split(" ", 1)[0] for line in self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def entries(self) -> Iterator[tuple[str, tuple[str, int]]]:
        """Keys and entries, in order, each part read once."""
        return map(_entry, self.lines)


class FileList(Sequence[FileEntry]):
    """The files of the results, by name; a slice reads no more than its part of the manifest."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    @cached_property
    def _range(self) -> range:
        return range(self._lines.find(_FILES), self._lines.find(_FILES[:-1] + chr(ord("/") + 1)))

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, index: int) -> FileEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[FileEntry]: ...
    def __getitem__(self, index: int | slice) -> FileEntry | list[FileEntry]:
        if isinstance(index, slice):
            return [_file(self._lines[at]) for at in self._range[index]]
        return _file(self._lines[self._range[index]])


class TileList(Sequence[TileOutcome]):
    """What became of every tile, in order; not how long it took, nor where, which no two runs have in common."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> TileOutcome: ...
    @overload
    def __getitem__(self, index: slice) -> list[TileOutcome]: ...
    def __getitem__(self, index: int | slice) -> TileOutcome | list[TileOutcome]:
        if isinstance(index, slice):
            return [_tile(line) for line in self._lines[index]]
        return _tile(self._lines[index])


@dataclass(frozen=True)
class Manifest:
    """The results of a job.

    Attributes
    ----------
    tiles, failed
        How many tiles there are, and how many of them failed.
    bytes
        Size of all objects.
    objects
        CRC-32 and size of every object, by its key relative to the job: shards, metadata, files.
    items
        Outcomes of the tiles, in order.
    own
        Key (relative to the job), CRC-32 and size of what the manifest itself is made of.
    """

    job: str
    operation: str
    arrays: tuple[ArrayLayout, ...]
    tiles: int
    failed: int
    bytes: int
    objects: ObjectTable
    files: FileList
    items: TileList
    own: tuple[Written, ...]

    def array(self, name: str) -> ArrayLayout:
        """The array of that name. Raises NotFound."""
        for layout in self.arrays:
            if layout.name == name:
                return layout
        raise NotFound(
            f"this job has no array {name[:100]}; it has: {', '.join(a.name for a in self.arrays) or 'none'}"
        )


def write_manifest(
    objects: ObjectStore, job: str, operation: str, arrays: Sequence[ArrayLayout], outcomes: Iterable[TileOutcome]
) -> Manifest:
    """Write down what belongs to the results, `manifest.json` last.

    Parameters
    ----------
    arrays
        Whose metadata `create_array` has written.
    outcomes
        Of every tile, in order; read once, and only the names of the objects are held.
    """
    entries, failed = [], 0
    for layout in arrays:
        data = layout.metadata()
        entries.append(f"{layout.name}.zarr/zarr.json {checksum(data):08x} {len(data)}")

    def lines() -> Iterator[str]:
        nonlocal failed
        for outcome in outcomes:
            failed += outcome.state == "failed"
            entries.extend(f"{key} {crc} {size}" for key, crc, size in outcome.written)
            values = {name: getattr(outcome, name) for name in _TOLD}
            yield json.dumps(values, sort_keys=True, separators=(",", ":"))

    tiles = Lines.write(objects, f"{job}/{_TILES}", lines())
    entries.sort(key=lambda entry: entry.split(" ", 1)[0])
    table = Lines.write(objects, f"{job}/{_OBJECTS}", entries)
    values = {
        "format": 1,
        "job": job,
        "operation": operation,
        "arrays": [layout.to_json() for layout in arrays],
        "failed": failed,
        "bytes": sum(int(entry.rsplit(" ", 1)[1]) for entry in entries),
        "tiles": tiles.to_json(),
        "objects": table.to_json(),
    }
    data = json.dumps(values, indent=1).encode()
    objects.put(f"{job}/{_NAME}", data)
    return _manifest(objects, job, data)


def read_manifest(objects: ObjectStore, job: str) -> Manifest:
    """The manifest of a job. Raises NotFound where there is none, StorageFailed where it is damaged."""
    try:
        data = objects.get(f"{job}/{_NAME}")
    except KeyError:
        raise NotFound("this job has no results") from None
    try:
        return _manifest(objects, job, data)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise StorageFailed("the manifest is damaged") from error


def _manifest(objects: ObjectStore, job: str, data: bytes) -> Manifest:
    values = json.loads(data)
    tiles = Lines.from_json(objects, f"{job}/{_TILES}", values["tiles"])
    table = Lines.from_json(objects, f"{job}/{_OBJECTS}", values["objects"])
    parts = [(key.removeprefix(f"{job}/"), crc, size) for key, crc, size in (*tiles.written(), *table.written())]
    return Manifest(
        job=job,
        operation=values["operation"],
        arrays=tuple(ArrayLayout.from_json(layout) for layout in values["arrays"]),
        tiles=len(tiles),
        failed=values["failed"],
        bytes=values["bytes"],
        objects=ObjectTable(table),
        files=FileList(table),
        items=TileList(tiles),
        own=(*parts, (_NAME, f"{checksum(data):08x}", len(data))),
    )


def _entry(line: str) -> tuple[str, tuple[str, int]]:
    key, crc, size = line.split(" ")
    return key, (crc, int(size))


def _file(line: str) -> FileEntry:
    key, (crc, size) = _entry(line)
    suffix = PurePosixPath(key).suffix.lower()
    return FileEntry(key.removeprefix(_FILES), _MEDIA_TYPES.get(suffix, "application/octet-stream"), crc, size)


def _tile(line: str) -> TileOutcome:
    values = json.loads(line)
    return TileOutcome(**values | {"written": tuple((key, crc, size) for key, crc, size in values["written"])})
