"""The HTTP server of one process: it listens, drains on SIGTERM, and says where it is."""

import os
import signal
import sys
from functools import partial
from types import FrameType

import uvicorn

from api.app import create_app
from api.protocol import Protocol
from service.engine import Engine
from service.logs import configure_logs
from service.settings import Settings

_KEEP_ALIVE_SECONDS = 30


class _Server(uvicorn.Server):
    """Says on standard error where it listens, once it does; ends where its engine cannot start."""

    def __init__(self, config: uvicorn.Config, engine: Engine) -> None:
        super().__init__(config)
        self._engine = engine

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._engine.draining = True
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        return self._engine.failed or await super().on_tick(counter)

    async def startup(self, *args: object, **kwargs: object) -> None:
        await super().startup(*args, **kwargs)  # type: ignore[arg-type]
        for server in self.servers:
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                print(
                    f"Epipole listens on http://{host}:{port}  (reference: /docs, readiness: /readyz)",
                    file=sys.stderr,
                    flush=True,
                )


def run_server(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; then finish what runs, within EPIPOLE_DRAIN_TIMEOUT."""
    configure_logs(settings)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=partial(Protocol, header_timeout=settings.header_timeout),  # type: ignore[arg-type]  # made like a class
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.drain_timeout,
    )
    server = _Server(config, app.state.engine)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # the server raises the signal again once it has drained
    server.run()
    sys.stderr.flush()
    # A thread inside the compiler or a codec cannot be interrupted; the process must not outlive its drain for it.
    os._exit(0 if server.started and not app.state.engine.failed else 1)
