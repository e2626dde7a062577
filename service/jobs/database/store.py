"""The job database as the service uses it: every method is one transaction."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from service.jobs.database import claims, progress, queries, requests, retention, schema
from service.jobs.database.connection import Connections
from service.jobs.records import Job, JobEvent, JobState, Submission, TileOutcome
from service.settings import Settings

_Jobs = list[Job]  # inside the class, `list` is a method
_Outcomes = list[TileOutcome]
_Events = list[JobEvent]


def open_database(settings: Settings) -> "JobDatabase":
    """The database that the settings name, with tables that are up to date."""
    database = JobDatabase(settings.database or f"sqlite:///{(settings.data_dir / 'jobs.sqlite').absolute()}")
    database.upgrade()
    return database


class JobDatabase:
    """Jobs, their tiles and their events, in SQLite or PostgreSQL; for any number of threads and processes.

    Every method may raise DatabaseUnavailable and can then be called again. Methods that take a `fence` write only for
    the claim of that number; for any other they raise LeaseLost and write nothing.

    Parameters
    ----------
    url
        `sqlite:///path/of/the/file` or `postgresql://user:password@host/database`.
    clock
        Seconds since the epoch. Processes that share a database need clocks that agree to within a part of a lease.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        self._connections = Connections(url)
        self._clock = clock

    def upgrade(self) -> None:
        """Create or change the tables as this version needs them; several processes may do so at once."""
        schema.upgrade(self._connections)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def submit(self, submission: Submission, *, most: int) -> tuple[Job, bool]:
        """Take a job; or give the job that the same key and document made before, and False.

        Raises InvalidParams where the key came with another document, RateLimited where `most` jobs of the owner are
        unfinished.
        """
        with self._connections.writing() as connection:
            return requests.submit(connection, submission, self._clock(), most)

    def get(self, job: str, owner: str | None = None) -> Job:
        """The job of that name. Raises NotFound, also for another owner's."""
        with self._connections.reading() as connection:
            return queries.find(connection, job, owner)

    def list(
        self,
        owner: str,
        *,
        state: JobState | None = None,
        operation: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> tuple[_Jobs, str | None]:
        """The owner's jobs, the newest first, and the cursor of the next page; without documents and plans."""
        with self._connections.reading() as connection:
            return queries.page(connection, owner, state, operation, after, limit)

    def dismiss(self, job: str, owner: str) -> Job:
        """Dismiss a job at once where it waits or has finished; ask its runner to end it where it runs."""
        with self._connections.writing() as connection:
            return requests.dismiss(connection, job, owner, self._clock())

    def retry(self, job: str, owner: str) -> Job:
        """Take a failed job again, without its failed tiles. Raises Conflict where it did not fail, Gone if expired."""
        with self._connections.writing() as connection:
            return requests.retry(connection, job, owner, self._clock())

    def claim(self, runner: str, *, lease: float) -> Job | None:
        """Take the next job that nobody runs, for `lease` seconds; None where there is none.

        Owners take turns: first whoever has the fewest running jobs, then whoever has waited longest since a job of
        theirs was taken; of that owner's jobs, the greatest priority, then the oldest.
        """
        with self._connections.reading() as connection:
            if not claims.waits(connection, self._clock()):
                return None
        with self._connections.writing() as connection:
            return claims.claim(connection, runner, self._clock(), lease)

    def renew(self, job: str, fence: int, *, lease: float) -> Job:
        """Keep a claim for `lease` seconds from now; says, by `cancelling`, whether the work shall end."""
        with self._connections.writing() as connection:
            return claims.renew(connection, job, fence, self._clock(), lease)

    def release(self, job: str, fence: int) -> None:
        """Give a claim back, so that the job can be taken at once; one that was to be cancelled is dismissed."""
        with self._connections.writing() as connection:
            claims.release(connection, job, fence, self._clock())

    def set_plan(self, job: str, fence: int, plan: str, tiles: int) -> Job:
        """Keep the plan of a job and the number of its tiles."""
        with self._connections.writing() as connection:
            return progress.set_plan(connection, job, fence, plan, tiles, self._clock())

    def record(self, job: str, fence: int, outcomes: Sequence[TileOutcome]) -> Job:
        """Keep what became of tiles, all or none; a tile that has a row already is left as it is.

        Returns the job without its document and plan.
        """
        with self._connections.writing() as connection:
            return progress.record(connection, job, fence, outcomes, self._clock())

    def finish(
        self,
        job: str,
        fence: int,
        state: JobState,
        *,
        reason: Mapping[str, Any] | None = None,
        result_bytes: int = 0,
        keep: float,
    ) -> Job:
        """End a job whose results are kept for `keep` seconds.

        It ends as dismissed, and its results are due for deletion at once, where somebody has asked for that, whatever
        `state` says. Repeating a call whose answer was lost is safe.
        """
        with self._connections.writing() as connection:
            return progress.finish(connection, job, fence, state, reason, result_bytes, self._clock(), keep)

    def recorded(self, job: str) -> set[int]:
        """The tiles of a job that have a row."""
        with self._connections.reading() as connection:
            return queries.recorded(connection, job)

    def outcomes(self, job: str, *, after: int = -1, limit: int = 1000) -> _Outcomes:
        """What became of the tiles after `after`, in their order."""
        with self._connections.reading() as connection:
            return queries.outcomes(connection, job, after, limit)

    def events(self, job: str, *, after: int = 0, limit: int = 100) -> _Events:
        """The events of a job after `after`, in their order; numbers may be missing where old progress was dropped."""
        with self._connections.reading() as connection:
            return queries.told(connection, job, after, limit)

    def expired(self, now: float) -> _Jobs:
        """The finished jobs whose results are due for deletion."""
        with self._connections.reading() as connection:
            return retention.expired(connection, now)

    def forget(self, job: str) -> None:
        """Note that the results of a finished job are deleted; its record stays."""
        with self._connections.writing() as connection:
            retention.forget(connection, job, self._clock())

    def purge(self, before: float) -> int:
        """Delete the records of jobs that finished before that and whose results are deleted; returns how many."""
        with self._connections.reading() as connection:
            jobs = retention.old(connection, before)
        removed = 0
        for job in jobs:  # one at a time: a large record holds others up for a moment only
            with self._connections.writing() as connection:
                removed += retention.remove(connection, job)
        return removed

    def waiting_owners(self) -> set[str]:
        """The owners who have jobs that wait, and none that runs; for them others make room."""
        with self._connections.reading() as connection:
            return queries.waiting_owners(connection)

    def counts(self) -> dict[str, int]:
        """How many jobs there are in each state."""
        with self._connections.reading() as connection:
            return queries.counts(connection)
