"""Many lines of text as objects of a bounded size, read a part at a time."""

import itertools
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, overload

from service.errors import StorageFailed
from service.jobs.results.objects import ObjectStore, Written, checksum

_PART_LINES = 4096
_PARTS_KEPT = 4


class Lines(Sequence[str]):
    """Lines that do not change any more, under the keys `pattern % 0`, `pattern % 1`, ….

    Attributes
    ----------
    parts
        Of every part: the start of its first line, up to the first space; the CRC-32 of its bytes; how many they are.
    """

    def __init__(self, objects: ObjectStore, pattern: str, count: int, parts: Sequence[Written]) -> None:
        self._objects = objects
        self._pattern = pattern
        self._count = count
        self._kept: OrderedDict[int, list[str]] = OrderedDict()
        self._lock = Lock()
        self.parts = parts

    @classmethod
    def write(cls, objects: ObjectStore, pattern: str, lines: Iterable[str]) -> "Lines":
        """Keep `lines`, none of which is empty or holds a line break."""
        rest, count = iter(lines), 0
        parts: list[Written] = []
        while part := list(itertools.islice(rest, _PART_LINES)):
            data = "\n".join(part).encode()
            objects.put(pattern % len(parts), data)
            parts.append((part[0].split(" ", 1)[0], f"{checksum(data):08x}", len(data)))
            count += len(part)
        return cls(objects, pattern, count, parts)

    @classmethod
    def from_json(cls, objects: ObjectStore, pattern: str, values: Mapping[str, Any]) -> "Lines":
        """The lines that `to_json` described."""
        return cls(objects, pattern, values["count"], [(first, crc, size) for first, crc, size in values["parts"]])

    def to_json(self) -> dict[str, Any]:
        """What a reader must know beforehand, as JSON-ready values."""
        return {"count": self._count, "parts": [list(part) for part in self.parts]}

    def part(self, number: int) -> list[str]:
        """The lines of one part. Raises StorageFailed where it is gone or damaged."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        try:
            data = self._objects.get(self._pattern % number)
        except KeyError:
            raise StorageFailed("a part of the manifest is gone") from None
        if f"{checksum(data):08x}" != self.parts[number][1]:
            raise StorageFailed("a part of the manifest is damaged")
        lines = data.decode().split("\n")
        with self._lock:
            self._kept[number] = lines
            while len(self._kept) > _PARTS_KEPT:
                self._kept.popitem(last=False)
        return lines

    def written(self) -> tuple[Written, ...]:
        """Key, CRC-32 and size of every part."""
        return tuple((self._pattern % number, crc, size) for number, (_, crc, size) in enumerate(self.parts))

    def find(self, start: str) -> int:
        """How many lines of sorted ones have a start (up to the first space) below this."""
        parts = bisect_left(self.parts, start, key=lambda part: part[0])
        if parts == 0:
            return 0
        within = bisect_left(self.part(parts - 1), start, key=lambda line: line.split(" ", 1)[0])
        return (parts - 1) * _PART_LINES + within

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[at] for at in range(self._count)[index]]
        at = range(self._count)[index]
        return self.part(at // _PART_LINES)[at % _PART_LINES]

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self.parts)):
            yield from self.part(number)
