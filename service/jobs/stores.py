"""What the facade of jobs reads and writes: opened at first use, for nobody who uses no jobs is to wait for it."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from service.settings import Settings

if TYPE_CHECKING:
    from service.jobs.access import Access
    from service.jobs.database.store import JobDatabase

T = TypeVar("T")

_THREADS = 8


class Stores:
    """The job database and the stores of jobs, used from threads of their own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._database: JobDatabase | None = None
        self._access: Access | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="job-stores")

    @property
    def present(self) -> bool:
        """Whether there may be a database already; a local one is made when somebody submits a job or asks for one."""
        return bool(self._settings.database) or (self._settings.data_dir / "jobs.sqlite").exists()

    @property
    def database(self) -> "JobDatabase":
        """The job database; blocks while it is opened. Raises DatabaseUnavailable."""
        with self._lock:
            if self._database is None:
                from service.jobs.database.store import open_database

                self._database = open_database(self._settings)
            return self._database

    @property
    def access(self) -> "Access":
        """The stores that inputs come from and results go to."""
        with self._lock:
            if self._access is None:
                from service.jobs.access import Access

                self._access = Access(self._settings)
            return self._access

    async def call(self, work: Callable[[], T]) -> T:
        """Run what blocks in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def each(self, begin: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """Go through what an iterator yields, each step in a thread."""
        iterator = await self.call(begin)
        while True:
            items = await self.call(lambda: list(_first(iterator)))
            if not items:
                return
            yield items[0]

    def close(self) -> None:
        """Close the database and end the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            if self._database is not None:
                self._database.close()


def _first(iterator: Iterator[T]) -> Iterator[T]:
    for item in iterator:
        yield item
        return
