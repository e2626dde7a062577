"""The end of a job: what is told of the whole of it, then the manifest, last."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from service.catalogue import operation_named
from service.errors import StorageFailed
from service.jobs.access import Access
from service.jobs.plan.layouts import chunk_shape, write_whole
from service.jobs.plan.plan import Plan
from service.jobs.plan.whole import result_of
from service.jobs.records import Job, TileOutcome
from service.jobs.results.arrays import ArrayLayout, create_array
from service.jobs.results.manifest import write_manifest
from service.jobs.results.objects import ObjectStore, Written, checksum, write_file

ITEM_STATUS = "item_status"
_DONE, _FAILED = 0, 1


def finish_job(job: Job, plan: Plan, outcomes: Iterator[TileOutcome], access: Access) -> int:
    """Write what concerns the whole result, and the manifest last; done again, it is the same.

    Parameters
    ----------
    outcomes
        Of every tile, in order.

    Returns
    -------
    int
        Bytes of the results.

    Raises
    ------
    StorageFailed
        The store cannot be written, or does not hold what the tiles wrote.
    """
    arrays, closing = plan.arrays, Closing(job, plan, access)
    if job.kind == "items":
        arrays = (*arrays, closing.status_layout)
    elif job.kind == "call":
        found = result_of(access.objects, job.id)
        arrays = () if found is None else found[0]
    return write_manifest(access.objects, job.id, job.operation, arrays, closing.outcomes(outcomes)).bytes


class Closing:
    """Outcomes on their way into the manifest; the last one brings what is known only then."""

    def __init__(self, job: Job, plan: Plan, access: Access) -> None:
        self._job, self._plan, self._objects = job, plan, access.objects
        self._counts: Counter[str] = Counter()
        self._status = np.zeros(plan.tiles, np.uint8)

    @property
    def status_layout(self) -> ArrayLayout:
        """The array that says of each item whether it is done."""
        tiles = self._plan.tiles
        chunks = chunk_shape((tiles,), 1)
        shards = (-(-tiles // chunks[0]) * chunks[0],)
        meaning = "Whether each item is done (0) or has failed (1); then the values of the other arrays are the fill."
        return ArrayLayout(ITEM_STATUS, (tiles,), "uint8", chunks, shards, ("item",), "", meaning)

    def outcomes(self, outcomes: Iterator[TileOutcome]) -> Iterator[TileOutcome]:
        """The same, each shard told once."""
        last: TileOutcome | None = None
        for group in self._groups(outcomes):
            for outcome in self._told_once(group):
                self._note(outcome)
                if last is not None:
                    yield last
                last = outcome
        if last is not None:
            yield replace(last, written=(*last.written, *self._close()))

    def _groups(self, outcomes: Iterator[TileOutcome]) -> Iterator[list[TileOutcome]]:
        group: list[TileOutcome] = []
        for outcome in outcomes:
            if group and outcome.tile // self._plan.group != group[0].tile // self._plan.group:
                yield group
                group = []
            group.append(outcome)
        if group:
            yield group

    def _told_once(self, group: Sequence[TileOutcome]) -> list[TileOutcome]:
        """A shard that was written again, for items that had failed before, is told as it is now."""
        versions: dict[str, set[Written]] = {}
        for outcome in group:
            for written in outcome.written:
                versions.setdefault(written[0], set()).add(written)
        current = {key: self._current(key, found) for key, found in versions.items()}
        told = []
        for outcome in group:
            own = dict.fromkeys(key for key, _, _ in outcome.written)
            told.append(replace(outcome, written=tuple(current.pop(key) for key in own if key in current)))
        return told

    def _current(self, key: str, versions: set[Written]) -> Written:
        if len(versions) == 1:
            return next(iter(versions))
        try:
            data = self._objects.get(f"{self._job.id}/{key}")
        except KeyError:
            raise StorageFailed("a part of the results is gone from the store") from None
        return key, f"{checksum(data):08x}", len(data)

    def _note(self, outcome: TileOutcome) -> None:
        self._status[outcome.tile] = _DONE if outcome.state == "done" else _FAILED
        self._counts.update(outcome.detail.get("counts", {}))

    def _close(self) -> list[Written]:
        job, objects = self._job, self._objects
        if job.kind == "items":
            create_array(objects, job.id, self.status_layout)
            return list(write_whole(objects, job.id, self.status_layout, self._status))
        if job.kind == "call":
            found = result_of(objects, job.id)
            return [] if found is None else [_summary(objects, job.id, found[1])]
        tiling = operation_named(job.operation).tiling
        assert tiling is not None
        return [_summary(objects, job.id, tiling.summary(self._plan.detail["grid"], self._counts))]


def _summary(objects: ObjectStore, job: str, values: dict[str, object]) -> Written:
    return write_file(objects, job, "result.json", json.dumps(values, sort_keys=True).encode())
