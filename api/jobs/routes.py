"""The routes of jobs, each with its place in the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response

from api.jobs import description
from api.jobs.events import watch_job
from api.jobs.listing import dismiss_job, list_jobs, retry_job, show_job
from api.jobs.objects import fetch_file, fetch_object
from api.jobs.results import archive_results, list_results, slice_array
from api.jobs.submission import submit_job

_OF_RESULTS = (409, 410)


def add_jobs(app: FastAPI) -> None:
    """Add the routes of jobs."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    def add(
        path: str,
        endpoint: Callable[..., Any],
        summary: str,
        *,
        answers: dict[str, Any],
        method: str = "GET",
        name: str | None = None,
        problems: tuple[int, ...] = (),
        **extra: Any,
    ) -> None:
        router.add_api_route(
            path,
            endpoint,
            methods=[method],
            name=name or endpoint.__name__,
            operation_id=name or endpoint.__name__,
            summary=summary,
            response_class=Response,
            response_model=None,
            status_code=int(next(iter(answers))),
            openapi_extra=description.route(answers, problems, **extra),
        )

    add("", submit_job, "Submit a job", method="POST", answers=description.SUBMITTED, **description.SUBMISSION)
    add("", list_jobs, "List your jobs", answers=description.LISTED)
    add("/{job}", show_job, "Show how a job stands", answers=description.SHOWN)
    add("/{job}", dismiss_job, "End a job and delete its results", method="DELETE", answers=description.DISMISSED)
    add(
        "/{job}/retry",
        retry_job,
        "Run what failed of a job once more",
        method="POST",
        answers=description.RETRIED,
        problems=(409,),
    )
    add("/{job}/events", watch_job, "Watch a job", answers=description.WATCHED, problems=(422,))
    add("/{job}/results", list_results, "List the results of a job", answers=description.RESULTS, problems=_OF_RESULTS)
    add(
        "/{job}/results.zip",
        archive_results,
        "Fetch all results of a job as one archive",
        answers=description.ARCHIVE,
        problems=_OF_RESULTS,
    )
    add(
        "/{job}/results/{array}",
        slice_array,
        "Fetch a slice of a result array",
        answers=description.SLICE,
        problems=(*_OF_RESULTS, 406, 413),
    )
    for method in ("GET", "HEAD"):
        add(
            "/{job}/results/{array}.zarr/{key:path}",
            fetch_object,
            "Fetch an object of a result array's Zarr store"
            if method == "GET"
            else "Ask for the size of an object of a Zarr store",
            method=method,
            name=f"{method.lower()}_zarr_object",
            answers=description.BYTES,
            problems=(*_OF_RESULTS, 416),
        )
        add(
            "/{job}/results/files/{path:path}",
            fetch_file,
            "Fetch a result file" if method == "GET" else "Ask for the size of a result file",
            method=method,
            name=f"{method.lower()}_result_file",
            answers=description.BYTES,
            problems=(*_OF_RESULTS, 416),
        )
    app.include_router(router)
