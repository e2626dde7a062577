"""Rows of jobs: read under a lock, changed together with the event that tells of it."""

import json
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from service.errors import NotFound
from service.jobs.database.identity import is_id
from service.jobs.database.tables import documents, events, jobs
from service.jobs.records import Job
from service.jobs.status import public_status

_FIELDS = [field.name for field in fields(Job) if field.name not in ("document", "plan", "reason")]
_KEPT_EVENTS = 200
ABSENT = "there is no such job; its record may have expired (EPIPOLE_RECORD_RETENTION)"


def job_of(row: Row[Any], document: str = "", plan: str | None = None) -> Job:
    """The job that a row of `jobs` describes."""
    reason = None if row.reason is None else json.loads(row.reason)
    return Job(document=document, plan=plan, reason=reason, **{name: getattr(row, name) for name in _FIELDS})


def locked(connection: Connection, job: str, owner: str | None = None) -> Row[Any]:
    """The row of a job, which nobody else changes before this transaction ends.

    Raises NotFound where there is none, or where it is another owner's.
    """
    query = select(jobs).where(jobs.c.id == job).with_for_update()
    row = connection.execute(query).first() if is_id(job) else None
    if row is None or (owner is not None and row.owner != owner):
        raise NotFound(ABSENT)
    return row


def changed(connection: Connection, job: str, now: float, event: str | None, **values: Any) -> Job:
    """Write columns of a job and, where `event` names its kind, an event that shows the job as it is then."""
    if event is not None:
        values |= {"events": jobs.c.events + 1, "event_at": now}
    row = connection.execute(update(jobs).where(jobs.c.id == job).values(values).returning(jobs)).one()
    if event is not None:
        announce(connection, row, now, event)
    return job_of(row)


def announce(connection: Connection, row: Row[Any], now: float, kind: str) -> None:
    """Write the event that a row already counts; of progress, only what a watcher could still ask for is kept."""
    data = json.dumps(public_status(job_of(row)), separators=(",", ":"))
    connection.execute(insert(events).values(job=row.id, seq=row.events, at=now, kind=kind, data=data))
    old = (events.c.job == row.id) & (events.c.seq <= row.events - _KEPT_EVENTS) & (events.c.kind == "progress")
    connection.execute(delete(events).where(old))


def whole(connection: Connection, job: Job) -> Job:
    """The same job with its document and its plan."""
    row = connection.execute(select(documents.c.document, documents.c.plan).where(documents.c.job == job.id)).one()
    return replace(job, document=row.document, plan=row.plan)
