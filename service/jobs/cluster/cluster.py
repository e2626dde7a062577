"""The cluster as a runner sees it: tasks go in, answers come out, or word that a worker was lost."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from service.jobs.cluster.configuration import configure_dask
from service.jobs.cluster.security import station_of, temporary_security
from service.jobs.cluster.tasks import Answer, active_tasks, stop_job
from service.jobs.cluster.workers import WorkerProcesses
from service.settings import Settings

if TYPE_CHECKING:
    from distributed import Client, Future

_PATIENCE = 10.0  # seconds for a worker to stop before it is killed
_ATTEMPTS = 3
_log = structlog.get_logger()


class WorkerLost(Exception):
    """The process that was to compute the task is gone; the task may be why."""


class Cluster:
    """Workers around a scheduler: of this machine (`processes`), or of others."""

    def __init__(self, client: "Client", processes: WorkerProcesses | None) -> None:
        self.processes = processes
        self._client = client
        self._tasks = 0

    async def workers(self) -> list[str]:
        """Addresses of the workers that are there."""
        scheduler: Any = self._client.scheduler
        identity = await scheduler.identity(n_workers=-1)
        return list(identity["workers"])

    async def submit(self, work: Callable[..., Answer], *arguments: Any, first: str | None = None) -> Answer:
        """Run `work` at a worker, at the `first` if that is still there. Raises WorkerLost."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        self._tasks += 1
        future: Future[Answer] = self._client.submit(
            work,
            *arguments,
            key=f"{work.__name__}-{self._client.id}-{self._tasks}",
            pure=False,
            workers=None if first is None else [first],
            allow_other_workers=first is not None,
        )
        answer: Answer
        try:
            answer = await future
        except KilledWorker as error:
            raise WorkerLost from error
        except FutureCancelledError as error:
            raise ConnectionError("the scheduler no longer knows the task") from error
        finally:
            future.release()
        return answer

    async def stop(self, job: str, fence: int) -> None:
        """Let the job's work end everywhere; returns when nothing computes for it any more.

        Raises ConnectionError where that cannot be had.
        """
        for attempt in range(_ATTEMPTS):
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._client.run(stop_job, job, fence, on_error="ignore")
                    while any((await self._client.run(active_tasks, job, on_error="ignore")).values()):
                        await asyncio.sleep(0.02)
                    return
            except TimeoutError:
                _log.warning("work for a job does not stop", job=job, attempt=attempt)
                if self.processes is not None:
                    self.processes.kill()
        raise ConnectionError("workers do not answer")


@asynccontextmanager
async def open_cluster(settings: Settings) -> AsyncIterator[Cluster]:
    """Start the cluster of this machine, or connect to the one that the settings name."""
    from distributed import Client

    configure_dask()
    warnings.filterwarnings("ignore", message="Sending large graph")  # documents go out once, to be planned
    if settings.engine != "embedded":
        async with Client(settings.engine, asynchronous=True, set_as_default=False) as client:
            await _take_over(client)
            yield Cluster(client, None)
        return
    async with (
        _own_scheduler(settings) as (address, security, processes),
        Client(address, security=security, asynchronous=True, set_as_default=False) as client,
    ):
        yield Cluster(client, processes)


@asynccontextmanager
async def _own_scheduler(settings: Settings) -> AsyncIterator[tuple[str, Any, WorkerProcesses]]:
    from distributed import Scheduler

    processes = WorkerProcesses(settings.job_workers, settings)
    processes.start()  # loading kernels takes longer than all that follows
    try:
        security = temporary_security()
        async with Scheduler(
            host="127.0.0.1",
            port=0,
            protocol="tls",
            security=security,
            dashboard=False,
            dashboard_address="127.0.0.1:0",
        ) as scheduler:
            processes.send_to(station_of(scheduler.address, security))
            yield scheduler.address, security, processes
    finally:
        await processes.stop()


async def _take_over(client: "Client") -> None:
    """Let the scheduler leave it to its runners what to do with the tasks of a lost worker."""

    def leave(dask_scheduler: Any) -> None:  # local, so that it travels as code: the scheduler needs nothing of ours
        dask_scheduler.allowed_failures = 0

    await client.run_on_scheduler(leave)
