"""Processes of a cluster on loopback: a dask scheduler, workers, nginx."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.load import free_port

START_SECONDS = 60.0
_NGINX = Path(__file__).parents[2] / "docker" / "nginx.conf"


class Process:
    """A program that runs until it is stopped or killed; what it writes goes to a file."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def wait_for(self, port: int) -> None:
        """Return once somebody listens on `port`."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                assert self.process.poll() is None, self.log.read_text(errors="replace")
                assert time.monotonic() < deadline, self.log.read_text(errors="replace")
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end; insist after a while."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()


class Scheduler(Process):
    """A dask scheduler that speaks TLS with `certificates` only."""

    def __init__(self, folder: Path, certificates: Mapping[str, str], port: int = 0) -> None:
        self.port = port or free_port()
        self.address = f"tls://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--no-dashboard"]
        super().__init__(
            [*command, "--protocol", "tls", "--port", str(self.port), "--dashboard-address", "127.0.0.1:0"],
            folder / "scheduler.log",
            _without_settings() | certificates,
        )
        self.wait_for(self.port)


class Worker(Process):
    """`epipole worker`."""

    def __init__(self, log: Path, scheduler: str, environment: Mapping[str, str]) -> None:
        super().__init__(
            [sys.executable, "-m", "api.command", "worker", "--scheduler", scheduler, "--host", "127.0.0.1"],
            log,
            _without_settings() | environment,
        )


class Front(Process):
    """nginx with docker/nginx.conf, in front of replicas on other ports."""

    def __init__(self, folder: Path, replicas: Sequence[str]) -> None:
        program = nginx()
        assert program is not None
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        folder = folder / "nginx"
        folder.mkdir(exist_ok=True)
        configuration = folder / "nginx.conf"
        configuration.write_text(configuration_for(folder, self.port, replicas))
        # Root would hand its workers to a user that may not enter the folder.
        user = "" if os.geteuid() else "user root;"
        super().__init__(
            [program, "-p", str(folder), "-c", str(configuration), "-g", f"daemon off; {user}"],
            folder / "log",
            _without_settings(),
        )
        self.wait_for(self.port)


def nginx() -> str | None:
    """The path of nginx, where it is installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def configuration_for(folder: Path, port: int, replicas: Sequence[str]) -> str:
    """docker/nginx.conf with other addresses and folders, and nothing else changed."""
    text = _NGINX.read_text(encoding="utf-8")
    assert len(replicas) == 2
    for number, replica in enumerate(replicas, 1):
        text, found = re.subn(rf"\bapi-{number}:8000\b", replica.removeprefix("http://"), text)
        assert found == 1
    text, found = re.subn(r"\blisten 8080;", f"listen 127.0.0.1:{port};", text)
    assert found == 1
    return text.replace("/tmp/nginx", f"{folder}/nginx").replace("worker_processes auto", "worker_processes 1")


def certificates(folder: Path) -> dict[str, str]:
    """Files of a certificate that a cluster shares, as dask's environment variables name them."""
    from distributed.security import Security

    security = Security.temporary()
    files = {
        "CA_FILE": security.tls_ca_file,
        **{
            f"{role}__CERT": getattr(security, f"tls_{role.lower()}_cert") for role in ("SCHEDULER", "WORKER", "CLIENT")
        },
        **{f"{role}__KEY": getattr(security, f"tls_{role.lower()}_key") for role in ("SCHEDULER", "WORKER", "CLIENT")},
    }
    environment = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}
    for name, text in files.items():
        file = folder / f"{name.lower()}.pem"
        file.touch(mode=0o600)
        file.write_text(text)
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{name}"] = str(file)
    return environment


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("EPIPOLE_")}
