"""Run the service from an image as production would, and check what the image promises; needs root and buildah.

    python3 docker/trial.py IMAGE

Prints one line a check; the exit code is 1 if any of them failed.
"""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import Any

from sandbox import Sandbox, child_of, end, mounted

_PYTHON = "/opt/epipole/bin/python"
_READY_SECONDS = 60.0
_DRAIN_SECONDS = 30.0
_LEFT = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
_RIGHT = [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]
_FUNDAMENTAL = [[0, -3, -3], [0, 3, 3], [3, -3, 3]]
_WIDTH, _HEIGHT, _SHIFT = 64, 48, (5, 3)


class Report:
    """Checks and what came of them."""

    def __init__(self) -> None:
        self.failed = 0

    def check(self, what: str, passed: bool, seen: object = "") -> None:
        """Print a check; `seen` is printed with it."""
        self.failed += not passed
        print(f"{'ok    ' if passed else 'FAILED'}  {what}{f': {seen}' if str(seen) else ''}", flush=True)


@dataclass(frozen=True)
class Service:
    """A running service: the parent of its process 1, what it was told, and the key that it knows."""

    sandbox: Sandbox
    parent: Popen[bytes]
    environment: dict[str, str]
    key: str
    log: Path

    @property
    def process(self) -> int:
        """The number of process 1, seen from outside."""
        child = child_of(self.parent.pid)
        if child is None:
            raise ChildProcessError("the service has ended")
        return child

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, key: bool = True, **headers: str
    ) -> tuple[int, bytes]:
        """Send one request: status and body of the answer."""
        connection = HTTPConnection("127.0.0.1", int(self.environment["EPIPOLE_PORT"]), timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["Authorization"] = f"Bearer {self.key}"
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def call(self, operation: str, params: dict[str, Any]) -> tuple[int, Any]:
        """Send parameters as JSON: status and the document of the answer."""
        status, body = self.ask(
            "POST",
            f"/v1/{operation}",
            json.dumps(params).encode(),
            Content_Type="application/json",
            Accept="application/json",
        )
        return status, json.loads(body)

    def beside(self, command: Sequence[str], **environment: str) -> tuple[int, str]:
        """Run a command in the same namespaces: exit code and output."""
        return self.sandbox.enter(self.process, command, **{**self.environment, **environment})


@contextlib.contextmanager
def serving(sandbox: Sandbox, key: str, **environment: str) -> Iterator[Service]:
    """The service, started on a free port of this machine's loopback; killed at the end if it still runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment |= {"EPIPOLE_HOST": "127.0.0.1", "EPIPOLE_PORT": port}
    with tempfile.NamedTemporaryFile() as log:
        parent = sandbox.start([*sandbox.image.entrypoint, *sandbox.image.command], log, **environment)
        try:
            yield Service(sandbox, parent, environment, key, Path(log.name))
        finally:
            end(parent)


def try_image(name: str) -> int:
    """Run every check on the image `name`; returns how many failed."""
    report = Report()
    with mounted(name) as sandbox:
        print(f"        {name}: {sandbox.image.size}")
        key, setting = try_commands(report, sandbox)
        for level in try_kernels(report, sandbox):
            with serving(sandbox, key, EPIPOLE_API_KEYS=setting, NUMBA_CPU_NAME=level) as service:
                try_service(report, service)
                if report.failed:
                    print(service.log.read_text())
    return report.failed


def try_service(report: Report, service: Service) -> None:
    """What a running service must do and must not be able to do."""
    started = time.perf_counter()
    if became_ready(report, service, started):
        for attempt in (try_privileges, try_files, try_requests, try_examples, try_assets, try_health, try_metrics):
            attempt(report, service)
        try_stop(report, service)


def try_commands(report: Report, sandbox: Sandbox) -> tuple[str, str]:
    """Commands that end by themselves; returns a key and the setting that admits it."""
    image = sandbox.image
    report.check("the image's user is a number, and not root", image.user.isdigit() and int(image.user) > 0, image.user)
    code, output = sandbox.once([*image.entrypoint, *image.command])
    refused = code != 0 and "EPIPOLE_API_KEYS" in output
    report.check("without keys it refuses to listen on all addresses", refused, f"exit code {code}")
    code, output = sandbox.once([*image.entrypoint, "key", "prover"])
    found = re.search(r": (epk_\S+)\n.*EPIPOLE_API_KEYS=(\S+)", output)
    report.check("the image makes keys", code == 0 and found is not None)
    return (found[1], found[2]) if found else ("", "")


def try_kernels(report: Report, sandbox: Sandbox) -> list[str]:
    """The kernels of every level that the image holds; returns the levels that this processor can run."""
    code, output = sandbox.once([_PYTHON, "-c", "from os import environ; print(environ['NUMBA_CPU_NAME'])"])
    chosen = output.strip()
    _, output = sandbox.once([_PYTHON, "-c", "import kernel_level as k, os; print(*k.levels(os.uname().machine))"])
    levels = output.split()
    report.check("the image chooses its kernels by the processor", code == 0 and chosen in levels, chosen)
    for level in levels:
        code, output = sandbox.once([*sandbox.image.entrypoint, "warm-up", "--expect-cached"], NUMBA_CPU_NAME=level)
        report.check(f"every kernel for {level} comes from the image", code == 0, output.strip())
    without = "import os; del os.environ['NUMBA_CACHE_DIR']; import geometry"
    code, output = sandbox.once([_PYTHON, "-c", without])
    refused = code == 1 and output.startswith("this image has no kernels for this processor")
    report.check("a processor without kernels is refused in words", refused, output.strip().rpartition("\n")[2])
    return levels[levels.index(chosen) :] if chosen in levels else []


def became_ready(report: Report, service: Service, started: float) -> bool:
    """Wait for `/readyz`."""
    status = 0
    while status != 200 and time.perf_counter() < started + _READY_SECONDS and service.parent.poll() is None:
        with contextlib.suppress(OSError):
            status, _ = service.ask("GET", "/readyz", key=False)
        time.sleep(0.02)
    seconds = time.perf_counter() - started
    report.check(f"ready with {service.environment['NUMBA_CPU_NAME']} kernels", status == 200, f"after {seconds:.2f} s")
    return status == 200


def try_privileges(report: Report, service: Service) -> None:
    """Who the service is, and what it may do."""
    text = Path(f"/proc/{service.process}/status").read_text()
    facts = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    image = service.sandbox.image
    report.check("runs as the image's user", set(facts["Uid"].split()) == {image.user}, facts["Uid"].split()[0])
    report.check(
        "runs as the image's group", set(facts["Gid"].split()) == {image.group} and not facts["Groups"].split()
    )
    none = all(int(facts[name], 16) == 0 for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb"))
    report.check("has no capability and can gain none", none and facts["NoNewPrivs"] == "1")


def try_files(report: Report, service: Service) -> None:
    """What the service can write to."""
    for folder, allowed in (("/", False), ("/opt/epipole", False), ("/tmp", True), ("/data", True)):  # noqa: S108
        path = str(Path(folder, "probe"))
        code, output = service.beside([_PYTHON, "-c", f"import os; open({path!r}, 'x').close(); os.unlink({path!r})"])
        passed = code == 0 if allowed else "Read-only file system" in output
        report.check(
            f"{folder} {'can' if allowed else 'cannot'} be written to", passed, output.strip().rpartition("\n")[2]
        )


def try_requests(report: Report, service: Service) -> None:
    """Requests whose answers are known exactly."""
    params = {"left": _LEFT, "right": _RIGHT, "normalization": "none"}
    status, _ = service.ask("POST", "/v1/fundamental", json.dumps(params).encode(), key=False)
    report.check("without a key: 401", status == 401, status)
    status, answer = service.call("fundamental", params)
    report.check(
        "fundamental is exact", status == 200 and answer["fundamental"] == _FUNDAMENTAL, answer.get("fundamental")
    )

    rows = [bytes((3 * x + 5 * y + 7 * c) % 256 for x in range(_WIDTH) for c in range(3)) for y in range(_HEIGHT)]
    dx, dy = _SHIFT
    expected = b"".join(
        bytes(3 * _WIDTH) if y < dy else bytes(3 * dx) + rows[y - dy][: 3 * (_WIDTH - dx)] for y in range(_HEIGHT)
    )
    for media_type in ("application/x-npy", "image/png"):
        body, content_type = _form(
            ("image", "image/png", _png(rows)),
            ("params", "application/json", json.dumps({"homography": [[1, 0, dx], [0, 1, dy], [0, 0, 1]]}).encode()),
        )
        status, answer = service.ask("POST", "/v1/warp-perspective", body, Content_Type=content_type, Accept=media_type)
        shifted = answer.endswith(expected) if media_type == "application/x-npy" else _size(answer) == (_WIDTH, _HEIGHT)
        report.check(
            f"warp-perspective shifts a picture, as {media_type}", status == 200 and shifted, f"{len(answer)} bytes"
        )


def try_examples(report: Report, service: Service) -> None:
    """Every example of every operation."""
    _, body = service.ask("GET", "/v1/operations")
    listed = json.loads(body)
    names = [row["name"] for row in (listed["operations"] if isinstance(listed, dict) else listed)]
    count, refused = 0, []
    for name in names:
        _, body = service.ask("GET", f"/v1/operations/{name}")
        for example in json.loads(body)["examples"]:
            status, _ = service.call(name, example["params"])
            count += 1
            if status != 200:
                refused.append(f"{name} {status}")
    report.check(
        "every example of every operation",
        count >= len(names) > 0 and not refused,
        refused or f"{count} of {len(names)} operations",
    )


def try_assets(report: Report, service: Service) -> None:
    """The volume holds what was uploaded, as the image's user."""
    status, body = service.ask("POST", "/v1/assets", _png([bytes(3)]), Content_Type="image/png")
    files = [path for path in service.sandbox.data.rglob("sha256-*") if path.is_file()]
    owned = [path.stat().st_uid for path in files] == [int(service.sandbox.image.user)]
    report.check(
        "an uploaded asset is in the volume", status == 201 and owned, body.decode() if status != 201 else status
    )


def try_health(report: Report, service: Service) -> None:
    """The image's own health check, beside the service and without one."""
    command = service.sandbox.image.health[1:]
    started = time.perf_counter()
    code, output = service.beside(command)
    report.check("health check: 0", code == 0, f"{output.strip()} in {time.perf_counter() - started:.2f} s")
    code, output = service.beside(command, EPIPOLE_PORT="1")
    report.check("health check where nothing listens: 1", code == 1, output.strip())


def try_metrics(report: Report, service: Service) -> None:
    """Nothing was compiled since the process started."""
    _, body = service.ask("GET", "/metrics")
    found = re.search(r"^epipole_jit_compilations_total (\S+)$", body.decode(), re.MULTILINE)
    report.check("nothing was compiled", found is not None and float(found[1]) == 0, found[0] if found else "no metric")
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{service.process}/status").read_text())
    print(f"        peak memory of the service: {int(peak[1]) / 1e3:.0f} MB" if peak else "")


def try_stop(report: Report, service: Service) -> None:
    """The image's stop signal ends the service, in time and in order."""
    started = time.perf_counter()
    os.kill(service.process, signal.Signals[service.sandbox.image.stop_signal])
    try:
        code: int | None = service.parent.wait(timeout=_DRAIN_SECONDS)
    except TimeoutExpired:
        code = None
    seconds = time.perf_counter() - started
    clean = code in (0, 128 + signal.SIGTERM, -signal.SIGTERM) and "Traceback" not in service.log.read_text()
    report.check(f"{service.sandbox.image.stop_signal} ends it", clean, f"exit code {code} after {seconds:.2f} s")


def _png(rows: list[bytes]) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _size(png: bytes) -> tuple[int, ...] | None:
    return struct.unpack(">II", png[16:24]) if png.startswith(b"\x89PNG\r\n\x1a\n") else None


def _form(*parts: tuple[str, str, bytes]) -> tuple[bytes, str]:
    boundary = "epipole-trial"
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, media_type, data in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that nothing is left running
    sys.exit(1 if try_image(sys.argv[1]) else 0)
