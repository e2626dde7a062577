"""What is read of jobs without changing them."""

import json
import re
from typing import get_args

from sqlalchemy import Connection, func, select

from service.errors import Fault, InvalidParams, NotFound
from service.jobs.database.changes import ABSENT, job_of
from service.jobs.database.identity import is_id
from service.jobs.database.tables import documents, events, jobs, tiles
from service.jobs.records import Job, JobEvent, JobState, TileOutcome

_OPERATION = re.compile(r"[a-z0-9-]{1,64}")
_LAST = 2**31 - 1


def find(connection: Connection, job: str, owner: str | None) -> Job:
    """The job of that name, whole. Raises NotFound where there is none, or where it is another owner's."""
    query = select(jobs, documents.c.document, documents.c.plan).join(documents).where(jobs.c.id == job)
    row = connection.execute(query).first() if is_id(job) else None
    if row is None or (owner is not None and row.owner != owner):
        raise NotFound(ABSENT)
    return job_of(row, row.document, row.plan)


def page(
    connection: Connection, owner: str, state: JobState | None, operation: str | None, after: str | None, limit: int
) -> tuple[list[Job], str | None]:
    """An owner's jobs, the newest first, and the cursor of the next page; documents and plans are left out."""
    if after is not None and not is_id(after):
        raise InvalidParams([Fault("/after", "must be a cursor that an earlier page gave")])
    if state is not None and state not in get_args(JobState):
        raise InvalidParams([Fault("/state", f"must be one of {', '.join(get_args(JobState))}")])
    query = select(jobs).where(jobs.c.owner == owner)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if operation is not None and _OPERATION.fullmatch(operation) is None:
        return [], None
    if operation is not None:
        query = query.where(jobs.c.operation == operation)
    if after is not None:
        query = query.where(jobs.c.id < after)
    rows = connection.execute(query.order_by(jobs.c.id.desc()).limit(limit + 1)).all()
    found = [job_of(row) for row in rows[:limit]]
    return found, found[-1].id if len(rows) > limit else None


def recorded(connection: Connection, job: str) -> set[int]:
    """The tiles of a job that have a row."""
    return set(connection.execute(select(tiles.c.tile).where(tiles.c.job == job)).scalars())


def outcomes(connection: Connection, job: str, after: int, limit: int) -> list[TileOutcome]:
    """What became of the tiles after `after`, in their order."""
    query = select(tiles).where(tiles.c.job == job, tiles.c.tile > after).order_by(tiles.c.tile).limit(limit)
    return [
        TileOutcome(
            tile=row.tile,
            state=row.state,
            written=tuple((key, checksum, size) for key, checksum, size in json.loads(row.written)),
            seconds=row.seconds,
            worker=row.worker,
            attempts=row.attempts,
            detail=json.loads(row.detail),
        )
        for row in connection.execute(query)
    ]


def told(connection: Connection, job: str, after: int, limit: int) -> list[JobEvent]:
    """The events of a job after `after`, in their order."""
    query = (
        select(events).where(events.c.job == job, events.c.seq > min(after, _LAST)).order_by(events.c.seq).limit(limit)
    )
    return [JobEvent(row.seq, row.at, row.kind, json.loads(row.data)) for row in connection.execute(query)]


def waiting_owners(connection: Connection) -> set[str]:
    """The owners who have jobs that wait, and none that runs."""
    running = select(jobs.c.owner).where(jobs.c.state == "running")
    query = select(jobs.c.owner).where(jobs.c.state == "accepted", jobs.c.owner.not_in(running)).distinct()
    return set(connection.execute(query).scalars())


def counts(connection: Connection) -> dict[str, int]:
    """How many jobs there are in each state."""
    rows = connection.execute(select(jobs.c.state, func.count().label("jobs")).group_by(jobs.c.state))
    return dict.fromkeys(get_args(JobState), 0) | {row.state: row.jobs for row in rows}
