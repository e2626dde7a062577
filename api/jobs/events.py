"""`GET /v1/jobs/{job}/events`: a job watched while it runs, as server-sent events."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Annotated

from fastapi import Header, Request
from fastapi.responses import Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic_core import to_json

from api.access import Owner, engine_of
from api.jobs.names import JobName, event_number
from api.sending import StreamResponse
from service.jobs.records import FINISHED, JobEvent

MEDIA_TYPE = "text/event-stream"
_RETRY_MILLISECONDS = 2000
_TICK_SECONDS = 1.0
_HEARTBEAT_SECONDS = 15.0
# nginx would hold back events until its buffer is full.
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def watch_job(
    request: Request,
    job: JobName,
    owner: Owner,
    last_event_id: Annotated[
        str | None, Header(description="The `id` of the latest event that was seen; those after it are sent.")
    ] = None,
) -> Response:
    """Send every state and progress event of the job after the given one, until the last. Where there is none left to
    come the answer is 204, which tells a browser not to come again.
    """
    engine, after = engine_of(request), event_number(last_event_id)
    found = await engine.jobs.get(job, owner)
    events = engine.jobs.watch(job, owner, after)
    first = None
    if found.state in FINISHED:
        first = await anext(events, None)
        if first is None:
            return Response(status_code=204)
    return StreamResponse(
        frames(lambda: engine.draining, events, first),
        engine.settings.body_timeout,
        media_type=MEDIA_TYPE,
        headers=_HEADERS,
    )


async def frames(
    ending: Callable[[], bool], events: AsyncGenerator[JobEvent, None], first: JobEvent | None
) -> AsyncGenerator[bytes, None]:
    """Events on the wire, `first` before the others; comments while nothing happens; an end where the service ends."""
    yield format_sse_event(retry=_RETRY_MILLISECONDS)
    if first is not None:
        yield _frame(first)
    clock = asyncio.get_running_loop().time
    latest, coming = clock(), None
    try:
        while not ending():
            coming = coming or asyncio.ensure_future(anext(events, None))
            done, _ = await asyncio.wait({coming}, timeout=_TICK_SECONDS)
            if done:
                event, coming, latest = coming.result(), None, clock()
                if event is None:
                    return
                yield _frame(event)
            elif clock() - latest >= _HEARTBEAT_SECONDS:
                latest = clock()
                yield KEEPALIVE_COMMENT
            else:
                yield b""
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        await events.aclose()


def _frame(event: JobEvent) -> bytes:
    return format_sse_event(data_str=to_json(event.data).decode(), event=event.kind, id=str(event.seq))
