"""The service beside a thirty-line FastAPI + OpenCV one, and what HTTP adds to the kernels."""

import io
import json
import socket
import statistics
import threading
import time
from dataclasses import dataclass

import cv2
import numpy as np
import psutil
import simplejpeg

from geometry import warp_perspective
from tests.benchmarks.inputs import photo, rig
from tests.benchmarks.load import exchange, form_bytes, free_port, latency, request_bytes, running, throughput

H = np.array([[0.97, -0.06, 40.0], [0.05, 0.99, -20.0], [2e-5, 1e-5, 1.0]])
SIZE = (1280, 720)
CONNECTIONS = 4


@dataclass(frozen=True)
class Figure:
    """One figure of the HTTP table: what, its value as text, and the target as text."""

    work: str
    value: str
    target: str = ""


def figures(rounds: int, seconds: float) -> list[Figure]:
    """Throughput in pairs, latency above kernel and codec, start time, memory while 1.8 GB stream."""
    ours, theirs = free_port(), free_port()
    jpeg = cv2.imencode(".jpg", photo(SIZE)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    flat = ",".join(map(repr, H.ravel().tolist()))
    started = time.perf_counter()
    with running(["-m", "api.command", "serve", "--port", str(ours)], ours, EPIPOLE_LOG_LEVEL="error") as process:
        start_seconds = time.perf_counter() - started
        with running(["-m", "tests.benchmarks.peer_service", str(theirs)], theirs):
            params = json.dumps({"homography": H.tolist()}).encode()
            our_form = request_bytes(
                "/v1/warp-perspective", *form_bytes({"params": params}, ("image", "image/jpeg", jpeg)), "image/jpeg"
            )
            their_form = request_bytes(
                "/warp", *form_bytes({"homography": flat.encode()}, ("image", "image/jpeg", jpeg)), "image/jpeg"
            )
            npy = io.BytesIO()
            np.save(npy, photo(SIZE))
            query = "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in params.decode())
            our_raw = request_bytes(
                f"/v1/warp-perspective?params={query}", "application/x-npy", npy.getvalue(), "application/x-npy"
            )
            their_raw = request_bytes(
                f"/raw?height=720&width=1280&homography={flat}",
                "application/octet-stream",
                photo(SIZE).tobytes(),
                "*/*",
            )
            found = [
                _throughput("720p JPEG in, warp, JPEG out", (ours, our_form), (theirs, their_form), rounds, seconds),
                _throughput("720p raw array in and out", (ours, our_raw), (theirs, their_raw), rounds, seconds),
            ]
        found.append(_overhead(ours, our_form, jpeg))
        found.append(_streaming(ours, process.pid))
    found.append(Figure("process start to ready, warm cache", f"{start_seconds:.2f} s", "≤ 2.5 s"))
    return found


def _throughput(work: str, ours: tuple[int, bytes], theirs: tuple[int, bytes], rounds: int, seconds: float) -> Figure:
    pairs = []
    for port, request in (ours, theirs):
        throughput(port, request, connections=CONNECTIONS, seconds=1.0)
    for _ in range(rounds):
        a = throughput(*ours, connections=CONNECTIONS, seconds=seconds)
        b = throughput(*theirs, connections=CONNECTIONS, seconds=seconds)
        pairs.append((a, b, a / b))
    mine, peer, ratio = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Figure(
        f"{work}, {CONNECTIONS} connections",
        f"{mine:.0f} req/s; FastAPI + OpenCV {peer:.0f} req/s; ratio {ratio:.2f}",
        "≥ 1.5",
    )


def _overhead(port: int, request: bytes, jpeg: bytes) -> Figure:
    def kernel_and_codec() -> float:
        before = time.perf_counter()
        warped = warp_perspective(simplejpeg.decode_jpeg(jpeg), H).image
        simplejpeg.encode_jpeg(warped, 95, "RGB", "420")
        return time.perf_counter() - before

    kernel_and_codec()
    alone = statistics.median(kernel_and_codec() for _ in range(60))
    whole = latency(port, request, requests=100)
    return Figure(
        "HTTP above kernel + codec, 1 connection",
        f"{(whole - alone) * 1e3:.2f} ms ({whole * 1e3:.2f} − {alone * 1e3:.2f})",
        "≤ 2 ms",
    )


def _streaming(port: int, pid: int) -> Figure:
    """Stream all pairs of 5,000 cameras and watch the server's resident memory meanwhile."""
    npy = io.BytesIO()
    np.save(npy, rig(5000))
    request = request_bytes("/v1/fundamental-all", "application/x-npy", npy.getvalue(), "application/x-npy")
    server, peak = psutil.Process(pid), 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, server.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    before = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        length = exchange(connection, request)
    seconds = time.perf_counter() - before
    done.set()
    watcher.join()
    return Figure(
        "fundamental-all, 5,000 cameras, f64 npy streamed",
        f"{length / 1e9:.2f} GB in {seconds:.2f} s; server's peak resident memory {peak / 1e6:.0f} MB",
        "≤ 1 GB",
    )
