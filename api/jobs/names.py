"""What names in a request may look like; nothing else reaches a database or a store."""

import re
from typing import Annotated

from fastapi import Depends, Path, Request

from service.errors import Fault, InvalidParams, NotFound

IDEMPOTENCY_KEY = "Idempotency-Key"
MAX_KEY_LENGTH = 255
_JOB = re.compile(r"[0-9a-z]{1,26}")
_KEY = re.compile(rf"[!-~]{{1,{MAX_KEY_LENGTH}}}")
_NUMBER = re.compile(r"[0-9]{1,18}")
_MAX_SEQUENCE = 2**31 - 1


async def _job_named(job: Annotated[str, Path(description="The id that the job got when it was submitted.")]) -> str:
    if _JOB.fullmatch(job) is None:
        raise NotFound("there is no such job")
    return job


JobName = Annotated[str, Depends(_job_named)]
"""A parameter of a route: the job that its path names. Raises NotFound for what no job can be called."""


def idempotency_key(request: Request) -> str | None:
    """The key under which a submission counts once; None without the header. Raises InvalidParams."""
    given = request.headers.getlist(IDEMPOTENCY_KEY)
    if not given:
        return None
    key = given[0].strip()
    if len(key) > 1 and key.startswith('"') and key.endswith('"'):
        key = key[1:-1]
    if len(given) > 1 or _KEY.fullmatch(key) is None:
        detail = f"must be given once, as 1 to {MAX_KEY_LENGTH} visible ASCII characters; a UUID does well"
        raise InvalidParams([Fault(f"/{IDEMPOTENCY_KEY}", detail)])
    return key


def event_number(text: str | None) -> int:
    """The number in a Last-Event-ID header; 0, before all events, where there is none. Raises InvalidParams."""
    if not text:
        return 0
    if _NUMBER.fullmatch(text) is None:
        raise InvalidParams([Fault("/Last-Event-ID", "is not the id of an event")])
    return min(int(text), _MAX_SEQUENCE)
