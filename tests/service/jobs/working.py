"""Jobs with a real runner process and real workers, for tests that wait for what comes of them."""

import asyncio
import io
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil

from service.admission import Admission
from service.assets import AssetStore
from service.jobs.jobs import Jobs
from service.jobs.records import FINISHED, Job
from service.metrics import Metrics
from service.settings import Settings

T = TypeVar("T")

PATIENCE = 90.0
OWNER = "me"


class Working:
    """A `Jobs` on an event loop of its own; its methods block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics(Admission(1 << 30, 1, 1))
        self.assets = AssetStore(settings.data_dir / "assets")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.jobs: Jobs = self.call(self._start())

    async def _start(self) -> Jobs:
        jobs = Jobs(self.settings, self.metrics)
        jobs.start()
        return jobs

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def submit(self, document: Mapping[str, Any], key: str | None = None) -> Job:
        """Take a job in."""
        job, _ = self.call(self.jobs.submit(document, OWNER, key))
        return job

    def get(self, job: Job) -> Job:
        """The job as it stands."""
        return self.call(self.jobs.get(job.id, OWNER))

    def wait(self, job: Job, reached: Callable[[Job], bool] = lambda job: job.state in FINISHED) -> Job:
        """The job as soon as it has come so far, by default to its end."""
        return until(lambda: _if(reached, self.get(job)))

    def collect(self, items: AsyncIterator[T]) -> list[T]:
        """All that an asynchronous iterator yields."""

        async def gather() -> list[T]:
            return [item async for item in items]

        return self.call(gather())

    def array(self, job: Job, name: str) -> np.ndarray[Any, Any]:
        """A result array, whole."""
        return self.call(self.jobs.slice(job.id, OWNER, name, "..."))

    def store(self, array: np.ndarray[Any, Any]) -> dict[str, str]:
        """Keep an array as an asset."""
        data = io.BytesIO()
        np.save(data, array)
        upload = self.assets.upload(OWNER)
        upload.write(data.getvalue())
        return {"asset": upload.commit()}

    def runner(self) -> psutil.Process:
        """The runner's process, once it is there."""
        return psutil.Process(until(lambda: self.jobs.runner.pid))

    def workers(self) -> list[psutil.Process]:
        """The worker processes, once there is one."""
        return until(lambda: worker_processes(self.runner()))

    def close(self) -> None:
        """End it in good order."""
        self.call(self.jobs.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@contextmanager
def working(settings: Settings) -> Iterator[Working]:
    """Jobs that work, and that leave no process behind."""
    jobs = Working(settings)
    try:
        yield jobs
    finally:
        jobs.close()


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings of a service with one thread."""
    return Settings(data_dir=folder, compute_threads=1, **changes)


def worker_processes(runner: psutil.Process) -> list[psutil.Process]:
    """The workers that a runner has now."""
    try:
        return [child for child in runner.children() if "service.jobs.cluster.worker" in child.cmdline()]
    except psutil.NoSuchProcess:
        return []


def until(ask: Callable[[], T | None]) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"nothing came within {PATIENCE:g} s")


def results(settings: Settings, job: Job) -> dict[str, bytes]:
    """Every file of a job's results, by its name; of the job's own name nothing is left in them."""
    folder = settings.data_dir / "results" / job.id
    return {
        str(path.relative_to(folder)): path.read_bytes().replace(job.id.encode(), b"job")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _if(reached: Callable[[Job], bool], job: Job) -> Job | None:
    return job if reached(job) else None


def smoothing(image: Mapping[str, str], items: int) -> dict[str, Any]:
    """A job of items that take some hundredths of a second each."""
    return {
        "operation": "bilateral",
        "params": {"image": image, "sigma_space": 4.0, "radius": 12},
        "items": [{"sigma_color": 10.0 + item} for item in range(items)],
    }


def _begin_a_job(folder: Path) -> None:
    """Start a service that prints a job it has begun, and its processes, and then waits to be killed."""
    service = Working(settings_in(folder))
    job = service.submit(smoothing(service.store(np.full((200, 300), 5, np.float32)), 60))
    service.wait(job, lambda job: job.tiles_done > 0)
    processes = (service.runner(), *service.workers())
    print(job.id, *(process.pid for process in processes), flush=True)
    time.sleep(PATIENCE)


if __name__ == "__main__":
    _begin_a_job(Path(sys.argv[1]))
