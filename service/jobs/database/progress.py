"""What the runner of a job writes: its plan, what became of its tiles, how it ended."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.jobs.database.changes import changed, job_of, whole
from service.jobs.database.claims import held, recently_told
from service.jobs.database.lease import LeaseLost
from service.jobs.database.requests import final_values
from service.jobs.database.tables import documents, jobs, tiles
from service.jobs.records import FINISHED, Job, JobState, TileOutcome


def set_plan(connection: Connection, job: str, fence: int, plan: str, total: int, now: float) -> Job:
    """Keep the plan of a job; its pace is measured from here."""
    held(connection, job, fence)
    connection.execute(update(documents).where(documents.c.job == job).values(plan=plan))
    return whole(connection, changed(connection, job, now, "progress", tiles_total=total, paced_from=now))


def record(connection: Connection, job: str, fence: int, outcomes: Sequence[TileOutcome], now: float) -> Job:
    """Keep what became of tiles; those that have a row already are left as they are."""
    row = held(connection, job, fence)
    added = _add(connection, job, outcomes)
    if not added:
        return job_of(row)
    counts = {
        "tiles_done": row.tiles_done + added.count("done"),
        "tiles_failed": row.tiles_failed + added.count("failed"),
        "updated": now,
    }
    return changed(connection, job, now, None if recently_told(row, now) else "progress", **counts)


def finish(
    connection: Connection,
    job: str,
    fence: int,
    state: JobState,
    reason: Mapping[str, Any] | None,
    result_bytes: int,
    now: float,
    keep: float,
) -> Job:
    """End a job; as dismissed where somebody has asked for that, whatever came of it."""
    try:
        row = held(connection, job, fence)
    except LeaseLost:
        ended = connection.execute(_ended(job, fence, state)).first()
        if ended is None:
            raise
        return whole(connection, job_of(ended))
    if row.cancelling or state == "dismissed":
        state, keep = "dismissed", 0.0
    values = final_values(row, state, now, keep) | {
        "reason": None if reason is None else json.dumps(dict(reason)),
        "result_bytes": result_bytes,
    }
    return whole(connection, changed(connection, job, now, "state", **values))


def _ended(job: str, fence: int, state: JobState) -> Select[Any]:
    """The job, if it is this very claim that has ended it so: then the answer to an earlier call was lost."""
    ours = (jobs.c.id == job) & (jobs.c.fence == fence) & (jobs.c.state == state)
    return select(jobs).where(ours, jobs.c.state != "dismissed", jobs.c.state.in_(FINISHED))


def _add(connection: Connection, job: str, outcomes: Sequence[TileOutcome]) -> list[str]:
    """Insert the rows that are missing; returns their states."""
    rows = [
        {
            "job": job,
            "tile": outcome.tile,
            "state": outcome.state,
            "written": json.dumps(outcome.written, separators=(",", ":")),
            "seconds": outcome.seconds,
            "worker": outcome.worker,
            "attempts": outcome.attempts,
            "detail": json.dumps(dict(outcome.detail), separators=(",", ":")),
        }
        for outcome in outcomes
    ]
    if not rows:
        return []
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    missing = dialect.insert(tiles).on_conflict_do_nothing().returning(tiles.c.state)
    return list(connection.execute(missing, rows).scalars())
