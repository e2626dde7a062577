"""Jobs as the faces see them: submitted, watched, dismissed, read; on whatever machine they run."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from service.errors import Conflict, DatabaseUnavailable, Gone, NotFound, ServiceError
from service.jobs.records import FINISHED, Job, JobEvent, JobState
from service.jobs.runner.process import RunnerProcess
from service.jobs.stores import Stores
from service.metrics import Metrics
from service.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from service.jobs.results.manifest import Manifest

_GLANCE = 0.05
_LOOK = 0.5  # seconds between looks at a job that is watched
_CONFIRMATION = 5.0  # seconds that a dismissal may take while somebody waits
_ROUND = 5.0
_TIDY = 3600.0
_DRAIN = 15.0
_MANIFESTS = 64
_PAGE = 100
_log = structlog.get_logger()


class Jobs:
    """The jobs of this service, and the runner process of this replica."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.runner = RunnerProcess(settings, metrics.jobs.take_report)
        self._settings = settings
        self._metrics = metrics
        self._stores = Stores(settings)
        self._manifests: OrderedDict[tuple[str, int], Manifest] = OrderedDict()
        self._rounds: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take up unfinished jobs, now and whenever there are some, in the background."""
        self._rounds = asyncio.create_task(self._make_rounds())

    async def stop(self) -> None:
        """Give this replica's claims back: others, or the next start, go on."""
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)
        await self.runner.stop(_DRAIN)
        self._stores.close()

    async def submit(self, document: Mapping[str, Any], owner: str, idempotency_key: str | None) -> tuple[Job, bool]:
        """Take a job; with the key and document of an earlier one, that job and False.

        Raises what a synchronous call would refuse, as far as that can be seen at once.
        """
        job, created = await self._stores.call(partial(self._submit, document, owner, idempotency_key))
        self._begin()
        return job, created

    async def get(self, job: str, owner: str) -> Job:
        """The job as it stands. Raises NotFound, also for another owner's."""
        return await self._stores.call(lambda: self._stores.database.get(job, owner))

    async def list(
        self,
        owner: str,
        *,
        state: JobState | None = None,
        operation: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> tuple[list[Job], str | None]:
        """A page of the owner's jobs, the newest first, and the cursor of the next."""
        stores = self._stores
        return await stores.call(
            lambda: stores.database.list(owner, state=state, operation=operation, after=after, limit=limit)
        )

    async def dismiss(self, job: str, owner: str) -> Job:
        """End a job and delete its results; it is still running if its work does not end within seconds."""
        stores, deadline = self._stores, time.monotonic() + _CONFIRMATION
        dismissed = await stores.call(lambda: stores.database.dismiss(job, owner))
        self.runner.look()
        while dismissed.state not in FINISHED and time.monotonic() < deadline:
            await asyncio.sleep(_GLANCE)
            dismissed = await self.get(job, owner)
        if dismissed.state == "dismissed":
            await stores.call(self._delete_due)
        return dismissed

    async def retry(self, job: str, owner: str) -> Job:
        """Take a failed job again: what was done stays. Raises Conflict where it did not fail, Gone if expired."""
        stores = self._stores
        taken = await stores.call(lambda: stores.database.retry(job, owner))
        self._begin()
        return taken

    async def watch(self, job: str, owner: str, after: int = 0) -> AsyncGenerator[JobEvent, None]:
        """Every event of a job after the given one, as they come, until the last of a finished job."""
        stores, finished = self._stores, (await self.get(job, owner)).state in FINISHED
        pause = _GLANCE
        while True:
            with suppress(DatabaseUnavailable):
                events = await stores.call(partial(self._events, job, after))
                for event in events:
                    after, finished = event.seq, event.data["state"] in FINISHED
                    yield event
                if finished and len(events) < _PAGE:
                    return
                if events:
                    continue
            await asyncio.sleep(pause)
            pause = min(_LOOK, 2 * pause)

    async def manifest(self, job: str, owner: str) -> "Manifest":
        """What the job has left. Raises NotFound, Conflict while it is unfinished, Gone when it is deleted."""
        found = await self.get(job, owner)
        _check_results(found)
        return await self._stores.call(partial(self._manifest, found))

    async def object(self, job: str, owner: str, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes of an object of the results, by its key there. Raises as `manifest` does."""
        manifest = await self.manifest(job, owner)

        def read() -> bytes:
            if key not in manifest.objects:
                raise NotFound("the results of this job have no such object")
            try:
                return self._stores.access.objects.get(f"{job}/{key}", start, stop)
            except KeyError:
                raise Gone("the results of this job are being deleted") from None

        return await self._stores.call(read)

    async def slice(self, job: str, owner: str, array: str, index: str) -> "NDArray[Any]":
        """A part of a result array, read without the rest. Raises as `manifest` does, InvalidParams, TooLarge."""
        from service.jobs.results.slices import read_slice

        layout = (await self.manifest(job, owner)).array(array)
        most = self._settings.max_output_bytes
        return await self._stores.call(lambda: read_slice(self._stores.access.objects, job, layout, index, most=most))

    async def archive(self, job: str, owner: str) -> AsyncGenerator[bytes, None]:
        """The results as one zip file, piece by piece. Raises as `manifest` does."""
        from service.jobs.results.archive import archive

        manifest = await self.manifest(job, owner)
        async for piece in self._stores.each(lambda: archive(self._stores.access.objects, job, manifest)):
            yield piece

    def _submit(self, document: Mapping[str, Any], owner: str, key: str | None) -> tuple[Job, bool]:
        from service.jobs.document import JobDocument
        from service.jobs.plan import submission_of

        submission = submission_of(JobDocument.read(document), owner, self._stores.access)
        return self._stores.database.submit(
            replace(submission, idempotency_key=key), most=self._settings.max_owner_jobs
        )

    def _begin(self) -> None:
        if self._settings.engine != "off":
            self.runner.start()
            self.runner.look()

    def _events(self, job: str, after: int) -> Sequence[JobEvent]:
        return self._stores.database.events(job, after=after, limit=_PAGE)

    def _manifest(self, job: Job) -> "Manifest":
        from service.jobs.results.manifest import read_manifest

        name = (job.id, job.fence)  # what was tried again has another manifest
        manifest = self._manifests.get(name)
        if manifest is None:
            manifest = read_manifest(self._stores.access.objects, job.id)
            self._manifests[name] = manifest
            while len(self._manifests) > _MANIFESTS:
                self._manifests.popitem(last=False)
        return manifest

    def _delete_due(self) -> int:
        from service.jobs.retention import delete_due

        return delete_due(self._stores.database, self._stores.access.objects)

    async def _make_rounds(self) -> None:
        """Look after what nobody asks for: jobs that nobody runs, counts for the metrics, what has expired."""
        tidied = -math.inf
        while True:
            try:
                if self._stores.present:
                    counts = await self._stores.call(lambda: self._stores.database.counts())
                    self._metrics.jobs.states = counts
                    if counts["accepted"] + counts["running"] > 0:
                        self._begin()
                    await self._stores.call(self._delete_due)
                    if time.monotonic() - tidied > _TIDY:
                        await self._stores.call(self._tidy)
                        tidied = time.monotonic()
            except ServiceError as error:
                _log.warning("jobs could not be looked after", why=error.detail)
            except Exception as error:  # noqa: BLE001 -- the next round may fare better
                _log.error("jobs could not be looked after", exc_info=error)
            await asyncio.sleep(_ROUND)

    def _tidy(self) -> None:
        from service.jobs.retention import tidy

        done = tidy(self._stores.database, self._stores.access.objects, self._settings)
        if done.results or done.records:
            _log.info("jobs expired", results=done.results, records=done.records)


def _check_results(job: Job) -> None:
    if job.state not in FINISHED:
        raise Conflict(f"the job is {job.state}; it has results when it has finished")
    if job.results_expire is not None and job.results_expire <= time.time():
        raise Gone(
            "the job was dismissed"
            if job.state == "dismissed"
            else "the results have expired (EPIPOLE_JOB_RETENTION); submit the job anew"
        )
