"""A server that answers what it was told to, in order: what a busy or broken service looks like from outside."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Cut(bytes):
    """Bytes after which the connection breaks, although more was promised."""


class Script:
    """Answers still to be given, and the requests that came; None hangs up without an answer.

    `places` has answers for the ends of paths, for requests whose order nobody knows; they come before the others.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes] | None] = []
        self.places: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.address = ""


@pytest.fixture
def script() -> Iterator[Script]:
    told = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            sent = {name.lower(): value for name, value in self.headers.items()}
            told.requests.append((self.command, self.path, sent, body))
            placed = next((answers for end, answers in told.places.items() if self.path.endswith(end)), None)
            answer = (placed or told.answers).pop(0)
            self.close_connection = True
            if answer is None:
                return
            status, headers, data = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data) + isinstance(data, Cut)))
            self.send_header("Connection", "close")  # else the client may ask again before it sees the end
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    told.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
