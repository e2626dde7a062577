"""`POST /v1/jobs`: a document becomes a job."""

from functools import partial
from typing import Any

import anyio.to_thread
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from python_multipart.multipart import parse_options_header

from api.access import Owner, engine_of
from api.arrival import promised_length, take_body
from api.bodies import JSON
from api.jobs.names import idempotency_key
from service.admission import Hold
from service.engine import PARSED_JSON, Engine
from service.errors import TooLarge, UnreadableBody, UnsupportedMedia
from service.jobs.records import Job
from service.jobs.status import public_status
from service.media.document import read_json

REPLAYED = "Idempotency-Replayed"


async def submit_job(request: Request, owner: Owner) -> Response:
    """Check the document, keep it as a job, and say where the job is; its work begins when its turn comes.

    With the header `Idempotency-Key` the same document makes one job however often it is sent.
    """
    engine, key = engine_of(request), idempotency_key(request)
    kind, _ = parse_options_header(request.headers.get("content-type", ""))
    if kind.lower() != JSON.encode() and not kind.lower().endswith(b"+json"):
        raise UnsupportedMedia(f"a job is sent as {JSON}; upload its arrays with POST /v1/assets first")
    with engine.admission.hold() as hold:
        document = await _read_document(request, engine, hold)
        job, created = await engine.jobs.submit(document, owner, key)
    return submitted(job, created=created, status_code=201)


def submitted(job: Job, *, created: bool, status_code: int) -> JSONResponse:
    """The answer to a submission: how the job stands, and where to ask again."""
    headers = {"Location": f"/v1/jobs/{job.id}"}
    if not created:
        headers[REPLAYED] = "true"
    return JSONResponse(public_status(job), status_code=status_code, headers=headers)


async def _read_document(request: Request, engine: Engine, hold: Hold) -> Any:
    limit, data = engine.settings.max_job_document_bytes, bytearray()

    def take(chunk: bytes) -> None:
        if len(data) + len(chunk) > limit:
            raise _too_large(limit)
        data.extend(chunk)

    if promised_length(request) > limit:
        raise _too_large(limit)
    await take_body(request, engine, hold, take)
    hold.grow(PARSED_JSON * len(data))
    document = await anyio.to_thread.run_sync(partial(read_json, data, "the body", objects=True))
    if not isinstance(document, dict):
        raise UnreadableBody("the body must be a JSON object")
    return document


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"a job's document may have {limit} bytes (EPIPOLE_MAX_JOB_DOCUMENT_BYTES); upload its arrays with "
        "POST /v1/assets and name them"
    )
