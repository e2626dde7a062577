"""The requests that jobs are made of."""

import json
from typing import Any
from urllib.parse import quote

from api.client.body import JSON, Body
from api.client.call import Call, Reply
from api.client.jobs.status import JobStatus, status_of

PAGE = 5000  # files and items of one listing


def submit_call(document: bytes, idempotency_key: str) -> Call[JobStatus]:
    """Ask for a job. The key makes it one job however often this is sent."""
    return Call("POST", "/v1/jobs", _status, Body(JSON, (document,)), fields={"Idempotency-Key": idempotency_key})


def status_call(job: str) -> Call[JobStatus]:
    """Ask how far a job is."""
    return Call("GET", _path(job), _status)


def cancel_call(job: str) -> Call[JobStatus]:
    """Dismiss a job."""
    return Call("DELETE", _path(job), _status)


def retry_call(job: str) -> Call[JobStatus]:
    """Run the failed tiles of a job again."""
    return Call("POST", _path(job, "/retry"), _status)


def jobs_call(
    state: str | None, operation: str | None, after: str | None, limit: int | None = None
) -> Call[tuple[list[JobStatus], str | None]]:
    """Fetch a page of jobs, newest first, and what `after` must be for the next page."""

    def read(reply: Reply) -> tuple[list[JobStatus], str | None]:
        page = json.loads(reply.data)
        return [status_of(document) for document in page["jobs"]], page.get("next")

    filters = {"state": state, "operation": operation, "after": after, "limit": limit and str(limit)}
    return Call("GET", "/v1/jobs", read, query={name: value for name, value in filters.items() if value})


def listing_call(job: str, after: int = 0, limit: int = PAGE) -> Call[dict[str, Any]]:
    """Fetch what a job's results are; files and items a page at a time."""
    query = {"after": str(after), "limit": str(limit)}
    return Call("GET", _path(job, "/results"), lambda reply: json.loads(reply.data), query=query)


def bytes_call(href: str) -> Call[bytes]:
    """Fetch a file."""
    return Call("GET", href, lambda reply: bytes(reply.data), accept="*/*")


def slice_file_call(job: str, array: str, index: str, media_type: str) -> Call[bytes]:
    """Fetch a slice of an array as a file, npy or JSON."""
    path = _path(job, f"/results/{quote(array, safe='')}")
    return Call("GET", path, lambda reply: bytes(reply.data), accept=media_type, query={"index": index})


def _status(reply: Reply) -> JobStatus:
    return status_of(json.loads(reply.data))


def _path(job: str, below: str = "") -> str:
    return f"/v1/jobs/{quote(job, safe='')}{below}"
