"""How jobs are forgotten: first their results, later their records."""

from sqlalchemy import Connection, case, delete, select, update

from service.jobs.database.changes import job_of
from service.jobs.database.tables import jobs
from service.jobs.records import FINISHED, Job


def expired(connection: Connection, now: float) -> list[Job]:
    """The finished jobs whose results are due for deletion, the longest due first."""
    due = select(jobs).where(jobs.c.results_expire <= now, ~jobs.c.forgotten, jobs.c.state.in_(FINISHED))
    return [job_of(row) for row in connection.execute(due.order_by(jobs.c.results_expire)).all()]


def forget(connection: Connection, job: str, now: float) -> None:
    """Note that the results of a finished job are deleted."""
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job, jobs.c.state.in_(FINISHED))
        .values(forgotten=True, results_expire=case((jobs.c.results_expire < now, jobs.c.results_expire), else_=now))
    )


def old(connection: Connection, before: float) -> list[str]:
    """The jobs that finished before that and whose results are deleted; of others the record is still needed."""
    rows = select(jobs.c.id).where(jobs.c.finished < before, jobs.c.forgotten, jobs.c.state.in_(FINISHED))
    return list(connection.execute(rows).scalars())


def remove(connection: Connection, job: str) -> int:
    """Delete a job's record, tiles and events with it; returns whether it was still there."""
    return connection.execute(delete(jobs).where(jobs.c.id == job)).rowcount
