"""The whole of a job's results, into a folder, object by object; an object that is there already is not sent again."""

import errno
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from zlib import crc32

from api.client.call import Call, Conversation, Reply, Together, Work, converse
from api.client.jobs.calls import listing_call
from api.client.jobs.results import ArrayEntry, array_entries, file_entries
from api.client.problem import Problem
from api.client.retries import Retries

_ATTEMPTS = 3  # for bytes that arrive damaged
_AT_A_TIME = 4  # objects on their way; shards have up to some 16 MiB
_LISTING = "results.json"
_METADATA = "zarr.json"


class Damaged(Exception):
    """Bytes that came are not those that the job wrote."""


class Downloaded(NamedTuple):
    """How far a download is."""

    done: int
    """Objects that are in the folder."""
    total: int
    nbytes: int
    """Bytes of them, whether they came now or were there before."""
    path: str
    """The object that came last."""


class _Object(NamedTuple):
    path: str
    href: str
    optional: bool = False
    """Zarr has no object where nothing was written, such as for items that failed."""


class _Folder:
    """Where objects go, and how many have come."""

    def __init__(self, folder: Path, retries: Retries, progress: Callable[[Downloaded], None] | None) -> None:
        self.folder, self.retries, self.progress = folder, retries, progress
        self.total = self.done = self.nbytes = 0

    def take(self, wanted: Iterable[_Object]) -> Conversation[None]:
        """Have objects in the folder, some at a time."""
        remaining = iter(wanted)
        while batch := list(itertools.islice(remaining, _AT_A_TIME)):
            sizes = yield Together([self._take(one) for one in batch])
            self.done += len(batch)
            self.nbytes += sum(sizes)
            if self.progress is not None:
                self.progress(Downloaded(self.done, max(self.done, self.total), self.nbytes, batch[-1].path))

    def place(self, name: str) -> Path:
        """Where an object goes. Raises Damaged where that is outside of the folder."""
        parts = PurePosixPath(name).parts
        if not parts or any(part in ("/", "..") or set(part) & set("\\:\0") for part in parts):
            raise Damaged(f"the service names a result {name!r}, which is no path inside of a folder")
        return self.folder.joinpath(*parts)

    def _take(self, wanted: _Object) -> Conversation[int]:
        path = self.place(wanted.path)
        held = yield Work(partial(_tag_of, path))
        data, tag = yield from self._fetch(wanted, held)
        for _ in range(_ATTEMPTS):
            if data is None or (yield Work(partial(_tag, data))) == tag:
                break
            data, tag = yield from self._fetch(wanted, "")
        else:
            raise Damaged(f"{wanted.path} does not arrive as it was written: its bytes do not agree with their CRC-32")
        if data is not None:
            yield Work(partial(_write, path, data))
        elif tag is None:
            yield Work(partial(path.unlink, missing_ok=True))
        return path.stat().st_size if path.exists() else 0

    def _fetch(self, wanted: _Object, held: str) -> Conversation[tuple[bytearray | None, str | None]]:
        """Bytes and their tag; None for the bytes where those that are held are the same, no tag where none are."""
        call = Call("GET", wanted.href, _received, accept="*/*", fields={"If-None-Match": held} if held else {})
        try:
            return (yield from converse(call, self.retries))
        except Problem as problem:
            if problem.status == 404 and wanted.optional:
                return None, None
            raise


def download_talk(
    job: str, folder: Path, retries: Retries, progress: Callable[[Downloaded], None] | None
) -> Conversation[Path]:
    """Fetch all results into `folder`: arrays, `files/`, and what became of every item as `items.jsonl`.

    Raises
    ------
    Damaged
        An object does not arrive as it was written.
    OSError
        The folder cannot be written, or holds the results of another job.
    """
    target = _Folder(folder, retries, progress)
    yield Work(partial(_claim, folder, job))
    after: int | None = 0
    items = folder / ".items.jsonl.part"
    yield Work(partial(items.unlink, missing_ok=True))
    while after is not None:
        listing = yield from converse(listing_call(job, after), retries)
        if after == 0:
            target.total = listing["files_total"]
            kept = {name: value for name, value in listing.items() if name not in ("files", "items", "next")}
            yield Work(partial(_write, folder / _LISTING, json.dumps(kept, indent=2).encode()))
            yield from _arrays_talk(target, array_entries(listing).values())
        yield from target.take(_Object(f"files/{file.name}", file.href) for file in file_entries(listing))
        yield Work(partial(_append, items, listing["items"]))
        after = listing["next"]
    yield Work(partial(items.replace, folder / "items.jsonl"))
    return folder


def _arrays_talk(target: _Folder, entries: Any) -> Conversation[None]:
    for entry in entries:
        metadata = _Object(f"{entry.name}.zarr/{_METADATA}", f"{entry.zarr_href}/{_METADATA}")
        yield from target.take([metadata])
        described = json.loads((yield Work(target.place(metadata.path).read_bytes)))
        counts, separator = _grid(described)
        target.total += 1 + math.prod(counts)
        yield from target.take(_shards(entry, counts, separator))


def _grid(metadata: Mapping[str, Any]) -> tuple[list[int], str]:
    """How many shards an array has along each axis, and what is between the numbers in their keys (Zarr v3)."""
    steps = metadata["chunk_grid"]["configuration"]["chunk_shape"]
    counts = [math.ceil(length / step) for length, step in zip(metadata["shape"], steps, strict=True)]
    return counts, metadata["chunk_key_encoding"].get("configuration", {}).get("separator", "/")


def _shards(entry: ArrayEntry, counts: list[int], separator: str) -> Iterator[_Object]:
    for place in itertools.product(*map(range, counts)):
        key = separator.join(["c", *map(str, place)])
        yield _Object(f"{entry.name}.zarr/{key}", f"{entry.zarr_href}/{key}", optional=True)


def _received(reply: Reply) -> tuple[bytearray | None, str]:
    return (None if reply.status == 304 else reply.data), reply.headers.get("etag", "")


def _tag(data: bytes | bytearray) -> str:
    """The ETag under which the service has these bytes."""
    return f'"{crc32(data):08x}-{len(data)}"'


def _tag_of(path: Path) -> str:
    return _tag(path.read_bytes()) if path.is_file() else ""


def _claim(folder: Path, job: str) -> None:
    """See that nothing of another job is mixed in. Raises FileExistsError."""
    try:
        other = json.loads((folder / _LISTING).read_bytes())["job"]
    except (OSError, ValueError, TypeError, KeyError):
        return
    if other != job:
        raise FileExistsError(errno.EEXIST, f"holds the results of the job {other}; name another folder", str(folder))


def _append(path: Path, values: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(value) + "\n" for value in values)


def _write(path: Path, data: bytes | bytearray) -> None:
    """Write the whole of a file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(data)
    unfinished.replace(path)
