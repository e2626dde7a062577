"""What one tile of a job costs here, part by part: compute, write, schedule, record."""

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from geometry import use_threads
from geometry.relations.rig import Rig
from service.jobs.database.store import JobDatabase
from service.jobs.records import Submission, TileOutcome
from service.jobs.results.arrays import ArrayLayout, write_block
from service.jobs.results.local import LocalObjects
from service.jobs.results.objects import ObjectStore, open_objects
from service.settings import Settings
from tests.benchmarks.inputs import rig
from tests.s3 import ACCESS_KEY, SECRET_KEY, make_bucket, s3_server

_WINDOW = 16
_SCHEDULER = """
import asyncio, sys
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(main())
"""
_WORKER = """
import asyncio, sys
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], nthreads=1, host="127.0.0.1", dashboard=False) as worker:
        await worker.finished()
asyncio.run(main())
"""


@dataclass(frozen=True)
class Scheduling:
    """Empty tasks through a scheduler in a process of its own: wall seconds and its processor seconds, of each."""

    tasks: int
    wall: float
    processor: float
    megabytes: float


def compute_seconds_per_pair(cameras: int = 8192, side: int = 1024) -> float:
    """Fundamental matrices of a block of pairs, all threads, into memory that is used again."""
    use_threads(len(os.sched_getaffinity(0)))
    prepared = Rig(rig(cameras))
    out = np.empty((side, side, 3, 3))
    starts = range(0, cameras - side, side)
    seconds = [_timed(lambda a=a: prepared.fundamental_block((0, side), (a, a + side), out=out)) for a in starts]
    return statistics.median(seconds) / side**2


def write_seconds(objects: ObjectStore, megabytes: int, shards: int = 12) -> float:
    """One shard of float64 matrices, checksums included, until the store says that it is kept."""
    side = round((megabytes * 1e6 / 72) ** 0.5)
    layout = ArrayLayout("fundamental", (side, side * shards, 3, 3), "float64", (side, side, 3, 3), (side, side, 3, 3))
    block = np.random.default_rng(1).normal(size=(side, side, 3, 3))
    job = "measured"
    try:
        seconds = [
            _timed(lambda i=i: write_block(objects, job, layout, (0, i * side, 0, 0), block)) for i in range(shards)
        ]
    finally:
        objects.delete(job)
    return statistics.median(seconds)


def local_write_seconds(megabytes: int, folder: Path | None = None) -> float:
    """As `write_seconds`, in a folder of this machine's disk."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return write_seconds(LocalObjects(Path(name)), megabytes)


def s3_write_seconds(megabytes: int) -> float:
    """As `write_seconds`, over HTTP to the S3 server of the tests."""
    with s3_server() as server:
        make_bucket(server.endpoint, "measured")
        settings = Settings(
            job_store="s3://measured/results",
            s3_endpoint=server.endpoint,
            s3_access_key=ACCESS_KEY,
            s3_secret_key=SECRET_KEY,
        )
        return write_seconds(open_objects(settings), megabytes)


def record_seconds(url: str, *, batch: int, batches: int) -> float:
    """One transaction that records `batch` tiles of a running job."""
    database = JobDatabase(url)
    try:
        database.upgrade()
        owner = secrets.token_hex(4)
        database.submit(Submission(owner, "fundamental-all", "tiled", "{}"), most=10)
        job = database.claim("measuring", lease=3600.0)
        assert job is not None
        assert job.owner == owner
        database.set_plan(job.id, job.fence, "{}", batch * batches)
        seconds = []
        for first in range(0, batch * batches, batch):
            outcomes = [
                TileOutcome(tile, "done", ((f"fundamental.zarr/c/{tile}/0/0/0", "00000000", 72 << 20),), 1.0, "w")
                for tile in range(first, first + batch)
            ]
            seconds.append(_timed(lambda rows=outcomes: database.record(job.id, job.fence, rows)))
        database.finish(job.id, job.fence, "successful", keep=1.0)
        return statistics.median(seconds)
    finally:
        database.close()


def scheduling(tasks: int, workers: int = 1) -> Scheduling:
    """Empty tasks in a sliding window over single-threaded worker processes."""
    from distributed import Client, as_completed

    with (
        _process(_SCHEDULER) as (scheduler, address),
        _several(workers, address),
        Client(address, set_as_default=False) as client,
    ):
        client.wait_for_workers(workers, timeout=60)
        process = psutil.Process(scheduler.pid)
        before, started = process.cpu_times(), time.perf_counter()
        numbers = iter(range(tasks))
        window = [client.submit(_nothing, next(numbers), pure=False) for _ in range(_WINDOW * workers)]
        finished = as_completed(window, loop=client.loop)
        for _ in finished:
            number = next(numbers, None)
            if number is not None:
                finished.add(client.submit(_nothing, number, pure=False))
        wall = time.perf_counter() - started
        after = process.cpu_times()
        spent = after.user + after.system - before.user - before.system
        return Scheduling(tasks, wall / tasks, spent / tasks, process.memory_info().rss / 1e6)


def _nothing(number: int) -> int:
    return number


def _timed(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


@contextmanager
def _process(program: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        try:
            assert child.stdout is not None
            yield child, "" if arguments else child.stdout.readline().strip()
        finally:
            child.terminate()
            child.wait(30)


@contextmanager
def _several(workers: int, address: str) -> Iterator[None]:
    if workers == 0:
        yield
        return
    with _process(_WORKER, address), _several(workers - 1, address):
        yield
