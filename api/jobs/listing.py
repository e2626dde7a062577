"""`/v1/jobs` and `/v1/jobs/{job}`: which jobs there are, how they stand, and their end."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Owner, engine_of
from api.jobs.names import JobName
from service.catalogue import OPERATIONS
from service.errors import Fault, InvalidParams
from service.jobs.records import JobState
from service.jobs.status import public_status

_MAX_PAGE = 500
_OPERATIONS = frozenset(operation.name for operation in OPERATIONS)


class Filters(BaseModel):
    """Which jobs a list shows."""

    model_config = ConfigDict(extra="forbid")

    state: JobState | None = Field(None, description="Only jobs in this state.")
    operation: str | None = Field(None, description="Only jobs of this operation.")
    limit: int = Field(50, ge=1, le=_MAX_PAGE, description="Most jobs of one page.")
    after: str | None = Field(
        None, pattern=r"^[!-~]{1,100}$", description="`next` of the page before; without it the newest jobs."
    )


async def list_jobs(request: Request, owner: Owner, filters: Annotated[Filters, Query()]) -> Response:
    """The caller's jobs, newest first, a page at a time. `next` and the header `Link` lead to the next page."""
    if filters.operation is not None and filters.operation not in _OPERATIONS:
        raise InvalidParams([Fault("/operation", "is not an operation; see GET /v1/operations")])
    jobs, following = await engine_of(request).jobs.list(
        owner, state=filters.state, operation=filters.operation, after=filters.after, limit=filters.limit
    )
    body: dict[str, Any] = {"jobs": [public_status(job) for job in jobs], "next": following}
    if following is None:
        return JSONResponse(body)
    query = urlencode(filters.model_dump(exclude_none=True) | {"after": following})
    return JSONResponse(body, headers={"Link": f'</v1/jobs?{query}>; rel="next"'})


async def show_job(request: Request, job: JobName, owner: Owner) -> Response:
    """How the job stands now."""
    return JSONResponse(public_status(await engine_of(request).jobs.get(job, owner)))


async def dismiss_job(request: Request, job: JobName, owner: Owner) -> Response:
    """End the job and delete its results. 200 once nothing of it runs any more, else 202."""
    dismissed = await engine_of(request).jobs.dismiss(job, owner)
    return JSONResponse(public_status(dismissed), status_code=200 if dismissed.state == "dismissed" else 202)


async def retry_job(request: Request, job: JobName, owner: Owner) -> Response:
    """Run what failed of the job once more; what is done stays."""
    return JSONResponse(public_status(await engine_of(request).jobs.retry(job, owner)), status_code=202)
