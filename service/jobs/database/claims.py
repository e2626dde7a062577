"""Who runs a job: claims that lapse unless they are renewed, told apart by a fence that counts them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select, text, update

from service.errors import NotFound
from service.jobs.database.changes import changed, locked, whole
from service.jobs.database.lease import LeaseLost
from service.jobs.database.requests import dismissed
from service.jobs.database.tables import jobs, owners
from service.jobs.records import Job

_TURN = 0x434C41494D  # of PostgreSQL's advisory locks, the one that claims wait for
_EVENT_SECONDS = 0.5


def claim(connection: Connection, runner: str, now: float, lease: float) -> Job | None:
    """Take the next job that nobody runs; None where there is none.

    It is the turn of the owner with the fewest running jobs; of several, of the one that has waited longest since a
    job of theirs was taken; and of that owner's jobs, of the greatest priority, then the oldest. So an owner with a
    thousand jobs never stands before another's first.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
    _confirm_dismissals(connection, now)
    for owner in connection.execute(_turns(now)).scalars().all():
        row = connection.execute(_next(owner, now)).first()
        if row is None:  # somebody is changing it
            continue
        connection.execute(update(owners).where(owners.c.owner == owner).values(served=now))
        taken = {
            "state": "running",
            "runner": runner,
            "fence": row.fence + 1,
            "lease_until": now + lease,
            "started": now if row.started is None else row.started,
            "paced_from": now,
            "paced_tiles": row.tiles_done + row.tiles_failed,
        }
        return whole(connection, changed(connection, row.id, now, "state", **taken))
    return None


def waits(connection: Connection, now: float) -> bool:
    """Whether there is anything to claim, seen without standing in anybody's way."""
    return connection.execute(select(jobs.c.id).where(_free(now)).limit(1)).first() is not None


def held(connection: Connection, job: str, fence: int) -> Row[Any]:
    """The row of a job whose current claim is `fence`, locked. Raises LeaseLost for any other claim."""
    try:
        row = locked(connection, job)
    except NotFound as error:
        raise LeaseLost(f"job {job} is gone") from error
    if row.state != "running" or row.fence != fence:
        raise LeaseLost(f"job {job} is {row.state} under claim {row.fence}, not running under claim {fence}")
    return row


def renew(connection: Connection, job: str, fence: int, now: float, lease: float) -> Job:
    """Keep a claim, and tell watchers what tiles recorded since the last event."""
    row = held(connection, job, fence)
    untold = row.updated is not None and row.updated > row.event_at and not recently_told(row, now)
    return whole(connection, changed(connection, job, now, "progress" if untold else None, lease_until=now + lease))


def release(connection: Connection, job: str, fence: int, now: float) -> None:
    """Give a claim back; where a dismissal was waiting for it, that is final now."""
    row = held(connection, job, fence)
    if row.cancelling:
        dismissed(connection, row, now)
    else:
        changed(connection, job, now, "state", state="accepted", runner=None, lease_until=None)


def recently_told(row: Row[Any], now: float) -> bool:
    """Whether watchers have had an event just now; a clock that was set back does not silence them."""
    return bool(0.0 <= now - row.event_at < _EVENT_SECONDS)


def _free(now: float) -> ColumnElement[bool]:
    return or_(jobs.c.state == "accepted", and_(jobs.c.state == "running", jobs.c.lease_until <= now))


def _turns(now: float) -> Select[Any]:
    free = func.sum(case((_free(now), 1), else_=0))
    running = func.sum(case((_free(now), 0), else_=1))
    return (
        select(jobs.c.owner)
        .join(owners, owners.c.owner == jobs.c.owner)
        .where(jobs.c.state.in_(("accepted", "running")))
        .group_by(jobs.c.owner, owners.c.served)
        .having(free > 0)
        .order_by(running, owners.c.served, jobs.c.owner)
    )


def _next(owner: str, now: float) -> Select[Any]:
    return (
        select(jobs)
        .where(jobs.c.owner == owner, _free(now))
        .order_by(jobs.c.priority.desc(), jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _confirm_dismissals(connection: Connection, now: float) -> None:
    """End the jobs whose runner died before it could confirm that it had stopped."""
    waiting = jobs.c.cancelling & (jobs.c.state == "running") & (jobs.c.lease_until <= now)
    for row in connection.execute(select(jobs).where(waiting).with_for_update(skip_locked=True)).all():
        dismissed(connection, row, now)
