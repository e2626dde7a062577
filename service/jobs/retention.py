"""Results and records whose time is over are deleted; so are results that no record tells of."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from service.errors import NotFound, StorageFailed
from service.jobs.database.identity import is_id
from service.settings import Settings

if TYPE_CHECKING:
    from service.jobs.database.store import JobDatabase
    from service.jobs.results.objects import ObjectStore

_log = structlog.get_logger()


@dataclass(frozen=True)
class Tidied:
    """How many results were deleted, and how many records."""

    results: int
    records: int


def delete_due(database: "JobDatabase", objects: "ObjectStore") -> int:
    """Delete the results of finished jobs that are due: expired ones, and those of dismissed jobs; how many.

    The note that they are gone is made afterwards. Results that a failing store keeps are tried again the next time.
    """
    deleted = 0
    for job in database.expired(time.time()):
        try:
            objects.delete(job.id)
        except StorageFailed as error:
            _log.warning("results of a job could not be deleted", job=job.id, why=error.detail)
            continue
        database.forget(job.id)
        deleted += 1
    return deleted


def tidy(database: "JobDatabase", objects: "ObjectStore", settings: Settings) -> Tidied:
    """Delete what is due, then old records, then results that no record tells of."""
    deleted = delete_due(database, objects)
    records = database.purge(time.time() - settings.record_retention)
    return Tidied(deleted + _sweep(database, objects, settings), records)


def _sweep(database: "JobDatabase", objects: "ObjectStore", settings: Settings) -> int:
    """Delete results without a record, where the store and the database surely belong together."""
    folder = settings.data_dir / "results"
    if settings.database or settings.job_store or not folder.is_dir():
        return 0
    swept = 0
    for job in [path.name for path in folder.iterdir() if is_id(path.name)]:
        try:
            database.get(job)
        except NotFound:
            objects.delete(job)
            swept += 1
    return swept
