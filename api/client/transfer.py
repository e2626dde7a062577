"""Bytes on their way, and how far they are."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Literal, NamedTuple

from api.client.body import Body

_CHUNK = 1 << 20


class Progress(NamedTuple):
    """How far a call is."""

    stage: Literal["sending", "receiving", "waiting"]
    """`waiting`: for the moment that the service named when it was busy."""
    done: float
    """Bytes, or seconds of waiting."""
    total: float | None
    """None where the service does not say."""


Watcher = Callable[[Progress], None]
"""Is called on the way, and at the end of each stage."""


class Upload:
    """A body in pieces, for both kinds of clients."""

    def __init__(self, body: Body, watch: Watcher | None) -> None:
        self.body, self.watch = body, watch

    def blocks(self) -> Iterator[bytes]:
        """All bytes in order."""
        sent, total = 0, self.body.length
        for part in self.body.parts:
            view = memoryview(part)
            for begin in range(0, view.nbytes, _CHUNK):
                piece = view[begin : begin + _CHUNK]
                yield bytes(piece)
                sent += len(piece)
                if self.watch is not None:
                    self.watch(Progress("sending", sent, total))

    async def async_blocks(self) -> AsyncIterator[bytes]:
        """The same for a client that is asynchronous."""
        for block in self.blocks():
            yield block


class Download:
    """An answer's bytes, gathered in one place that is as large as the service says."""

    def __init__(self, length: str | None, watch: Watcher | None) -> None:
        self.total = int(length) if length is not None and length.isdecimal() else None
        self.data, self.filled, self.watch = bytearray(self.total or 0), 0, watch

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        end = self.filled + len(piece)
        if end > len(self.data):
            self.data.extend(bytes(end - len(self.data)))
        self.data[self.filled : end] = piece
        self.filled = end
        if self.watch is not None:
            self.watch(Progress("receiving", self.filled, self.total))
