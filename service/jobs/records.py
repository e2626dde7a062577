"""What the job database holds, as values: jobs, the outcomes of their tiles, the events that watchers see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JobState = Literal["accepted", "running", "successful", "failed", "dismissed"]
JobKind = Literal["call", "items", "tiled"]

FINISHED: tuple[JobState, ...] = ("successful", "failed", "dismissed")


@dataclass(frozen=True)
class Submission:
    """A job that somebody asks for.

    Attributes
    ----------
    kind
        `call`: one execution; `items`: one execution each; `tiled`: an operation that writes its result in tiles.
    document
        The job's request as canonical JSON (sorted keys, no spaces); arrays in it are lists, assets or URIs.
    priority
        −10 to 10; of one owner's jobs, the greater first.
    """

    owner: str
    operation: str
    kind: JobKind
    document: str
    priority: int = 0
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Job:
    """A row of the job database. Times are seconds since the epoch, UTC.

    Attributes
    ----------
    tiles_total
        Known once the job is planned.
    reason
        Why it failed: `title` and `detail`, and what else the refusal of a call would have said.
    cancelling
        Somebody asked to dismiss it, and its work has not ended yet.
    fence
        Counts the claims; what an earlier claim writes is refused.
    plan
        JSON that the planner wrote and the tiles read.
    results_expire
        When the results are deleted; None before the job has finished.
    paced_from, paced_tiles, updated
        When the current run of its tiles began, how many were recorded by then, and when the last was.
    """

    id: str
    owner: str
    operation: str
    kind: JobKind
    state: JobState
    document: str
    priority: int
    created: float
    started: float | None = None
    finished: float | None = None
    tiles_total: int | None = None
    tiles_done: int = 0
    tiles_failed: int = 0
    reason: Mapping[str, Any] | None = None
    cancelling: bool = False
    fence: int = 0
    plan: str | None = None
    result_bytes: int = 0
    results_expire: float | None = None
    paced_from: float | None = None
    paced_tiles: int = 0
    updated: float | None = None

    @property
    def progress(self) -> float:
        """Share of the tiles that are done or failed, 0 to 100; 100 only when the job is successful."""
        if self.state == "successful":
            return 100.0
        if not self.tiles_total:
            return 0.0
        return min(99.9, round(100.0 * (self.tiles_done + self.tiles_failed) / self.tiles_total, 1))


@dataclass(frozen=True)
class TileOutcome:
    """What became of a tile; under 1 kB.

    Attributes
    ----------
    written
        (key, CRC-32 in hexadecimal, bytes) of every object that the tile wrote, keys relative to the job's results.
    detail
        What the manifest says of the tile beyond this, such as scalars of an item, or why it failed (`title`,
        `detail`).
    """

    tile: int
    state: Literal["done", "failed"]
    written: tuple[tuple[str, str, int], ...] = ()
    seconds: float = 0.0
    worker: str = ""
    attempts: int = 1
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class JobEvent:
    """Something that a watcher is told. `kind` is `state` or `progress`; `data` is the job's public status then."""

    seq: int
    at: float
    kind: str
    data: Mapping[str, Any]
