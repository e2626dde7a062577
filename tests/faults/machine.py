"""A service that can be killed in parts, and jobs whose end is compared with an undisturbed one's."""

import contextlib
import hashlib
import io
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from service.jobs.database.store import open_database
from service.jobs.records import FINISHED, TileOutcome
from service.settings import Settings
from tests.running import Server

PATIENCE = 120.0


def rig_document(cameras: int = 192, tile: int = 12, **more: Any) -> dict[str, Any]:
    """All pairs of a rig, in many small tiles."""
    projections = np.random.default_rng(7).normal(size=(cameras, 3, 4)).round(6)
    return {"operation": "fundamental-all", "params": {"projections": projections.tolist()}, "tile": tile, **more}


class Machine:
    """A service on a folder: started, killed, started again; its jobs are reached over HTTP."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, **settings: Any) -> None:
        self.folder = folder
        self._environment = dict(environment or {})
        self._settings = {"compute_threads": 1, "log_level": "warning", **settings}
        self.server = self._start()

    def start(self) -> None:
        """Start the service again."""
        self.server = self._start()

    def _start(self) -> Server:
        return Server(self.folder, environment=self._environment, **self._settings)

    def stop(self) -> None:
        """End it in good order."""
        self.server.stop()

    def kill(self) -> None:
        """Kill the API process, and let the kernel's closing of its pipes tell the others."""
        self.server.process.kill()
        self.server.stop()

    def kill_all(self) -> None:
        """Kill everything that the service has started, at once."""
        processes = [psutil.Process(self.server.process.pid), *self._offspring()]
        for process in processes:
            _kill(process)
        self.server.stop()

    def kill_worker(self) -> bool:
        """Kill the processes that compute; says whether there was one."""
        workers = [process for process in self._offspring() if "service.jobs.cluster.worker" in _command(process)]
        for worker in workers:
            _kill(worker)
        return bool(workers)

    def kill_runner(self) -> bool:
        """Kill the process that hands tiles out and records them; says whether there was one."""
        runners = [process for process in self._offspring() if "service.jobs.runner" in _command(process)]
        for runner in runners:
            _kill(runner)
        return bool(runners)

    def _offspring(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.server.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        with self.server.client(timeout=60) as client:
            return client.request(method, path, **options)

    def submit(self, document: Mapping[str, Any], key: str | None = None) -> str:
        """Submit a job; its id."""
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = self.ask("POST", "/v1/jobs", json=document, headers=headers)
        assert answer.status_code in (200, 201, 202), answer.text
        return str(answer.json()["id"])

    def status(self, job: str) -> dict[str, Any]:
        """How the job stands."""
        answer = self.ask("GET", f"/v1/jobs/{job}")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def wait(self, job: str, *, tiles: int = 0, within: float = PATIENCE) -> dict[str, Any]:
        """Return when so many tiles are done, or the job has finished; with `tiles` 0 only then."""
        deadline = time.monotonic() + within
        while True:
            status = self.status(job)
            if status["state"] in FINISHED or (tiles and status["tiles_done"] >= tiles):
                return status
            assert time.monotonic() < deadline, (status, "".join(self.server.lines[-20:]))
            time.sleep(0.02)

    def outcomes(self, job: str) -> list[TileOutcome]:
        """What the database says of the job's tiles."""
        return outcomes(Settings(data_dir=self.folder, **self._database()), job)

    def _database(self) -> dict[str, Any]:
        return {"database": self._settings["database"]} if "database" in self._settings else {}

    def digests(self, job: str) -> dict[str, str]:
        """Digests of the arrays' objects, by key, read as a client reads them."""
        return digests(self.server.address, job)

    def files(self, job: str) -> list[Path]:
        """What lies in the embedded store for a job."""
        return sorted(path for path in (self.folder / "results" / job).rglob("*") if path.is_file())


def outcomes(settings: Settings, job: str) -> list[TileOutcome]:
    """What a database says of a job's tiles, in pages."""
    database = open_database(settings)
    try:
        found: list[TileOutcome] = []
        while page := database.outcomes(job, after=found[-1].tile if found else -1):
            found += page
        return found
    finally:
        database.close()


def digests(address: str, job: str) -> dict[str, str]:
    """Digests of every file of a job's archive but the manifest's, which tells times and names of processes."""
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        answer = client.get(f"/v1/jobs/{job}/results.zip")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if ".zarr/" in name or name.startswith("files/")
        }


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []
