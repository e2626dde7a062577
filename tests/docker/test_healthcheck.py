import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import ModuleType

import pytest


class _Readiness(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/readyz" else 404)
        self.end_headers()
        self.wfile.write(b"state\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), _Readiness) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (500, 1)])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_only_a_service_that_is_ready_is_healthy(
    load: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    port: int,
    status: int,
    code: int,
    host: str,
) -> None:
    monkeypatch.setattr(_Readiness, "status", status)
    monkeypatch.setenv("EPIPOLE_HOST", host)
    monkeypatch.setenv("EPIPOLE_PORT", str(port))
    assert load("healthcheck").main() == code
    assert capsys.readouterr().out == f"{status} state\n\n"


def test_where_nothing_listens_it_is_unhealthy(
    load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EPIPOLE_HOST", "127.0.0.1")
    monkeypatch.setenv("EPIPOLE_PORT", "1")  # a port that no test server gets
    assert load("healthcheck").main() == 1
    assert "ConnectionRefusedError" in capsys.readouterr().out
