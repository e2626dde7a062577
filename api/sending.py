"""Answers on the wire: known length, backpressure, and an end to readers that stall."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import aclosing

import structlog
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.engine import Answering
from service.errors import ServiceError
from service.media.answer import JSON, Answer

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
            self.headers[RESULT_HEADER] = result_header(answering.answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await _send_body(send, self._answering.chunks(), self._timeout)
        finally:
            self._answering.close()
            self._finished()


class StreamResponse(Response):
    """Sends what a generator yields, until it ends or the reader leaves; the generator is closed in any case.

    Parameters
    ----------
    pieces
        The body. An empty piece is not sent: it is an occasion to see whether the reader is still there.
    reader_timeout
        Seconds in which the reader must take a piece.
    headers
        Headers of the answer. Without a Content-Length the body is sent in chunks.
    finished
        Called at the end, however it came.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes | memoryview, None],
        reader_timeout: float,
        *,
        status_code: int = 200,
        media_type: str,
        headers: Mapping[str, str],
        finished: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(status_code=status_code, media_type=media_type)
        del self.headers["content-length"]  # that of an empty body
        self.headers.update(headers)
        self._pieces = pieces
        self._timeout = reader_timeout
        self._finished = finished

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = asyncio.create_task(_disconnection(receive))
        try:
            async with aclosing(self._pieces):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await _send_body(send, _while(self._pieces, left), self._timeout)
        finally:
            left.cancel()
            self._finished()


async def _send_body(send: Send, pieces: AsyncIterable[bytes | memoryview], timeout: float) -> None:
    try:
        async for whole in pieces:
            chunk = memoryview(whole)
            for start in range(0, len(chunk), _PIECE):
                async with asyncio.timeout(timeout):
                    piece = chunk[start : start + _PIECE]
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except (TimeoutError, ServiceError) as error:
        # The status line is gone; a body that ends early tells the reader that it is not whole.
        _log.warning("answer cut off", reason=str(error) or "the reader stalled (EPIPOLE_BODY_TIMEOUT)")
        raise ConnectionAbortedError("answer cut off") from error


async def _while(
    pieces: AsyncIterable[bytes | memoryview], left: asyncio.Task[None]
) -> AsyncIterator[bytes | memoryview]:
    async for piece in pieces:
        if left.done():
            return
        yield piece


async def _disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def result_header(answer: Answer) -> str:
    """The scalars as JSON in ASCII; the largest are left out of a header that would not pass through proxies."""
    summary = dict(answer.summary)
    while len(text := _ascii(summary)) > _MAX_HEADER_BYTES and summary:
        largest = max(summary, key=lambda name: len(_ascii({name: summary[name]})))
        del summary[largest]
        summary["left_out"] = [*summary.get("left_out", []), largest]
    return text


def _ascii(value: object) -> str:
    return to_json(value, inf_nan_mode="null").decode().encode("ascii", "backslashreplace").decode()
