"""The tiles of one claimed job: a few tasks at a time, and those that were with a lost worker one by one."""

import asyncio
import time

import structlog

from service.jobs.cluster.cluster import WorkerLost
from service.jobs.cluster.tasks import Answer, compute_tiles
from service.jobs.plan.plan import Plan, Task
from service.jobs.plan.refusal import UNEXPECTED
from service.jobs.records import TileOutcome
from service.jobs.runner.attempts import MOST, Attempts
from service.jobs.runner.journal import Journal
from service.jobs.runner.pace import Pace
from service.jobs.runner.patience import in_thread, persist
from service.jobs.runner.remaining import Remaining
from service.jobs.runner.surroundings import ENDED_ITS_WORKER, Surroundings, settled

_EACH = 2  # tasks of a job for every worker: one computes, one waits there
_COUNT_AGAIN = 2.0
_NOBODY = 0.2
_log = structlog.get_logger()


class Tiles:
    """Computes what of `plan` has no row yet; outcomes go to the journal."""

    def __init__(self, around: Surroundings, task: Task, fence: int, plan: Plan, journal: Journal) -> None:
        self._around = around
        self._task = task
        self._fence = fence
        self._plan = plan
        self._journal = journal
        self._pace = Pace(plan.batch)
        self._counted = 0.0
        self._slots = _EACH

    async def compute(self) -> None:
        """Return when every tile has been handed to the journal."""
        around, job = self._around, self._task.id
        recorded = await persist(around.threads, lambda: around.database.recorded(job))
        attempts = await in_thread(
            around.threads, lambda: Attempts(around.access.objects, job, resumed=self._fence > 1)
        )
        for tile in recorded.intersection(attempts.suspects()):
            attempts.acquit(tile)
        remaining = Remaining(self._plan, recorded.union(attempts.suspects()))
        running: set[asyncio.Task[None]] = set()
        try:
            while True:
                slots = await self._count_slots()
                while len(running) < slots:
                    tiles = remaining.take(self._pace.batch(remaining.count, slots))
                    if not tiles:
                        break
                    running.add(asyncio.create_task(self._batch(tiles, attempts)))
                if not running and not attempts:
                    break
                if running:
                    finished, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    for one in finished:
                        await one
                if attempts:
                    await self._try_suspects(attempts)
        finally:
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await in_thread(around.threads, attempts.clear)

    async def _batch(self, tiles: tuple[int, ...], attempts: Attempts) -> None:
        around = self._around

        async def ask() -> Answer:
            async with around.gate.together():
                return await around.cluster.submit(compute_tiles, self._task, self._fence, tiles, 1)

        try:
            answer = await settled(ask)
        except WorkerLost:
            _log.warning("a worker was lost", job=self._task.id, tiles=len(tiles))
            await in_thread(around.threads, lambda: attempts.count(tiles))
            return
        if answer.kind == "done":
            self._pace.note(len(tiles), answer.seconds)
            await self._keep(answer.value, answer.seconds)
        elif len(tiles) == 1:
            await self._keep([TileOutcome(tiles[0], "failed", detail=UNEXPECTED)], answer.seconds)
        else:
            for tile in tiles:
                await self._batch((tile,), attempts)

    async def _try_suspects(self, attempts: Attempts) -> None:
        """Compute the tiles that were with a lost worker, each while nothing else is computed."""
        async with self._around.gate.alone():
            for tile in attempts.suspects():
                outcome = await self._alone(tile, attempts)
                attempts.acquit(tile)
                await self._keep([outcome], outcome.seconds)

    async def _alone(self, tile: int, attempts: Attempts) -> TileOutcome:
        around = self._around

        async def ask() -> Answer:
            worker = await self._worker()
            return await around.cluster.submit(
                compute_tiles, self._task, self._fence, (tile,), attempts.of(tile) + 1, first=worker
            )

        while attempts.of(tile) < MOST:
            try:
                answer = await settled(ask)
            except WorkerLost:
                _log.warning("a worker was lost", job=self._task.id, tile=tile, attempt=attempts.of(tile) + 1)
                await in_thread(around.threads, lambda: attempts.count((tile,)))
                continue
            if answer.kind == "done":
                (outcome,) = answer.value
                return outcome  # type: ignore[no-any-return]  # what tasks answer is known by their name only
            return TileOutcome(tile, "failed", attempts=attempts.of(tile) + 1, detail=UNEXPECTED)
        return TileOutcome(tile, "failed", attempts=MOST, detail=ENDED_ITS_WORKER)

    async def _worker(self) -> str:
        """A worker that is there now, so that one that is still starting is not lost with a suspect waiting for it."""
        while not (workers := await self._around.cluster.workers()):
            await asyncio.sleep(_NOBODY)
        return workers[0]

    async def _keep(self, outcomes: list[TileOutcome], seconds: float) -> None:
        failed = sum(outcome.state == "failed" for outcome in outcomes)
        self._around.report(len(outcomes) - failed, failed, seconds)
        await self._journal.put(outcomes)

    async def _count_slots(self) -> int:
        now = time.monotonic()
        if now - self._counted > _COUNT_AGAIN:
            self._counted = now
            self._slots = _EACH * max(1, len(await self._around.cluster.workers()))
        return self._slots
