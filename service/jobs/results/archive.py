"""All results of a job as one zip file, made while it is sent: stored, not compressed, zip64 where it is large.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import struct
from collections.abc import Iterator

from service.errors import StorageFailed
from service.jobs.results.manifest import Manifest
from service.jobs.results.objects import ObjectStore, checksum

_READ_BYTES = 8 << 20
_SENT_BYTES = 1 << 20
_MOST_32 = 2**32 - 1
_MOST_16 = 2**16 - 1
_FIRST_DAY = 0x21  # 1980-01-01: the archive of the same results has the same bytes, whenever it is made
_UTF8 = 1 << 11
_UNIX = 3
_READABLE = 0o100644

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_SIZES_64 = struct.Struct("<2H2Q")


def archive(objects: ObjectStore, job: str, manifest: Manifest) -> Iterator[bytes]:
    """Make the zip file of a job's results, piece by piece: every object under its key, then the manifest.

    Raises
    ------
    StorageFailed
        An object is gone or is not the one that the manifest describes; what was yielded is no zip file then.
    """
    pending = bytearray()  # small members travel together
    offset = 0
    for key, crc, size in _members(manifest):
        header = _local_header(key, crc, size)
        offset += len(header) + size
        pending += header
        for piece in _pieces(objects, f"{job}/{key}", crc, size):
            pending += piece
            if len(pending) >= _SENT_BYTES:
                yield bytes(pending)
                pending.clear()
    at = directory = count = 0
    for key, crc, size in _members(manifest):
        entry = _central_header(key, crc, size, at)
        at += len(_local_header(key, crc, size)) + size
        directory += len(entry)
        count += 1
        pending += entry
        if len(pending) >= _SENT_BYTES:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending) + _end(count, directory, offset)


def archive_size(manifest: Manifest) -> int:
    """How many bytes `archive` yields."""
    offset = directory = count = 0
    for key, crc, size in _members(manifest):
        directory += len(_central_header(key, crc, size, offset))
        offset += len(_local_header(key, crc, size)) + size
        count += 1
    return offset + directory + len(_end(count, directory, offset))


def _members(manifest: Manifest) -> Iterator[tuple[str, int, int]]:
    for key, (crc, size) in manifest.objects.entries():
        yield key, int(crc, 16), size
    for key, crc, size in manifest.own:
        yield key, int(crc, 16), size


def _pieces(objects: ObjectStore, key: str, crc: int, size: int) -> Iterator[bytes]:
    found = 0
    for start in range(0, size, _READ_BYTES):
        try:
            piece = objects.get(key, start, min(start + _READ_BYTES, size))
        except KeyError:
            raise StorageFailed("a part of the results is gone") from None
        found = checksum(piece, found)
        yield piece
    if found != crc:
        raise StorageFailed("a part of the results is damaged")


def _local_header(key: str, crc: int, size: int) -> bytes:
    large = size >= _MOST_32
    extra = _SIZES_64.pack(1, 16, size, size) if large else b""
    shown = _MOST_32 if large else size
    name = key.encode()
    version = 45 if large else 20
    return (
        _LOCAL.pack(b"PK\3\4", version, _UTF8, 0, 0, _FIRST_DAY, crc, shown, shown, len(name), len(extra))
        + name
        + extra
    )


def _central_header(key: str, crc: int, size: int, offset: int) -> bytes:
    extra = b"".join(value.to_bytes(8, "little") for value in (size, size) if size >= _MOST_32)
    extra += offset.to_bytes(8, "little") if offset >= _MOST_32 else b""
    field = struct.pack("<2H", 1, len(extra)) + extra if extra else b""
    version = 45 if extra else 20
    shown, place = min(size, _MOST_32), min(offset, _MOST_32)
    name = key.encode()
    first = (b"PK\1\2", _UNIX << 8 | version, version, _UTF8, 0, 0, _FIRST_DAY, crc, shown, shown)
    return _CENTRAL.pack(*first, len(name), len(field), 0, 0, 0, _READABLE << 16, place) + name + field


def _end(count: int, size: int, offset: int) -> bytes:
    shown = min(count, _MOST_16), min(size, _MOST_32), min(offset, _MOST_32)
    short = _END.pack(b"PK\5\6", 0, 0, shown[0], *shown, 0)
    if count < _MOST_16 and max(size, offset) < _MOST_32:
        return short
    long = _END_64.pack(b"PK\6\6", _END_64.size - 12, _UNIX << 8 | 45, 45, 0, 0, count, count, size, offset)
    return long + _LOCATOR_64.pack(b"PK\6\7", 0, offset + size, 1) + short
