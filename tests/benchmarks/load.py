"""A closed-loop load over loopback: N connections that each send the next request when the answer to the last is in."""

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, ready (its /readyz answers 200), ended afterwards."""
    process = subprocess.Popen([sys.executable, *command], env=os.environ | environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise RuntimeError(f"{' '.join(command)} did not become ready in a minute")
        yield process
    finally:
        process.terminate()
        process.wait(40)


def request_bytes(path: str, content_type: str, body: bytes, accept: str) -> bytes:
    """A complete HTTP/1.1 request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
        f"Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form_bytes(fields: dict[str, bytes], file: tuple[str, str, bytes]) -> tuple[str, bytes]:
    """A multipart form with plain fields and one file (name, media type, bytes): its content type and body."""
    boundary = "epipole-benchmark-boundary"
    name, kind, data = file
    pieces = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n'.encode() + v + b"\r\n"
        for k, v in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\nContent-Type: {kind}\r\n\r\n'
    )
    return f"multipart/form-data; boundary={boundary}", b"".join(
        [*pieces, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()]
    )


def exchange(connection: socket.socket, request: bytes) -> int:
    """Send one request and read its whole answer; returns the length of the body. Anything but 200 is an error."""
    connection.sendall(request)
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _some(connection)
    head = bytes(received[:end]).lower()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(bytes(received[:400]).decode("latin-1"))
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    missing = length - (len(received) - end - 4)
    buffer = bytearray(1 << 18)
    while missing > 0:
        got = connection.recv_into(buffer, min(len(buffer), missing))
        if got == 0:
            raise ConnectionError("the server closed the connection")
        missing -= got
    return length


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def throughput(port: int, request: bytes, *, connections: int, seconds: float) -> float:
    """Requests per second that `connections` connections get answered."""
    counts = [0] * connections
    stop = threading.Event()

    def client(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not stop.is_set():
                exchange(connection, request)
                counts[number] += 1

    clients = [threading.Thread(target=client, args=(number,)) for number in range(connections)]
    started = time.perf_counter()
    for thread in clients:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in clients:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def latency(port: int, request: bytes, *, requests: int) -> float:
    """Median seconds of one request at a time."""
    times = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(requests):
            before = time.perf_counter()
            exchange(connection, request)
            times.append(time.perf_counter() - before)
    return statistics.median(times)
