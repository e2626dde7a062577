"""How far a job is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ENDS = ("successful", "failed", "dismissed")


@dataclass(frozen=True)
class JobStatus:
    """How far a job was when the service was asked.

    Attributes
    ----------
    kind
        `call`: one execution; `items`: one execution each; `tiled`: an operation that writes its result in tiles.
    state
        `accepted`, `running`, `successful`, `failed` or `dismissed`.
    progress
        0 to 100; 100 only when the job is successful.
    tiles_total
        None until the job is planned.
    rate
        Tiles a second; None while nothing can be said.
    eta_seconds
        Seconds until the end; None while nothing can be said.
    reason
        Why it failed: `title`, `detail` and what else the service says of it.
    cancelling
        It was cancelled and its work has not ended yet.
    results_expire
        When the results are deleted; None before the job has finished.
    """

    id: str
    operation: str
    kind: str
    state: str
    progress: float
    tiles_done: int
    tiles_total: int | None
    tiles_failed: int
    priority: int
    created: datetime | None
    started: datetime | None
    finished: datetime | None
    results_expire: datetime | None
    rate: float | None
    eta_seconds: float | None
    reason: Mapping[str, Any] | None
    cancelling: bool

    @property
    def unit(self) -> str:
        """What is counted: `items`, or `tiles` of one result."""
        return "items" if self.kind == "items" else "tiles"

    @property
    def ended(self) -> bool:
        """Whether it is successful, failed or dismissed."""
        return self.state in ENDS


def status_of(document: Mapping[str, Any]) -> JobStatus:
    """Read the status that the service sends; what a later service adds is passed over."""

    def moment(name: str) -> datetime | None:
        text = document.get(name)
        return None if text is None else datetime.fromisoformat(text)

    return JobStatus(
        id=document["id"],
        operation=document["operation"],
        kind=document.get("kind", ""),
        state=document["state"],
        progress=float(document.get("progress", 0.0)),
        tiles_done=document.get("tiles_done", 0),
        tiles_total=document.get("tiles_total"),
        tiles_failed=document.get("tiles_failed", 0),
        priority=document.get("priority", 0),
        created=moment("created"),
        started=moment("started"),
        finished=moment("finished"),
        results_expire=moment("results_expire"),
        rate=document.get("rate"),
        eta_seconds=document.get("eta_seconds"),
        reason=document.get("reason"),
        cancelling=bool(document.get("cancelling", False)),
    )
