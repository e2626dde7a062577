"""docker/nginx.conf, by the nginx of this machine in front of two small servers of the test's own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from service.settings import Settings
from tests.docker import dockerfile
from tests.topology.processes import Front, nginx

TEXT = (dockerfile.ROOT / "docker" / "nginx.conf").read_text(encoding="utf-8")
present = pytest.mark.skipif(nginx() is None, reason="nginx is not installed (Debian: apt-get install nginx-light)")


class Replica(BaseHTTPRequestHandler):
    """Answers with its own port; an event stream sends its second event when the test has read the first."""

    protocol_version = "HTTP/1.1"
    read = threading.Event()

    def do_GET(self) -> None:
        if not self.path.endswith("/events"):
            self._answer(str(self.server.server_port).encode())
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"id: 1\n\n")
        assert self.read.wait(30)
        self.wfile.write(b"id: 2\n\n")
        self.close_connection = True

    def do_POST(self) -> None:
        self._answer(str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode())

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def replicas() -> Iterator[list[ThreadingHTTPServer]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Replica) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def client(replicas: list[ThreadingHTTPServer], tmp_path: Path) -> Iterator[httpx.Client]:
    front = Front(tmp_path, [f"127.0.0.1:{server.server_port}" for server in replicas])
    try:
        with httpx.Client(base_url=front.address, timeout=30, trust_env=False) as client:
            yield client
    finally:
        front.stop()


def test_its_replicas_are_those_of_compose() -> None:
    compose = (dockerfile.ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")
    for number in (1, 2):
        assert f"server api-{number}:{dockerfile.read()[1][-1].only('EXPOSE')} " in TEXT
        assert f"  api-{number}: *api\n" in compose


def test_it_lets_the_service_say_what_is_too_large() -> None:
    limit = int(TEXT.split("client_max_body_size ")[1].split("m;")[0])
    assert limit << 20 > Settings().max_body_bytes


@present
def test_both_replicas_are_asked(client: httpx.Client, replicas: list[ThreadingHTTPServer]) -> None:
    answers = {client.get("/readyz").text for _ in range(20)}
    assert answers == {str(server.server_port) for server in replicas}


@present
def test_events_pass_one_by_one(client: httpx.Client) -> None:
    Replica.read.clear()
    with client.stream("GET", "/v1/jobs/0123/events") as answer:
        lines = answer.iter_lines()
        assert next(line for line in lines if line) == "id: 1"
        Replica.read.set()
        assert next(line for line in lines if line) == "id: 2"


@present
def test_a_replica_that_is_gone_is_noticed_by_nobody(client: httpx.Client, replicas: list[ThreadingHTTPServer]) -> None:
    replicas[0].shutdown()
    replicas[0].server_close()
    for _ in range(10):
        assert client.post("/v1/jobs", content=b"{}").text == "2"


@present
def test_where_no_replica_answers_it_says_so_as_the_service_would(
    client: httpx.Client, replicas: list[ThreadingHTTPServer]
) -> None:
    for server in replicas:
        server.shutdown()
        server.server_close()
    for path in ("/readyz", "/v1/jobs/0123/events"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"] == "2"
        assert json.loads(answer.text)["status"] == 503


@present
def test_bodies_pass_through(client: httpx.Client) -> None:
    assert client.post("/v1/assets", content=bytes(3_000_000)).text == "3000000"
