"""`Prefer: respond-async`: the call of an operation becomes a job, its attachments assets of the caller."""

import asyncio
from contextlib import aclosing
from typing import Any

import anyio.to_thread
from fastapi import Request
from fastapi.responses import Response

from api import problems
from api.jobs.answer import Asked, answer_of
from api.jobs.names import idempotency_key
from api.jobs.preference import RESPOND_ASYNC, WAIT, Preference
from api.jobs.submission import submitted
from service import engine as engines
from service.arrays.pending import PendingArray
from service.arrays.reference import Attachment
from service.assets import AssetStore
from service.engine import PARSED_JSON, Engine
from service.errors import Fault, InvalidParams, TooLarge
from service.jobs.records import FINISHED, Job
from service.media import npy
from service.media.answer import raw_bytes

APPLIED = "Preference-Applied"
_TICK_SECONDS = 0.5


async def defer(request: Request, engine: Engine, call: engines.Request, preference: Preference) -> Response:
    """Make the call a job, and answer where it is: 202. If the caller would wait, and the job has ended by then, the
    answer is the one that the call would have had.

    Raises what a submission raises, and where the caller would wait what the call would be refused with before it is
    computed.
    """
    key, name, owner = idempotency_key(request), call.operation.name, call.owner
    _check_size(call, engine)
    form = None
    with engine.admission.hold() as parsed:
        parsed.grow(PARSED_JSON * call.json_bytes)
        params = await anyio.to_thread.run_sync(_params, call, engine.assets)
        asked = Asked(call.operation, params, owner, call.accepted, call.weighed, call.array)
        if preference.wait:
            form = await anyio.to_thread.run_sync(asked.form, engine)
        try:
            job, created = await engine.jobs.submit({"operation": name, "params": params}, owner, key)
        except InvalidParams as error:
            raise InvalidParams([_of_call(fault) for fault in error.faults]) from None
    if preference.wait:
        job = await _awaited(engine, job, owner, min(preference.wait, engine.settings.request_timeout))
        applied = f"{RESPOND_ASYNC}, {WAIT}={preference.wait}"
        headers = {APPLIED: applied, "Link": f'</v1/jobs/{job.id}>; rel="monitor"'}
        if job.state == "successful" and form is not None:
            return await answer_of(engine, job, asked, *form, headers)
        if job.state == "failed" and job.reason is not None:
            return problems.recorded_problem(request, job.reason.get("first", job.reason), headers)
    answer = submitted(job, created=created, status_code=202)
    answer.headers[APPLIED] = RESPOND_ASYNC
    return answer


def _check_size(call: engines.Request, engine: Engine) -> None:
    limit = engine.settings.max_job_document_bytes
    if call.json_bytes > limit:
        raise TooLarge(
            f"the parameters of a job may have {limit} bytes as JSON (EPIPOLE_MAX_JOB_DOCUMENT_BYTES); attach its "
            "arrays, or upload them with POST /v1/assets"
        )


def _of_call(fault: Fault) -> Fault:
    """A fault of a job's document, where the call has it."""
    return Fault(fault.pointer.removeprefix("/params"), fault.detail)


def _params(call: engines.Request, assets: AssetStore) -> dict[str, Any]:
    """The document, with what was attached stored and named."""
    document = call.document()
    twice = sorted(set(document) & set(call.attachments))
    if twice:
        raise InvalidParams(
            [Fault(f"/{name}", "is given both in the JSON document and as an attachment") for name in twice]
        )
    stored = {name: {"asset": _store(array, assets, call.owner)} for name, array in call.attachments.items()}
    return {**document, **stored}


def _store(array: Attachment | PendingArray, assets: AssetStore, owner: str) -> str:
    upload = assets.upload(owner)
    try:
        if isinstance(array, Attachment):
            upload.write(array.data)
        else:
            upload.write(npy.npy_header(array.shape, array.dtype))
            upload.write(raw_bytes(array.load()))
        return upload.commit()
    except BaseException:
        upload.discard()
        raise


async def _awaited(engine: Engine, job: Job, owner: str, seconds: float) -> Job:
    """The job at its end, or as it stands after some seconds, or when the service is to end."""

    async def end() -> None:
        async with aclosing(engine.jobs.watch(job.id, owner)) as events:
            async for event in events:
                if event.data["state"] in FINISHED:
                    return

    clock = asyncio.get_running_loop().time
    due, ending = clock() + seconds, asyncio.create_task(end())
    try:
        while not (ending.done() or engine.draining) and (left := due - clock()) > 0:
            await asyncio.wait({ending}, timeout=min(left, _TICK_SECONDS))
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
    return await engine.jobs.get(job.id, owner)
