"""Server-sent events of a job: their bytes, and going on after a connection that broke."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from api.client.jobs.status import JobStatus, status_of
from api.client.problem import Unreachable, problem_of
from api.client.retries import Retries

EVENT_STREAM = "text/event-stream"
SILENCE = 60.0  # seconds without a byte, heartbeats included, after which a connection is given up
_STEP = 1.0  # seconds until a stream that ended before its job is opened again


@dataclass
class EventReader:
    """Bytes in, events out (WHATWG HTML, section 9.2.6).

    Attributes
    ----------
    last_id
        The `id` that was seen last.
    retry
        Seconds that the service asks to wait before the stream is opened again; None where it did not say.
    """

    last_id: str = ""
    retry: float | None = None
    _rest: bytes = b""
    _data: list[str] = field(default_factory=list)
    _id: str = ""

    def read(self, piece: bytes) -> Iterator[str]:
        """The data of every event that these bytes complete."""
        lines = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if line:
                self._take(*line.decode(errors="replace").partition(":")[::2])
                continue
            self.last_id = self._id or self.last_id
            if self._data:
                yield "\n".join(self._data)
                self._data.clear()

    def break_off(self) -> None:
        """Forget the event whose end did not come; its stream is opened again behind the one before."""
        self._rest, self._id = b"", ""
        self._data.clear()

    def _take(self, name: str, value: str) -> None:
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        elif name == "retry" and value.isdecimal():
            self.retry = int(value) / 1000


class Watch:
    """Where a watcher is in the events of a job: what it asks for, when it asks again, and whether that is over.

    Attributes
    ----------
    pause
        Seconds to wait before the stream is opened.
    over
        The job has ended and everything of it was seen.
    """

    def __init__(self, job: str, retries: Retries, after: int = 0) -> None:
        self.path = f"/v1/jobs/{quote(job, safe='')}/events"
        self.retries, self.pause, self.over = retries, 0.0, False
        self._reader = EventReader(last_id=str(after) if after else "")
        self._attempt, self._status = 0, 200
        self._fields: Mapping[str, str] = {}
        self._refusal = bytearray()
        self._last: JobStatus | None = None

    def headers(self) -> dict[str, str]:
        """What the next request says about itself."""
        sent = {"Accept": EVENT_STREAM, "Cache-Control": "no-store"}
        return sent | {"Last-Event-ID": self._reader.last_id} if self._reader.last_id else sent

    def opened(self, status: int, headers: Mapping[str, str]) -> None:
        """The service answers."""
        self._status, self._fields = status, headers
        self._refusal.clear()

    def read(self, piece: bytes) -> Iterator[JobStatus]:
        """The statuses that these bytes complete."""
        if not self._is_stream():
            self._refusal += piece
            return
        self._attempt = 0
        for data in self._reader.read(piece):
            self._last = status_of(json.loads(data))
            yield self._last

    def closed(self) -> None:
        """The answer came to its end. Raises Problem where the service refuses."""
        self._reader.break_off()
        if self._status == 204:  # nothing comes any more
            self.over = True
            return
        if self._is_stream():
            self.over = self._last is not None and self._last.ended
            self.pause = _STEP if self._reader.retry is None else self._reader.retry
            return
        self._attempt += 1
        problem = problem_of(self._status, bytes(self._refusal))
        pause = self.retries.pause(self._attempt, problem, self._fields)
        if pause is None:
            raise problem
        self.pause = pause

    def broken(self, error: Exception) -> None:
        """The connection failed, or was never made. Raises Unreachable when that happened too often in a row."""
        self._reader.break_off()
        self._attempt += 1
        pause = self.retries.pause(self._attempt, None, {})
        if pause is None:
            raise Unreachable(f"the service did not answer: {type(error).__name__}: {error}") from error
        self.pause = pause

    def _is_stream(self) -> bool:
        return self._status == 200 and self._fields.get("content-type", "").startswith(EVENT_STREAM)
