"""Answers on the wire: known length, backpressure, and an end to readers that stall."""

import asyncio
from collections.abc import Callable

import structlog
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.engine import Answering
from service.errors import ServiceError
from service.media.answer import JSON

RESULT_HEADER = "Epipole-Result"
_PIECE = 1 << 20
_MAX_HEADER_BYTES = 8192
_log = structlog.get_logger()


class AnswerResponse(Response):
    """Sends an answer in pieces and gives back what it holds, whatever happens.

    Parameters
    ----------
    answering
        The answer and its resources.
    reader_timeout
        Seconds in which the reader must take a piece.
    finished
        Called at the end, however it came.
    """

    def __init__(self, answering: Answering, reader_timeout: float, finished: Callable[[], None]) -> None:
        super().__init__(status_code=200, media_type=answering.answer.media_type)
        self._answering = answering
        self._timeout = reader_timeout
        self._finished = finished
        self.headers["Content-Length"] = str(answering.answer.length)
        self.headers["Vary"] = "Accept"
        if answering.answer.media_type != JSON:
            self.headers[RESULT_HEADER] = _header_value(answering)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for whole in self._answering.chunks():
                chunk = memoryview(whole)
                for start in range(0, len(chunk), _PIECE):
                    async with asyncio.timeout(self._timeout):
                        await send(
                            {
                                "type": "http.response.body",
                                "body": chunk[start : start + _PIECE],
                                "more_body": True,
                            }
                        )
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, ServiceError) as error:
            # The status line is gone; a body shorter than its Content-Length tells the reader that it is not whole.
            _log.warning("answer cut off", reason=str(error) or "the reader stalled (EPIPOLE_BODY_TIMEOUT)")
            raise ConnectionAbortedError("answer cut off") from error
        finally:
            self._answering.close()
            self._finished()


def _header_value(answering: Answering) -> str:
    """The scalars as JSON in ASCII; the largest are left out of a header that would not pass through proxies."""
    summary = dict(answering.answer.summary)
    while len(text := _ascii(summary)) > _MAX_HEADER_BYTES and summary:
        largest = max(summary, key=lambda name: len(_ascii({name: summary[name]})))
        del summary[largest]
        summary["left_out"] = [*summary.get("left_out", []), largest]
    return text


def _ascii(value: object) -> str:
    return to_json(value, inf_nan_mode="null").decode().encode("ascii", "backslashreplace").decode()
