"""Claims jobs as long as there is room, and runs them side by side."""

import asyncio
import contextlib
import os
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import gethostname

import structlog

from service.jobs.access import Access
from service.jobs.cluster.cluster import Cluster, open_cluster
from service.jobs.database.store import JobDatabase, open_database
from service.jobs.records import Job
from service.jobs.runner.gate import Gate
from service.jobs.runner.leases import LEASE, Leases
from service.jobs.runner.ledger import Ledger, give_back_claims
from service.jobs.runner.patience import in_thread, persist
from service.jobs.runner.run import Run
from service.jobs.runner.surroundings import Surroundings
from service.settings import Settings

_LOOK = 0.5  # seconds between looks for jobs that another process may have taken in
_NO_WORKER = 0.2
_THREADS = 8
_log = structlog.get_logger()


class Runner:
    """Runs jobs until it is drained.

    Parameters
    ----------
    settings
        Of the service.
    report
        Told of every finished task: its tiles that are done, those that failed, its seconds.
    """

    def __init__(self, settings: Settings, report: Callable[[int, int, float], None]) -> None:
        self.name = f"{gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.cluster: Cluster | None = None
        self._settings = settings
        self._report = report
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="jobs")
        self._look = asyncio.Event()
        self._draining = False
        self._runs: dict[str, tuple[Run, asyncio.Task[None]]] = {}
        self._leases: Leases | None = None

    def look(self) -> None:
        """Look at once for new jobs, and for jobs that shall end."""
        self._look.set()
        if self._leases is not None:
            self._leases.look()

    def drain(self) -> None:
        """Give the claims back and end."""
        self._draining = True
        self._look.set()

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._runs)

    async def run(self) -> None:
        """Return when drained. Raises what shows that the cluster is gone."""
        folder = self._settings.data_dir / "runners"
        database = await persist(self._threads, lambda: open_database(self._settings))
        ledger = await in_thread(self._threads, lambda: Ledger(folder, self.name))
        try:
            await self._give_back(folder, database)
            async with open_cluster(self._settings) as self.cluster:
                _log.info("runner started", engine=_public(self._settings.engine))
                await self._claim_until_drained(database, ledger, self.cluster)
        finally:
            ledger.close()
            database.close()

    async def _give_back(self, folder: Path, database: JobDatabase) -> None:
        """Take up what a runner of this machine left; elsewhere its workers may live on until its leases lapse."""
        if self._settings.engine == "embedded":
            await persist(self._threads, lambda: give_back_claims(folder, database))

    async def _claim_until_drained(self, database: JobDatabase, ledger: Ledger, cluster: Cluster) -> None:
        leases = self._leases = Leases(database)
        around = Surroundings(database, Access(self._settings), cluster, leases, Gate(), self._threads, self._report)
        lapses = asyncio.create_task(self._watch_leases(leases))
        try:
            while not self._draining and not await cluster.workers():
                await asyncio.sleep(_NO_WORKER)
            while not self._draining:
                await self._reap(ledger)
                claimed = None
                if len(self._runs) >= self._settings.running_jobs:
                    await self._make_room(database)
                elif leases.sound:
                    claimed = await persist(self._threads, lambda: database.claim(self.name, lease=LEASE))
                if claimed is not None:
                    await self._begin(claimed, around, ledger)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._look.wait()
                self._look.clear()
        finally:
            for run, _ in self._runs.values():
                run.end("drained")
            await asyncio.gather(*(task for _, task in self._runs.values()), return_exceptions=True)
            lapses.cancel()
            await in_thread(self._threads, leases.close)

    async def _make_room(self, database: JobDatabase) -> None:
        """Let an owner who has several jobs here give one back for an owner who has none; it goes on later."""
        owners = Counter(run.job.owner for run, task in self._runs.values() if not task.done())
        owner, most = max(owners.items(), key=lambda item: item[1], default=("", 0))
        waiting = await persist(self._threads, database.waiting_owners) if most > 1 else set()
        if waiting:
            latest, task = [(run, task) for run, task in self._runs.values() if run.job.owner == owner][-1]
            _log.info("a job makes room for another owner's", job=latest.job.id)
            latest.end("drained")
            await asyncio.wait((task,))

    async def _begin(self, job: Job, around: Surroundings, ledger: Ledger) -> None:
        earlier = self._runs.get(job.id)
        if earlier is not None:  # its lease lapsed while the database was away, and nobody else has taken it
            earlier[0].end("lost")
            await earlier[1]
        await in_thread(self._threads, lambda: ledger.add(job.id, job.fence))
        _log.info("job claimed", job=job.id, operation=job.operation, fence=job.fence)
        run = Run(around, job)
        task = asyncio.create_task(run.execute())
        task.add_done_callback(lambda _: self._look.set())
        self._runs[job.id] = run, task

    async def _reap(self, ledger: Ledger) -> None:
        for job, (_, task) in list(self._runs.items()):
            if task.done():
                del self._runs[job]
                ledger.remove(job)
                await task

    async def _watch_leases(self, leases: Leases) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            leases.lapse()


def _public(engine: str) -> str:
    return engine.rpartition("@")[2]
