"""Compiled expressions, kept for the next call."""

from collections import OrderedDict
from threading import Lock
from typing import Any, Generic, NamedTuple, Protocol, TypeVar


class Sized(Protocol):
    """What knows how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Bytes."""


Kept = TypeVar("Kept", bound=Sized)


class ProgramCache(NamedTuple):
    """How the compiled expressions are kept: calls that found one, calls that did not, how many there are, bytes."""

    hits: int
    misses: int
    programs: int
    nbytes: int


class KeptPrograms(Generic[Kept]):
    """What was used last, up to a number and to a size in bytes, keys included."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._lock = Lock()
        self._programs: OrderedDict[tuple[Any, ...], Kept] = OrderedDict()
        self._hits = self._misses = self._nbytes = 0

    def find(self, key: tuple[Any, ...]) -> Kept | None:
        """What is kept under a key."""
        with self._lock:
            found = self._programs.get(key)
            if found is None:
                self._misses += 1
            else:
                self._hits += 1
                self._programs.move_to_end(key)
            return found

    def keep(self, key: tuple[Any, ...], made: Kept) -> None:
        """Keep something, in the place of what was used the longest time ago."""
        with self._lock:
            if key not in self._programs:
                self._programs[key] = made
                self._nbytes += _size(key, made)
            while len(self._programs) > self._most or self._nbytes > self._most_bytes:
                self._nbytes -= _size(*self._programs.popitem(last=False))

    def count(self) -> ProgramCache:
        """What was done so far, and what is kept."""
        with self._lock:
            return ProgramCache(self._hits, self._misses, len(self._programs), self._nbytes)


def _size(key: tuple[Any, ...], made: Sized) -> int:
    return made.nbytes + sum(len(part) for part in key if isinstance(part, str | bytes))
