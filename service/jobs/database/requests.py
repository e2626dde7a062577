"""What clients ask of jobs: to take them, to end them, to try them again."""

import re
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from service.errors import Conflict, Fault, Gone, InvalidParams, RateLimited
from service.jobs.database.changes import announce, changed, job_of, locked, whole
from service.jobs.database.identity import new_id
from service.jobs.database.tables import documents, jobs, owners, tiles
from service.jobs.records import FINISHED, Job, JobState, Submission

_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_TRY_AGAIN = 30  # seconds; when a job of the owner will have finished, nobody knows


def submit(connection: Connection, submission: Submission, now: float, most: int) -> tuple[Job, bool]:
    """Take a job, or find the one that the same idempotency key has made; the second value says which."""
    _queue(connection, submission.owner)
    if submission.idempotency_key is not None:
        earlier = _earlier(connection, submission)
        if earlier is not None:
            return earlier, False
    unfinished = select(func.count()).where(jobs.c.owner == submission.owner, jobs.c.state.not_in(FINISHED))
    if connection.execute(unfinished).scalar_one() >= most:
        raise RateLimited(
            f"{most} jobs of yours are waiting or running (EPIPOLE_MAX_OWNER_JOBS); let some finish, or cancel them",
            _TRY_AGAIN,
        )
    job = new_id(now)
    row = connection.execute(insert(jobs).values(_first_values(job, submission, now)).returning(jobs)).one()
    connection.execute(insert(documents).values(job=job, document=submission.document))
    announce(connection, row, now, "state")
    return job_of(row, submission.document), True


def dismiss(connection: Connection, job: str, owner: str, now: float) -> Job:
    """End a job: at once where nobody works on it, else by asking its runner."""
    row = locked(connection, job, owner)
    if row.state == "running" and row.lease_until > now:
        ended = job_of(row) if row.cancelling else changed(connection, job, now, "state", cancelling=True)
    else:
        ended = job_of(row) if row.state == "dismissed" else dismissed(connection, row, now)
    return whole(connection, ended)


def dismissed(connection: Connection, row: Row[Any], now: float) -> Job:
    """Make a job's dismissal final; what it has written is due for deletion."""
    return changed(connection, row.id, now, "state", **final_values(row, "dismissed", now, 0.0))


def final_values(row: Row[Any], state: JobState, now: float, keep: float) -> dict[str, Any]:
    """The columns of a job that ends now, or is dismissed after its end."""
    return {
        "state": state,
        "finished": row.finished or now,
        "results_expire": min(now + keep, row.results_expire or now + keep),
        "cancelling": False,
        "runner": None,
        "lease_until": None,
    }


def retry(connection: Connection, job: str, owner: str, now: float) -> Job:
    """Take a failed job again; what was done stays done, what failed is forgotten.

    Raises Conflict where it did not fail, Gone where its results are deleted or about to be.
    """
    row = locked(connection, job, owner)
    if row.state != "failed":
        raise Conflict(f"the job is {row.state}; only failed jobs can be tried again")
    if row.forgotten or row.results_expire <= now:
        raise Gone("what the job had done has expired (EPIPOLE_JOB_RETENTION); submit it anew")
    connection.execute(delete(tiles).where(tiles.c.job == job, tiles.c.state == "failed"))
    again = {"state": "accepted", "finished": None, "results_expire": None, "reason": None, "tiles_failed": 0}
    return whole(connection, changed(connection, job, now, "state", **again))


def _queue(connection: Connection, owner: str) -> None:
    """Let one submission of an owner see what the one before has written."""
    turn = update(owners).where(owners.c.owner == owner).values(owner=owner)
    if connection.execute(turn).rowcount == 0:
        from sqlalchemy.dialects import postgresql, sqlite

        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(dialect.insert(owners).values(owner=owner, served=0.0).on_conflict_do_nothing())
        connection.execute(turn)


def _earlier(connection: Connection, submission: Submission) -> Job | None:
    key = submission.idempotency_key
    if key is None or _KEY.fullmatch(key) is None:
        raise InvalidParams([Fault("/Idempotency-Key", "must be 1 to 255 printable ASCII characters")])
    row = connection.execute(
        select(jobs).where(jobs.c.owner == submission.owner, jobs.c.idempotency_key == key)
    ).first()
    if row is None:
        return None
    job = whole(connection, job_of(row))
    if (job.operation, job.kind, job.document) != (submission.operation, submission.kind, submission.document):
        raise InvalidParams([Fault("/Idempotency-Key", "was sent before, with another request; use a new key")])
    return job


def _first_values(job: str, submission: Submission, now: float) -> dict[str, Any]:
    return {
        "id": job,
        "owner": submission.owner,
        "operation": submission.operation,
        "kind": submission.kind,
        "state": "accepted",
        "priority": submission.priority,
        "idempotency_key": submission.idempotency_key,
        "created": now,
        "tiles_done": 0,
        "tiles_failed": 0,
        "paced_tiles": 0,
        "cancelling": False,
        "fence": 0,
        "result_bytes": 0,
        "forgotten": False,
        "events": 1,
        "event_at": now,
    }
