"""The service as tests reach it: inside the test process, and as a process of its own."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from api.app import create_app
from service.logs import configure_logs
from service.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette would rather have a fork of httpx; both work
    from fastapi.testclient import TestClient

START_SECONDS = 300  # a first start compiles the kernels; a warm one takes a second


@contextmanager
def application(**settings: Any) -> Iterator[TestClient]:
    """A client of an application with these settings, once its kernels are there."""
    configured = Settings(**settings)
    configure_logs(Settings(log_level="error"))
    with TestClient(create_app(configured)) as client:
        wait_ready(client)
        yield client


def wait_ready(client: httpx.Client) -> None:
    """Return when /readyz says so."""
    deadline = time.monotonic() + START_SECONDS
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "the service did not become ready"
        time.sleep(0.02)


class Server:
    """`epipole serve` as a process: its address, and what it wrote on standard error."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, **settings: Any) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("EPIPOLE_")}
        given = {f"EPIPOLE_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.command", "serve", "--port", "0"],
            env=inherited | given | {"EPIPOLE_DATA_DIR": str(folder)} | dict(environment or {}),
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._listening.wait(60)
        try:
            assert self.address, "".join(self.lines)
            with self.client() as client:
                wait_ready(client)
        except BaseException:
            self.stop()
            raise

    address = ""

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if "listens on " in line:
                self.address = line.split("listens on ", 1)[1].split()[0]
                self._listening.set()
        self._listening.set()

    @contextmanager
    def client(self, timeout: float = 30.0) -> Iterator[httpx.Client]:
        """A client with connections of its own."""
        with httpx.Client(base_url=self.address, timeout=timeout, trust_env=False) as client:
            yield client

    def stop(self) -> int:
        """Ask the process to end, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reader.join(10)
            assert self.process.stderr is not None
            self.process.stderr.close()


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Server]:
    """A server process, stopped at the end."""
    server = Server(folder, **settings)
    try:
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.stop()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `files://…` reads in the shared application."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory, files: Path) -> Iterator[TestClient]:
    """A client of an application with default limits, shared by all tests that leave it as they found it."""
    with application(data_dir=tmp_path_factory.mktemp("data"), roots={"files": str(files)}) as client:
        yield client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server process with default limits, shared by all tests that leave it as they found it."""
    with serving(tmp_path_factory.mktemp("data")) as server:
        yield server


def npy(array: Any) -> bytes:
    """The npy bytes of an array."""
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=False)
    return file.getvalue()


def metric(client: httpx.Client, name: str) -> float:
    """The value of a metric without labels."""
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"there is no metric {name}")
