"""What runs in a worker process: plans, tiles, and the word that a job's work is to stop.

Nothing of ours is raised across processes: refusals travel as values, as their readers will see them.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from socket import gethostname
from typing import TYPE_CHECKING, Any, Literal

import structlog

from geometry.bands import interruptible, use_threads
from geometry.memory import use_spare_bytes
from service.errors import ServiceError, StorageFailed
from service.jobs.plan.refusal import UNEXPECTED, refusal
from service.jobs.records import Job, TileOutcome
from service.kernels import load_kernels
from service.settings import Settings

if TYPE_CHECKING:
    from service.jobs.access import Access
    from service.jobs.plan.plan import Task

_SPARE_BYTES = 64 << 20
_MOST_STOPPED = 10_000
_log = structlog.get_logger()


class Stopped(Exception):
    """The job's work is to end."""


@dataclass(frozen=True)
class Answer:
    """What a task says: its value, or why there is none.

    Attributes
    ----------
    kind
        `done`; `refused`: the document cannot be computed; `storage`: a store failed, later it may not; `broken`: a
        fault of the program; `stopped`: as was asked.
    value
        The text of a plan, or outcomes of tiles.
    """

    kind: Literal["done", "refused", "storage", "broken", "stopped"]
    value: Any = None
    reason: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


class _Work:
    """What this process computes, and what it shall not: told by dask's thread, asked by the one that computes."""

    def __init__(self) -> None:
        self.stopped: dict[str, int] = {}
        self.active: Counter[str] = Counter()
        self.lock = threading.Lock()

    @contextmanager
    def of(self, job: str) -> Iterator[None]:
        with self.lock:
            self.active[job] += 1
        try:
            yield
        finally:
            with self.lock:
                self.active[job] -= 1
                if not self.active[job]:
                    del self.active[job]

    def stop(self, job: str, fence: int) -> None:
        with self.lock:
            fence = max(fence, self.stopped.pop(job, -1))
            self.stopped[job] = fence
            while len(self.stopped) > _MOST_STOPPED:
                del self.stopped[next(iter(self.stopped))]

    def check(self, job: str, fence: int) -> None:
        if fence <= self.stopped.get(job, -1):
            raise Stopped(job)


_work = _Work()
_prepared: list["Access"] = []


def prepare(settings: Settings) -> None:
    """Make this process ready to compute: kernels loaded, threads and memory set."""
    from service.jobs.access import Access

    load_kernels()
    use_threads(max(1, settings.compute_threads // settings.job_workers))
    use_spare_bytes(min(settings.spare_bytes, _SPARE_BYTES))
    _prepared[:] = [Access(settings)]


def plan_job(job: Job) -> Answer:
    """Read the job's document whole, and cut the work into tiles; the value is the plan as text."""
    from service.jobs.plan import make_plan

    return _answer(job.id, job.fence, lambda _: make_plan(job, _access()).to_json())


def compute_tiles(task: "Task", fence: int, tiles: Sequence[int], attempts: int) -> Answer:
    """Compute tiles and write what they make; the value is their outcomes."""
    from service.jobs.plan import run_tiles

    def work(check: Callable[[], None]) -> list[TileOutcome]:
        outcomes = run_tiles(task, tiles, _access(), check)
        worker = f"{gethostname()}:{os.getpid()}"
        return [replace(outcome, worker=worker, attempts=attempts) for outcome in outcomes]

    return _answer(task.id, fence, work)


def stop_job(job: str, fence: int) -> None:
    """Let all work for the job end, at the next band, that belongs to this claim or an earlier one."""
    _work.stop(job, fence)


def active_tasks(job: str) -> int:
    """How many tasks of the job run in this process."""
    return _work.active[job]


def _answer(job: str, fence: int, work: Callable[[Callable[[], None]], Any]) -> Answer:
    check = partial(_work.check, job, fence)
    started = time.perf_counter()
    try:
        with _work.of(job), interruptible(check):
            check()
            value = work(check)
            return Answer("done", value, seconds=time.perf_counter() - started)
    except Stopped:
        return Answer("stopped")
    except StorageFailed as error:
        return Answer("storage", reason=refusal(error))
    except ServiceError as error:
        return Answer("refused", reason=refusal(error))
    except Exception as error:  # noqa: BLE001 -- a fault of one tile is not to end the process
        _log.error("a task failed unexpectedly", job=job, exc_info=error)
        return Answer("broken", reason=UNEXPECTED)


def _access() -> "Access":
    if not _prepared:  # a worker that was started by other means than ours
        prepare(Settings())
    return _prepared[0]
