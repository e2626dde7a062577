"""What all jobs of a runner share, and how they ask for work that may fail on the way."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.jobs.cluster.cluster import Cluster
from service.jobs.cluster.tasks import Answer
from service.jobs.database.lease import LeaseLost
from service.jobs.plan.refusal import UNEXPECTED
from service.jobs.runner.gate import Gate
from service.jobs.runner.leases import Leases

if TYPE_CHECKING:
    from service.jobs.access import Access
    from service.jobs.database.store import JobDatabase

_PAUSES = (0.5, 1.0, 2.0, 4.0)
ENDED_ITS_WORKER: Mapping[str, Any] = {
    "title": "The process that computed this ended",
    "detail": "three times, each time while this was computed; it may need more memory than there is",
}


class JobFailed(Exception):
    """The job cannot be completed."""

    def __init__(self, reason: Mapping[str, Any]) -> None:
        super().__init__(str(reason.get("detail")))
        self.reason = reason


@dataclass(frozen=True)
class Surroundings:
    """What all jobs of a runner share.

    Attributes
    ----------
    threads
        For calls that block.
    report
        Told of every finished task: its tiles that are done, those that failed, its seconds.
    """

    database: "JobDatabase"
    access: "Access"
    cluster: Cluster
    leases: Leases
    gate: Gate
    threads: Executor
    report: Callable[[int, int, float], None]


async def settled(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask for a task until a store that fails has had some seconds to recover.

    The answer is `done` or `broken`. Raises JobFailed with the reason of a refusal, LeaseLost where another claim has
    stopped the work.
    """
    for pause in (*_PAUSES, None):
        answer = await ask()
        if answer.kind == "storage" and pause is not None:
            await asyncio.sleep(pause)
            continue
        if answer.kind == "stopped":
            raise LeaseLost("the work was stopped from elsewhere")
        if answer.kind in ("storage", "refused"):
            raise JobFailed(answer.reason)
        return answer
    raise JobFailed(UNEXPECTED)
