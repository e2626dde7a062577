"""Errors on the wire: RFC 9457 problem+json, from one table of classes."""

import contextlib
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from service import errors
from service.errors import Fault, ServiceError

MEDIA_TYPE = "application/problem+json"
TYPES = "/problems"

_STATUS: tuple[tuple[type[ServiceError], int, str], ...] = (
    (errors.UnreadableBody, 400, "unreadable-body"),
    (errors.Unauthenticated, 401, "unauthenticated"),
    (errors.NotFound, 404, "not-found"),
    (errors.NotAcceptable, 406, "not-acceptable"),
    (errors.Stalled, 408, "stalled"),
    (errors.Conflict, 409, "conflict"),
    (errors.Gone, 410, "gone"),
    (errors.TooLarge, 413, "too-large"),
    (errors.UnsupportedMedia, 415, "unsupported-media-type"),
    (errors.OutsideRange, 416, "outside-range"),
    (errors.InvalidParams, 422, "invalid-params"),
    (errors.DegenerateInput, 422, "degenerate"),
    (errors.RateLimited, 429, "rate-limited"),
    (errors.Abandoned, 499, "abandoned"),
    (errors.DeadlinePassed, 503, "deadline-passed"),
    (errors.Overloaded, 503, "overloaded"),
    (errors.StorageFailed, 507, "storage-failed"),
)
_log = structlog.get_logger()


def status_of(error: ServiceError) -> int:
    """The status code of a refusal."""
    return _row(error)[0]


def problem(
    request: Request,
    status: int,
    kind: str,
    title: str,
    detail: str,
    faults: list[Fault] | None = None,
    **more: Any,
) -> Response:
    """A problem+json response."""
    body: dict[str, Any] = {
        "type": f"{TYPES}/{kind}",
        "title": title,
        "status": status,
        "detail": detail,
        "request_id": request.scope.get("epipole.request_id", ""),
    }
    if faults:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults[:100]]
    request.scope["epipole.problem"] = kind
    return JSONResponse(body | more, status_code=status, media_type=MEDIA_TYPE)


def service_problem(request: Request, error: ServiceError) -> Response:
    """The response to a refusal of the service."""
    status, kind = _row(error)
    more = {"reason": error.reason} if isinstance(error, errors.DegenerateInput) else {}
    faults = error.faults if isinstance(error, errors.InvalidParams) else None
    response = problem(request, status, kind, error.title, error.detail, faults, **more)
    if isinstance(error, errors.Overloaded | errors.RateLimited):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, errors.OutsideRange):
        response.headers["Content-Range"] = f"bytes */{error.size}"
    if isinstance(error, errors.Stalled):
        response.headers["Connection"] = "close"
    return response


def recorded_problem(request: Request, reason: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """The response to a refusal that a job's record tells of: what the call itself would have been answered."""
    title, detail = str(reason.get("title", "")), str(reason.get("detail", ""))
    more = {name: reason[name] for name in ("reason", "errors") if name in reason}
    status, kind = next(((status, word) for error, status, word in _STATUS if error.title == title), (500, "internal"))
    response = problem(request, status, kind, title, detail, **more)
    response.headers.update(headers)
    return response


def meaning(kind: str) -> tuple[int, str] | None:
    """Status code and title of a kind of problem; None where there is no such kind."""
    for error, status, word in _STATUS:
        if word == kind:
            return status, error.title
    return None


def install(app: FastAPI) -> None:
    """Answer every error of the application as problem+json."""

    async def on_service_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        return service_problem(request, error)

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        kinds = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}
        kind = kinds.get(error.status_code, "http-error")
        response = problem(
            request,
            error.status_code,
            kind,
            str(error.detail),
            f"{request.method} {request.url.path}: {error.detail}",
        )
        response.headers.update(error.headers or {})
        return response

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [Fault("/" + "/".join(map(str, entry["loc"][1:])), entry["msg"]) for entry in error.errors()]
        return service_problem(request, errors.InvalidParams(faults))

    async def on_bug(request: Request, error: Exception) -> Response:
        with contextlib.suppress(Exception):
            _log.error("unexpected error", exc_info=error)
        return problem(
            request,
            500,
            "internal",
            "Something went wrong inside the service",
            "this is a bug; please report it with the request_id",
        )

    app.add_exception_handler(ServiceError, on_service_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(Exception, on_bug)


def _row(error: ServiceError) -> tuple[int, str]:
    for kind, status, word in _STATUS:
        if isinstance(error, kind):
            return status, word
    raise AssertionError(f"{type(error).__name__} is not in the table")
