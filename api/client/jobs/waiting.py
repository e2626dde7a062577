"""Waiting for the end of a job by asking now and then."""

import time

from api.client.call import Conversation, Wait, converse
from api.client.jobs.calls import status_call
from api.client.jobs.status import JobStatus
from api.client.retries import Retries

_FIRST, _LONGEST = 0.02, 1.0  # seconds between two questions
_SHARE = 0.1  # of the time that has passed, between them: an end is noticed this much late at most


def wait_talk(job: str, retries: Retries, timeout: float | None) -> Conversation[JobStatus]:
    """Ask for a job's status until it has ended. Raises TimeoutError after `timeout` seconds."""
    begin = time.monotonic()
    while True:
        status = yield from converse(status_call(job), retries)
        if status.ended:
            return status
        passed = time.monotonic() - begin
        if timeout is not None and passed >= timeout:
            raise TimeoutError(f"the job {job} was {status.state} after {timeout:g} s, at {status.progress:g} %")
        pause = min(_LONGEST, max(_FIRST, _SHARE * passed))
        yield Wait(pause if timeout is None else min(pause, timeout - passed), busy=False)
