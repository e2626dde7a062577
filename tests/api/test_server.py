"""The service as a process of its own: streams, clients that stall or leave, and its end."""

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlsplit

import httpx
import numpy as np
import pytest

from tests.api.requests import FUNDAMENTAL, IDENTITY, slow_convolution
from tests.running import Server, metric, npy, serving

PATIENCE = 60


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def connection(server: Server) -> socket.socket:
    address = urlsplit(server.address)
    return socket.create_connection((address.hostname, address.port), timeout=PATIENCE)


def request_bytes(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def rig(cameras: int) -> bytes:
    projections = np.zeros((cameras, 3, 4))
    projections[:, :, :3] = np.eye(3)
    projections[:, :, 3] = np.random.default_rng(4).normal(size=(cameras, 3))
    return npy(projections)


def test_a_large_result_streams_with_a_known_length(server: Server) -> None:
    with server.client() as client:
        headers = {"Content-Type": "application/x-npy", "Accept": "application/x-npy"}
        with client.stream("POST", "/v1/fundamental-all", content=rig(600), headers=headers) as answer:
            assert answer.status_code == 200
            assert json.loads(answer.headers["epipole-result"])["status_counts"]["ok"] == 600 * 599
            content = answer.read()
        assert int(answer.headers["content-length"]) == len(content)
        full = np.load(io.BytesIO(content))
        assert full.shape == (600, 600, 3, 3)
        params = {"params": json.dumps({"layout": "condensed"})}
        condensed = client.post("/v1/fundamental-all", params=params, content=rig(600), headers=headers).content
        np.testing.assert_array_equal(np.load(io.BytesIO(condensed)), full[np.triu_indices(600, 1)])


def test_a_reader_that_leaves_ends_the_stream(server: Server) -> None:
    with server.client() as client:
        with connection(server) as raw:
            headers = ("Content-Type: application/x-npy", "Accept: application/x-npy")
            raw.sendall(request_bytes("/v1/fundamental-all", rig(2000), *headers))
            assert raw.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: metric(client, "epipole_memory_held_bytes") == 0)
        assert metric(client, "epipole_compute_running") == 0


def test_a_client_that_leaves_stops_the_work(server: Server) -> None:
    with server.client() as client:
        body = client.build_request("POST", "/v1/convolve", **slow_convolution(2000, 301))
        headers = [f"{name}: {value}" for name, value in body.headers.items() if name != "content-length"]
        with connection(server) as raw:
            raw.sendall(request_bytes("/v1/convolve", body.read(), *headers))
            until(lambda: metric(client, "epipole_compute_running") == 1)
        until(lambda: metric(client, "epipole_compute_running") == 0)
        assert metric(client, "epipole_memory_held_bytes") == 0
        until(lambda: 'outcome="abandoned"' in client.get("/metrics").text)


def response(raw: socket.socket) -> tuple[bytes, bytes]:
    """The next response of a connection: head and body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += raw.recv(1)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += raw.recv(length - len(body))
    return head, body


WARP_QUERY = "/v1/warp-perspective?params=" + quote(json.dumps({"homography": IDENTITY}))
NPY_BOTH_WAYS = ("Content-Type: application/x-npy", "Accept: application/x-npy")


def noise(seed: int) -> bytes:
    return npy(np.random.default_rng(seed).integers(0, 255, (900, 1000), np.uint8))


@pytest.mark.parametrize("size", [1, 63, 65_536, 300_000, 899_999])
def test_a_body_arrives_whole_however_it_is_cut(server: Server, size: int) -> None:
    body = noise(size)
    request = request_bytes(WARP_QUERY, body, *NPY_BOTH_WAYS)
    first = len(request) - len(body) + size
    with connection(server) as raw:
        raw.sendall(request[:first])
        time.sleep(0.05)
        raw.sendall(request[first : first + 200_000])
        time.sleep(0.05)
        raw.sendall(request[first + 200_000 :])
        assert response(raw)[1] == body


def test_requests_that_follow_each_other_at_once_are_answered_in_turn(server: Server) -> None:
    bodies = [noise(seed) for seed in range(3)]
    requests = b"".join(request_bytes(WARP_QUERY, body, *NPY_BOTH_WAYS) for body in bodies)
    with connection(server) as raw:
        sender = Thread(target=raw.sendall, args=(requests,))
        sender.start()
        for body in bodies:
            assert response(raw)[1] == body
        sender.join()


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(server: Server) -> None:
    body = noise(9)
    head = request_bytes(WARP_QUERY, body, *NPY_BOTH_WAYS, "Expect: 100-continue")[: -len(body)]
    with connection(server) as raw:
        raw.sendall(head)
        assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(body)
        assert response(raw)[1] == body


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "²", "99999999999999999999999999", ""])
def test_a_length_that_is_none_is_refused(server: Server, length: str) -> None:
    with connection(server) as raw:
        raw.sendall(f"POST /v1/fundamental HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n".encode("latin-1"))
        raw.shutdown(socket.SHUT_WR)
        answer = raw.recv(4000)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 413"))


def test_a_promise_of_too_many_bytes_is_refused_before_they_come(server: Server) -> None:
    with connection(server) as raw:
        head = request_bytes("/v1/fundamental", b"", "Content-Type: application/json")
        raw.sendall(head.replace(b"Content-Length: 0", b"Content-Length: 999999999999"))
        assert raw.recv(4000).startswith(b"HTTP/1.1 413")


def test_the_server_compiles_nothing_for_any_request(server: Server) -> None:
    with server.client() as client:
        before = metric(client, "epipole_jit_compilations_total")
        for operation in client.get("/v1/operations").json()["operations"]:
            for example in client.get(operation["href"]).json()["examples"]:
                answer = client.post(f"/v1/{operation['name']}", json=example["params"])
                assert answer.status_code == 200
        assert metric(client, "epipole_jit_compilations_total") == before


def test_every_request_is_one_json_line_in_the_log(server: Server) -> None:
    with server.client() as client:
        client.post("/v1/fundamental", json=FUNDAMENTAL, headers={"X-Request-Id": "look-for-me"})
    until(lambda: any("look-for-me" in line for line in server.lines))
    event = json.loads(next(line for line in server.lines if "look-for-me" in line))
    assert event["event"] == "request"
    assert (event["operation"], event["status"], event["request_id"]) == ("fundamental", 200, "look-for-me")
    assert event["milliseconds"] > 0
    for line in server.lines:
        assert line.startswith("Epipole listens on") or json.loads(line)["event"], line


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("impatient")
    with serving(folder, body_timeout=0.3, header_timeout=0.5, max_body_bytes=2_000_000) as server:
        yield server


def test_a_body_that_stops_coming_is_408_and_the_connection_ends(impatient: Server) -> None:
    with connection(impatient) as raw:
        raw.sendall(request_bytes("/v1/fundamental", b'{"left"', "Content-Type: application/json")[:-3])
        answer = b""
        while piece := raw.recv(4000):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"EPIPOLE_BODY_TIMEOUT" in answer
    with impatient.client() as client:
        assert metric(client, "epipole_memory_held_bytes") == 0


@pytest.mark.parametrize("piece", [b"", b"\r\n", b"P", b"POST / HTTP/1.1\r\nHost: a\r\n"])
def test_headers_that_do_not_come_in_time_end_the_connection(impatient: Server, piece: bytes) -> None:
    for before in (b"", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"):
        with connection(impatient) as raw:
            raw.sendall(before)
            assert not before or response(raw)[0].startswith(b"HTTP/1.1 200")
            if before and not piece:
                continue  # that is an idle connection, which is kept
            raw.sendall(piece)
            assert raw.recv(4000) == b""


def test_bytes_that_trickle_do_not_prolong_the_time_for_headers(impatient: Server) -> None:
    with connection(impatient) as raw, pytest.raises(OSError):  # noqa: PT012
        for _ in range(PATIENCE * 10):
            raw.sendall(b"x")
            time.sleep(0.1)


def test_a_body_may_take_longer_than_its_headers(impatient: Server) -> None:
    request = request_bytes("/v1/fundamental", json.dumps(FUNDAMENTAL).encode(), "Content-Type: application/json")
    with connection(impatient) as raw:
        raw.sendall(request[:-8])
        for at in range(-8, 0):
            time.sleep(0.1)
            raw.sendall(request[at : at + 1 or None])
        assert raw.recv(4000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("kind", ["application/json", "application/x-npy", "multipart/form-data; boundary=b"])
def test_a_chunked_body_is_limited_while_it_comes(impatient: Server, kind: str) -> None:
    chunked = f"POST /v1/matrix-rank HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    start = b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\n"
    with connection(impatient) as raw:
        raw.sendall(chunked.encode() + b"%x\r\n%s\r\n" % (len(start), start))
        for _ in range(4):
            raw.sendall(b"%x\r\n%s\r\n" % (600_000, bytes(600_000)))
        head, body = response(raw)
    assert head.startswith(b"HTTP/1.1 413")
    assert b"EPIPOLE_MAX_BODY_BYTES" in body
    with impatient.client() as client:
        assert metric(client, "epipole_memory_held_bytes") == 0


def test_a_reader_that_stalls_is_cut_off(impatient: Server) -> None:
    with impatient.client() as client:
        with connection(impatient) as raw:
            headers = ("Content-Type: application/x-npy", "Accept: application/x-npy")
            raw.sendall(request_bytes("/v1/fundamental-all", rig(2000), *headers))
            until(lambda: 'outcome="cut-off"' in client.get("/metrics").text)
            received = 0
            while piece := raw.recv(1 << 20):
                received += len(piece)
        assert received < 2000 * 2000 * 72
        assert metric(client, "epipole_memory_held_bytes") == 0


def test_sigterm_lets_the_running_request_finish_and_takes_no_other(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        answers: list[httpx.Response] = []

        def work() -> None:
            with server.client(PATIENCE) as client:
                answers.append(client.post("/v1/convolve", **slow_convolution(1500, 61)))

        with server.client() as client:
            worker = Thread(target=work)
            worker.start()
            until(lambda: metric(client, "epipole_compute_running") == 1)
        status = server.stop()
        worker.join(PATIENCE)
        assert status == 0
        assert [answer.status_code for answer in answers] == [200]
        with pytest.raises(ConnectionRefusedError):
            connection(server)
