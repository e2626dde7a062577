"""The few HTTP calls of the tour, on the standard library alone."""

import http.client
import json
import subprocess
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click


@dataclass
class Reply:
    """An answer whose body is still to be read."""

    status: int
    headers: Mapping[str, str]
    response: http.client.HTTPResponse

    def read(self) -> bytes:
        """The whole body."""
        return self.response.read()

    def result(self) -> dict[str, Any]:
        """The scalars of a binary result."""
        scalars: dict[str, Any] = json.loads(self.headers.get("epipole-result", "{}"))
        return scalars


def post(address: str, path: str, body: bytes, content_type: str, accept: str = "*/*") -> Reply:
    """POST `body` and return the answer, its body unread."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=300)
    connection.request("POST", path, body, {"Content-Type": content_type, "Accept": accept})
    response = connection.getresponse()
    return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response)


def form(params: Mapping[str, Any], **files: tuple[str, bytes]) -> tuple[bytes, str]:
    """A multipart form as curl would send it: JSON `params`, and files as (name, bytes). Body and content type."""
    boundary = uuid.uuid4().hex
    pieces = [f'--{boundary}\r\nContent-Disposition: form-data; name="params"\r\n\r\n{json.dumps(params)}\r\n'.encode()]
    for field, (name, data) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        pieces += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", data, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def wait_ready(address: str, seconds: float, process: subprocess.Popen[str]) -> None:
    """Wait until the service says that it is ready. Raises where it ends or takes too long."""
    parts = urlsplit(address)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    raise click.ClickException(f"the service was not ready within {seconds:g} s")
