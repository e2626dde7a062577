"""What clients see of a job."""

from datetime import UTC, datetime
from typing import Any

from service.jobs.records import Job


def public_status(job: Job) -> dict[str, Any]:
    """Say how a job stands, as JSON-ready values."""
    where = f"/v1/jobs/{job.id}"
    rate = _rate(job)
    return {
        "id": job.id,
        "operation": job.operation,
        "kind": job.kind,
        "state": job.state,
        "progress": job.progress,
        "tiles_done": job.tiles_done,
        "tiles_total": job.tiles_total,
        "tiles_failed": job.tiles_failed,
        "priority": job.priority,
        "created": _written(job.created),
        "started": _written(job.started),
        "finished": _written(job.finished),
        "results_expire": _written(job.results_expire),
        "rate": None if rate is None else float(f"{rate:.4g}"),
        "eta_seconds": _remaining(job, rate),
        "reason": None if job.reason is None else dict(job.reason),
        "cancelling": job.cancelling,
        "links": {"self": where, "events": f"{where}/events", "results": f"{where}/results"},
    }


def _rate(job: Job) -> float | None:
    """Tiles per second since the work last began: what an earlier run did, or the time between, does not count."""
    if job.paced_from is None or job.updated is None:
        return None
    tiles, seconds = job.tiles_done + job.tiles_failed - job.paced_tiles, job.updated - job.paced_from
    return tiles / seconds if tiles > 0 and seconds > 0 else None


def _remaining(job: Job, rate: float | None) -> float | None:
    if job.state != "running" or rate is None or job.tiles_total is None:
        return None
    return round((job.tiles_total - job.tiles_done - job.tiles_failed) / rate, 1)


def _written(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
