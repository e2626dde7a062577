"""What became of a job's tiles, written down a few times a second rather than tile by tile."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from service.jobs.records import TileOutcome

_GATHER = 0.1
_MOST_WAITING = 4000


class Journal:
    """Outcomes wait here for at most a tenth of a second, and longer only where the database does not answer.

    Parameters
    ----------
    write
        Records outcomes for good. What it raises is raised by `put` and `close` too.
    """

    def __init__(self, write: Callable[[Sequence[TileOutcome]], Awaitable[object]]) -> None:
        self._write = write
        self._waiting: list[TileOutcome] = []
        self._changed = asyncio.Condition()
        self._closing = self._ended = False
        self._task = asyncio.create_task(self._keep())

    async def put(self, outcomes: Sequence[TileOutcome]) -> None:
        """Hand over outcomes; waits while there are too many that are not written yet."""
        async with self._changed:
            self._waiting.extend(outcomes)
            self._changed.notify_all()
            await self._changed.wait_for(lambda: len(self._waiting) <= _MOST_WAITING or self._ended)
        if self._ended:
            await self._task

    async def close(self) -> None:
        """Write what waits, and return when it is written."""
        self._closing = True
        async with self._changed:
            self._changed.notify_all()
        await self._task

    async def abandon(self) -> None:
        """Write nothing more; what is being written may still be."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        try:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._closing:
                    await asyncio.sleep(_GATHER)
                taken = list(self._waiting)
                if not taken:
                    return
                await self._write(taken)
                async with self._changed:
                    self._waiting = self._waiting[len(taken) :]
                    self._changed.notify_all()
        finally:
            self._ended = True
            async with self._changed:
                self._changed.notify_all()
