"""Request bodies on their way in, within limits of size, time and memory."""

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi import Request

from api.protocol import DIVERT
from service.admission import Hold
from service.engine import Engine
from service.errors import Abandoned, Stalled, TooLarge

_RESERVE_STEP = 1 << 18


def promised_length(request: Request) -> int:
    """Content-Length; 0 where it is not given."""
    promised = request.headers.get("content-length", "")
    return int(promised) if promised.isdecimal() else 0


async def take_body(request: Request, engine: Engine, hold: Hold, take: Callable[[bytes], object]) -> int:
    """Hand the body to `take` piece by piece, as it comes; returns its length.

    Its memory is accounted for in `hold`. Raises what `take` raises; TooLarge and Overloaded where it does not fit;
    Stalled where the client stops sending, and Abandoned where it leaves.
    """
    _check_promise(request, engine)
    engine.admission.check_room(0, promised_length(request))
    intake = _Intake(engine.settings.max_body_bytes, hold, take)
    divert = request.scope.get("extensions", {}).get(DIVERT)
    if divert is not None:
        divert(request.scope, intake)
    patience, more = engine.settings.body_timeout, True
    while more:
        try:
            async with asyncio.timeout_at(intake.latest + patience):
                message = await request.receive()
        except TimeoutError:
            if intake.silence() < patience:
                continue
            raise _stalled(patience) from None
        if message["type"] == "http.disconnect":
            raise Abandoned("the client closed the connection")
        if chunk := message.get("body", b""):
            intake(chunk)
        if intake.fault is not None:
            raise intake.fault
        more = message.get("more_body", False)
    return intake.received


async def body_chunks(request: Request, engine: Engine) -> AsyncIterator[bytes]:
    """The body in pieces that are read only when they are asked for, within the limits of size and time."""
    _check_promise(request, engine)
    patience, received, more = engine.settings.body_timeout, 0, True
    while more:
        try:
            async with asyncio.timeout(patience):
                message = await request.receive()
        except TimeoutError:
            raise _stalled(patience) from None
        if message["type"] == "http.disconnect":
            raise Abandoned("the client closed the connection")
        chunk = message.get("body", b"")
        received += len(chunk)
        _check_size(received, engine.settings.max_body_bytes)
        if chunk:
            yield chunk
        more = message.get("more_body", False)


class _Intake:
    """Counts and hands on; remembers what went wrong, as whoever calls it has no use for an exception."""

    def __init__(self, limit: int, hold: Hold, take: Callable[[bytes], object]) -> None:
        self.received = 0
        self.fault: Exception | None = None
        self._limit, self._hold, self._take = limit, hold, take
        self._clock = asyncio.get_running_loop().time
        self.latest = self._clock()

    def __call__(self, chunk: bytes) -> bool:
        """Take a piece; whether another one is welcome."""
        if self.fault is None:
            self.latest = self._clock()
            self.received += len(chunk)
            try:
                _check_size(self.received, self._limit)
                if self.received > self._hold.nbytes:
                    # What has come is held, not what was promised: a promise would keep others out at no cost.
                    self._hold.grow(max(_RESERVE_STEP, self.received - self._hold.nbytes))
                self._take(chunk)
            except Exception as error:  # noqa: BLE001 -- raised again by take_body
                self.fault = error
        return self.fault is None

    def silence(self) -> float:
        """Seconds since the latest piece."""
        return self._clock() - self.latest


def _check_promise(request: Request, engine: Engine) -> None:
    length, limit = promised_length(request), engine.settings.max_body_bytes
    if length > limit:
        raise TooLarge(f"the body has {length} bytes, more than the {limit} allowed (EPIPOLE_MAX_BODY_BYTES)")


def _check_size(received: int, limit: int) -> None:
    if received > limit:
        raise TooLarge(f"the body has more than the {limit} bytes allowed (EPIPOLE_MAX_BODY_BYTES)")


def _stalled(patience: float) -> Stalled:
    return Stalled(f"no byte of the body came for {patience:g} s (EPIPOLE_BODY_TIMEOUT)")
