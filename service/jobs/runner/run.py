"""One claimed job: planned, computed, written down and closed; or stopped, where somebody asks for that."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import structlog

from service.errors import ServiceError, StorageFailed
from service.jobs.cluster.cluster import WorkerLost
from service.jobs.cluster.tasks import Answer, plan_job
from service.jobs.database.lease import LeaseLost
from service.jobs.plan import finish_job
from service.jobs.plan.plan import Plan, Task
from service.jobs.plan.refusal import UNEXPECTED, refusal
from service.jobs.records import Job, JobState, TileOutcome
from service.jobs.runner.attempts import MOST
from service.jobs.runner.journal import Journal
from service.jobs.runner.leases import Held
from service.jobs.runner.patience import in_thread, persist
from service.jobs.runner.surroundings import ENDED_ITS_WORKER, JobFailed, Surroundings, settled
from service.jobs.runner.tiles import Tiles

Ending = Literal["lost", "cancelled", "drained"]

_PAGE = 1000
_STORE_PAUSE = 1.0
_log = structlog.get_logger()


class Run:
    """The work for one job under one claim.

    Parameters
    ----------
    around
        What it shares with the runner's other jobs.
    job
        As it was claimed.
    """

    def __init__(self, around: Surroundings, job: Job) -> None:
        self.job = job
        self._around = around
        self._loop = asyncio.get_running_loop()
        self._ending: asyncio.Future[Ending] = self._loop.create_future()
        self._closed = False

    def end(self, how: Ending) -> None:
        """Stop the work; what comes after that depends on the reason."""
        if not self._ending.done():
            self._ending.set_result(how)

    async def execute(self) -> None:
        """Return when nothing is computed for the job any more, and the database says how it stands.

        Raises what shows that this process cannot go on, such as a scheduler that is gone.
        """
        job, leases = self.job, self._around.leases
        leases.hold(
            Held(
                job.id,
                job.fence,
                lost=lambda: self._tell("lost"),
                cancelled=lambda: self._tell("cancelled"),
            )
        )
        if job.cancelling:
            self.end("cancelled")
        work = asyncio.create_task(self._work())
        try:
            await asyncio.wait((work, self._ending), return_when=asyncio.FIRST_COMPLETED)
            if not self._closed:
                await self._stop(work)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            leases.drop(job.id)

    def _tell(self, how: Ending) -> None:
        self._loop.call_soon_threadsafe(self.end, how)

    async def _stop(self, work: asyncio.Task[None]) -> None:
        """End the work before its time; what is said about the job then is said when nothing is written any more."""
        job, around = self.job, self._around
        work.cancel()
        (failure,) = await asyncio.gather(work, return_exceptions=True)
        if self._closed:
            return
        if isinstance(failure, ConnectionError):  # nobody there can be told to stop
            raise failure
        await around.cluster.stop(job.id, job.fence)
        try:
            if self._ending.done():
                await self._say_how(self._ending.result())
            elif isinstance(failure, JobFailed):
                await self._close("failed", reason=failure.reason)
            elif isinstance(failure, ServiceError):
                await self._close("failed", reason=refusal(failure))
            elif not isinstance(failure, LeaseLost):
                _log.error("a job failed unexpectedly", job=job.id, exc_info=failure)
                await self._close("failed", reason=UNEXPECTED)
        except LeaseLost:
            _log.warning("a claim is lost", job=job.id)

    async def _say_how(self, ending: Ending) -> None:
        job, around = self.job, self._around
        if ending == "cancelled":
            await self._delete_results()
            await self._close("dismissed")
        elif ending == "drained":
            await persist(around.threads, lambda: around.database.release(job.id, job.fence))
        _log.info("work for a job ended early", job=job.id, ending=ending)

    async def _work(self) -> None:
        around, job = self._around, self.job
        plan = await self._plan()
        task = Task.of(self.job)
        journal = Journal(self._record)
        try:
            await Tiles(around, task, job.fence, plan, journal).compute()
            await journal.close()
        finally:
            await journal.abandon()
        nbytes = await self._write_manifest(plan)
        current = await persist(around.threads, lambda: around.database.get(job.id))
        if current.tiles_failed:
            await self._close("failed", reason=await self._first_failure(current), nbytes=nbytes)
        else:
            await self._close("successful", nbytes=nbytes)

    async def _plan(self) -> Plan:
        around, job = self._around, self.job
        if job.plan is not None:
            return Plan.from_json(job.plan)
        answer = await self._ask_for_plan()
        if answer.kind != "done":
            raise JobFailed(UNEXPECTED)
        text: str = answer.value
        plan = Plan.from_json(text)
        await persist(around.threads, lambda: around.database.set_plan(job.id, job.fence, text, plan.tiles))
        self.job = replace(job, plan=text, tiles_total=plan.tiles)
        return plan

    async def _ask_for_plan(self) -> Answer:
        around = self._around

        async def ask() -> Answer:
            async with around.gate.together() if attempt == 0 else around.gate.alone():
                return await around.cluster.submit(plan_job, self.job)

        for attempt in range(MOST):
            try:
                return await settled(ask)
            except WorkerLost:
                _log.warning("a worker was lost while it planned", job=self.job.id, attempt=attempt + 1)
        raise JobFailed(ENDED_ITS_WORKER)

    async def _record(self, outcomes: Sequence[TileOutcome]) -> None:
        job, database = self.job, self._around.database
        await persist(self._around.threads, lambda: database.record(job.id, job.fence, outcomes))

    async def _write_manifest(self, plan: Plan) -> int:
        around, job = self._around, self.job

        def write() -> int:
            return finish_job(job, plan, self._outcomes(), around.access)

        try:
            return await persist(around.threads, write)
        except StorageFailed:
            await asyncio.sleep(_STORE_PAUSE)
        try:
            return await persist(around.threads, write)
        except ServiceError as error:
            raise JobFailed(refusal(error)) from error

    def _outcomes(self) -> Iterator[TileOutcome]:
        after = -1
        while page := self._around.database.outcomes(self.job.id, after=after, limit=_PAGE):
            if self._ending.done():
                raise LeaseLost("the work ends before its manifest is written")
            yield from page
            after = page[-1].tile

    async def _first_failure(self, current: Job) -> dict[str, Any]:
        def find() -> TileOutcome:
            return next(outcome for outcome in self._outcomes() if outcome.state == "failed")

        first = await persist(self._around.threads, find)
        return {
            "title": "Parts of the job failed",
            "detail": (
                f"{current.tiles_failed} of {current.tiles_total}; the first is number {first.tile}: "
                f"{first.detail.get('detail', '')}"
            ),
            "first": {"tile": first.tile, **first.detail},
        }

    async def _close(self, state: JobState, *, reason: Any = None, nbytes: int = 0) -> None:
        around, job = self._around, self.job
        keep = around.access.settings.job_retention

        def finish() -> Job:
            return around.database.finish(job.id, job.fence, state, reason=reason, result_bytes=nbytes, keep=keep)

        finished = await persist(around.threads, finish)
        self._closed = True
        around.leases.drop(job.id)
        if finished.state == "dismissed" != state:
            await self._delete_results()
        _log.info("job finished", job=job.id, operation=job.operation, state=finished.state, tiles=finished.tiles_done)

    async def _delete_results(self) -> None:
        """Delete what was written; what a failing store keeps is deleted when its time has come."""
        around, job = self._around, self.job
        try:
            await in_thread(around.threads, lambda: around.access.objects.delete(job.id))
        except StorageFailed as error:
            _log.warning("the results of a job could not be deleted yet", job=job.id, why=error.detail)
