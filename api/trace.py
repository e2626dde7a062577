"""Every request gets an id, a log line and its place in the metrics."""

import re
import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.engine import Engine

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/livez", "/readyz", "/metrics")
_log = structlog.get_logger()


class Trace:
    """ASGI middleware: `X-Request-Id` in (kept if it is sane) and out, one log event at the end."""

    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        request_id = given.decode() if _ID.fullmatch(given) else uuid.uuid4().hex
        scope["epipole.request_id"] = request_id
        status, started = 500, time.perf_counter()

        async def traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        cut = False
        try:
            await self._app(scope, receive, traced)
        except ConnectionAbortedError:
            cut = True
            raise
        finally:
            self._note(scope, 499 if cut else status, time.perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        operation = scope.get("epipole.operation")
        if operation is not None:
            # A bug is answered outside of this middleware, after it: no problem is noted yet.
            unnoted = {499: "cut-off", 500: "internal"}.get(status, "ok")
            outcome = scope.get("epipole.problem", unnoted)
            self._engine.metrics.requests.labels(operation, outcome).inc()
            self._engine.metrics.request_seconds.labels(operation).observe(seconds)
        write = _log.debug if scope["path"] in _QUIET else _log.info
        write(
            "request",
            method=scope["method"],
            route=getattr(scope.get("route"), "path", None),
            operation=operation,
            status=status,
            problem=scope.get("epipole.problem"),
            milliseconds=round(seconds * 1e3, 2),
        )
