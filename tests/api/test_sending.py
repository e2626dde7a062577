import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from api.sending import StreamResponse

SCOPE: dict[str, Any] = {"type": "http"}


class Body:
    """Pieces that note whether they were closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces, self.closed, self.finished = pieces, False, False

    async def generator(self) -> AsyncGenerator[bytes | memoryview, None]:
        try:
            for piece in self.pieces:
                yield piece
        finally:
            self.closed = True

    def response(self, timeout: float) -> StreamResponse:
        def finish() -> None:
            self.finished = True

        headers = {"Content-Length": str(sum(map(len, self.pieces)))}
        return StreamResponse(
            self.generator(), timeout, media_type="application/x-test", headers=headers, finished=finish
        )


async def stays() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


def test_pieces_follow_each_other_and_empty_ones_are_not_sent() -> None:
    body, sent = Body(b"ab", b"", b"c"), []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(body.response(60)(SCOPE, stays, send))
    assert [bytes(message["body"]) for message in sent[1:]] == [b"ab", b"c", b""]
    assert (b"content-length", b"3") in sent[0]["headers"]
    assert body.closed
    assert body.finished


def test_a_reader_that_stalls_is_dropped_and_everything_given_back() -> None:
    body = Body(b"ab", b"c")

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    with pytest.raises(ConnectionAbortedError):
        asyncio.run(body.response(0.01)(SCOPE, stays, send))
    assert body.closed
    assert body.finished


def test_a_reader_that_leaves_ends_the_stream() -> None:
    body, sent = Body(*[b"x"] * 1000), []

    async def leaves() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.sleep(0)

    asyncio.run(body.response(60)(SCOPE, leaves, send))
    assert len(sent) < 100
    assert body.closed
    assert body.finished
