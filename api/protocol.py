"""HTTP/1.1 on a connection: uvicorn's protocol, with bodies that skip its buffers and a limit on slow headers."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

DIVERT = "epipole.divert"
"""The ASGI extension that lets an application take the body as it comes, instead of asking for each piece."""

Intake = Callable[[bytes], bool]
Divert = Callable[[Scope, Intake], None]

_WRITE_BUFFER = 2 << 20  # bytes that may wait for a slow reader before the application has to


class Protocol(HttpToolsProtocol):
    """A connection.

    `scope["extensions"][DIVERT]` is a function of the scope and an intake. From then on each piece of the body is
    handed to the intake, and `receive` returns only at the end of the body, when the client leaves, or when the intake
    returned False.

    Parameters
    ----------
    header_timeout
        Seconds in which the headers of a request must come: from the beginning of the connection, or from the first
        byte after the answer before.
    """

    def __init__(self, *args: Any, header_timeout: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._header_timeout = header_timeout
        self._headers_due: asyncio.TimerHandle | None = None
        self._intake: Intake | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the headers of the first request."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._headers_came()
        self._intake = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read what came. The first byte after a pause, even one that begins nothing, ends the keep-alive time."""
        if self.timeout_keep_alive_task is not None:
            self._await_headers()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of the headers."""
        super().on_message_begin()
        self._await_headers()

    def on_headers_complete(self) -> None:
        """Let the application begin."""
        self._headers_came()
        self.scope["extensions"] = {DIVERT: self._divert}  # type: ignore[dict-item]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on."""
        if self._intake is None:
            super().on_body(body)
        elif not self._intake(body):
            self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        """Say that the body is whole."""
        self._intake = None
        super().on_message_complete()

    def _divert(self, scope: Scope, intake: Intake) -> None:
        if self.cycle.scope is not scope:
            return  # the body is whole, and the next request is coming in already
        early, self.cycle.body = self.cycle.body, bytearray()
        if self.cycle.more_body:
            self._intake = intake
        if early:
            intake(bytes(early))

    def _await_headers(self) -> None:
        if self._headers_due is None:
            self._headers_due = self.loop.call_later(self._header_timeout, self._give_up)

    def _headers_came(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None

    def _give_up(self) -> None:
        self._headers_due = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_headers()  # a request ahead of these headers is still being answered
        elif not self.transport.is_closing():
            self.transport.close()
