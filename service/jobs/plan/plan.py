"""The plan of a job: how many tiles there are, which of them go together, and the arrays that they write."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from service.jobs.records import JobKind
from service.jobs.results.arrays import ArrayLayout


class TaskSpec(Protocol):
    """What computing a tile needs to know of its job; a `Job` is one, and so is a `Task`."""

    @property
    def id(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def kind(self) -> JobKind: ...
    @property
    def plan(self) -> str | None: ...


@dataclass(frozen=True)
class Task:
    """The part of a job that travels to workers: small, whatever the size of the document."""

    id: str
    owner: str
    operation: str
    kind: JobKind
    plan: str | None

    @classmethod
    def of(cls, job: TaskSpec) -> Self:
        """The task of a job."""
        return cls(job.id, job.owner, job.operation, job.kind, job.plan)


@dataclass(frozen=True)
class Plan:
    """How a job is cut into tiles.

    Attributes
    ----------
    tiles
        How many there are; of items, one each.
    arrays
        Result arrays that the tiles write into, metadata already written.
    batch
        How many tiles one task should take, a first guess; a multiple of `group`.
    group
        Tiles k·group … (k+1)·group − 1 write the same shards: never in two tasks at a time.
    detail
        What else the tiles need, JSON-ready and small; lists of items are in the object store.
    """

    tiles: int
    arrays: tuple[ArrayLayout, ...] = ()
    batch: int = 1
    group: int = 1
    detail: Mapping[str, Any] = field(default_factory=dict)

    def tasks(self, recorded: Collection[int], batch: int | None = None) -> Iterator[tuple[int, ...]]:
        """The tiles that are not `recorded`, task by task: whole groups, about `batch` tiles each."""
        length = -(-(batch or self.batch) // self.group) * self.group
        for first in range(0, self.tiles, length):
            missing = tuple(t for t in range(first, min(first + length, self.tiles)) if t not in recorded)
            if missing:
                yield missing

    def layout(self, name: str) -> ArrayLayout:
        """The array of that name."""
        return next(layout for layout in self.arrays if layout.name == name)

    def to_json(self) -> str:
        """The plan as text, for the job's record."""
        arrays = [layout.to_json() for layout in self.arrays]
        plan = {"tiles": self.tiles, "arrays": arrays, "batch": self.batch, "group": self.group, "detail": self.detail}
        return json.dumps(plan, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The plan that `to_json` wrote."""
        plan = json.loads(text)
        return cls(**plan | {"arrays": tuple(map(ArrayLayout.from_json, plan["arrays"]))})
