import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket

import psutil
import pytest

from service.jobs.cluster.cluster import Cluster, WorkerLost, open_cluster
from service.jobs.cluster.tasks import Answer
from tests.service.jobs.working import Working, settings_in, until, working

pytestmark = pytest.mark.jit  # worker processes load compiled kernels

ROOT = Path(__file__).parents[4]


def where() -> Answer:
    return Answer("done", os.getpid())


def die() -> Answer:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


async def first_worker(cluster: Cluster) -> str:
    async with asyncio.timeout(90):
        while not (workers := await cluster.workers()):
            await asyncio.sleep(0.05)
    return workers[0]


def test_a_worker_that_a_task_ends_is_lost_once_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    async def run() -> None:
        async with open_cluster(settings_in(tmp_path)) as cluster:
            assert cluster.processes is not None
            worker = await first_worker(cluster)
            before = (await cluster.submit(where, first=worker)).value
            assert cluster.processes.pids == [before]
            with pytest.raises(WorkerLost):
                await cluster.submit(die)
            after = (await cluster.submit(where)).value
            assert after != before
            assert cluster.processes.restarts == 1
            await cluster.stop("nobody", 1)
        until(lambda: not psutil.pid_exists(after))

    asyncio.run(run())


def free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def program(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", *arguments]
    environment = os.environ | {"EPIPOLE_DATA_DIR": str(folder), "EPIPOLE_COMPUTE_THREADS": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.slow
def test_workers_elsewhere_compute_for_a_service_that_names_their_scheduler(tmp_path: Path) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    document = {"operation": "bilateral", "params": {"image": [[1.0]], "sigma_color": 1.0, "sigma_space": 1.0}}

    def finished(service: Working) -> str:
        return service.wait(service.submit(document)).state

    with (
        program(
            "distributed.cli.dask_scheduler",
            *("--host", address, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"),
            folder=tmp_path,
        ),
        program("api.command", "worker", "--scheduler", address, "--host", "127.0.0.1", folder=tmp_path),
        working(settings_in(tmp_path, engine=address)) as service,
    ):
        assert finished(service) == "successful"
        assert service.metrics.registry.get_sample_value("epipole_job_workers") == 0
