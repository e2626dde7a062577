"""Objects by key, whatever holds them: the folder of one machine or a bucket that many share."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from service.settings import Settings

Data = bytes | bytearray | memoryview
Written = tuple[str, str, int]

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._=+,@-]{0,199}(/[A-Za-z0-9_-][A-Za-z0-9._=+,@-]{0,199}){0,15}")
_MOST_KEY = 800


class ObjectStore(Protocol):
    """Bytes under keys `job/path/in/its/results`; calls block, and any thread may make them.

    Keys are checked (`is_key`): no key leaves the store, and what is no key is held by nobody. What the store itself
    cannot do is StorageFailed, with the reason.
    """

    def put(self, key: str, data: Data) -> None:
        """Keep `data` under `key`: whole or not at all, and on disk when this returns.

        Raises StorageFailed where that cannot be, ValueError where `key` is none.
        """
        ...

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` to before `stop`, fewer where the object ends earlier. Raises KeyError if absent."""
        ...

    def size(self, key: str) -> int | None:
        """How many bytes are under `key`; None if there is no such object."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below `prefix/`, and `prefix` itself if it is one."""
        ...

    def delete(self, prefix: str) -> None:
        """Remove every object below `prefix/`, and `prefix` itself."""
        ...


def open_objects(settings: "Settings") -> ObjectStore:
    """The store that EPIPOLE_JOB_STORE names, a folder below EPIPOLE_DATA_DIR where it names none.

    Raises ValueError for an address of another kind.
    """
    if not settings.job_store:
        return _local(settings.data_dir / "results")
    address = urlsplit(settings.job_store)
    if address.scheme == "file" and not address.netloc and address.path.strip("/"):
        return _local(Path(unquote(address.path)))
    if address.scheme == "s3" and address.netloc and not (address.query or address.fragment):
        from service.jobs.results.remote import RemoteObjects

        return RemoteObjects(address.netloc, unquote(address.path).strip("/"), settings)
    raise ValueError("EPIPOLE_JOB_STORE must be s3://bucket/prefix or file:///folder")


def _local(folder: Path) -> ObjectStore:
    from service.jobs.results.local import LocalObjects

    return LocalObjects(folder)


def is_key(key: str) -> bool:
    """Whether `key` may name an object: parts of letters, digits and `._=+,@-`, none of which begins with a dot."""
    return len(key) <= _MOST_KEY and _KEY.fullmatch(key) is not None


def checked(key: str) -> str:
    """`key`, if it is one. Raises ValueError otherwise."""
    if not is_key(key):
        raise ValueError(f"{key[:200]!r} cannot be the key of an object")
    return key


def checksum(data: Data, before: int = 0) -> int:
    """The CRC-32 of `data`, or of what `before` is the CRC-32 of and `data` after it.

    It is not CRC-32C, with which shards end: over data that ends with its own checksum that is a constant.
    """
    return zlib.crc32(data, before)


def write_object(objects: ObjectStore, job: str, key: str, data: Data) -> Written:
    """Keep `data` as the object `key` of a job, and say what was written, as tile outcomes do."""
    objects.put(f"{job}/{key}", data)
    return key, f"{checksum(data):08x}", len(data)


def write_file(objects: ObjectStore, job: str, name: str, data: Data) -> Written:
    """Keep a file of a job's results, as `files/name`. Raises ValueError where `name` cannot be part of a key."""
    return write_object(objects, job, f"files/{name}", data)
