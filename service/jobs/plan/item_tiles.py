"""Running items: each by itself, their results together."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import structlog

from service.arrays.pending import Array, ArrayStream
from service.errors import ServiceError, StorageFailed
from service.execution import Call, compute
from service.jobs.plan.inputs import Inputs
from service.jobs.plan.item_files import file_of
from service.jobs.plan.itemwise import item_call
from service.jobs.plan.plan import Plan
from service.jobs.plan.refusal import UNEXPECTED, refusal
from service.jobs.plan.stopping import Stopped
from service.jobs.records import TileOutcome
from service.jobs.results.arrays import ArrayLayout, write_block
from service.jobs.results.objects import Written, write_file
from service.jobs.results.slices import read_slice

_MOST_DETAIL = 700  # characters; an outcome is to stay under 1 kB
_log = structlog.get_logger()


class Group:
    """Items that write the same shards, on their way: results gathered, then written at once."""

    def __init__(self, job: str, inputs: Inputs, plan: Plan, number: int) -> None:
        self._job, self._inputs, self._plan = job, inputs, plan
        self._objects = inputs.access.objects
        self._first = number * plan.group
        self._length = min(plan.group, plan.tiles - self._first)
        self._blocks: dict[str, Array] = {}

    def run(self, tiles: Sequence[int], check: Callable[[], None]) -> list[TileOutcome]:
        """Compute these items and write the shards; items that are not among them keep what they have."""
        if len(tiles) < self._length:
            self._read_others()
        outcomes = []
        for tile in tiles:
            check()
            outcomes.append(self._outcome(tile))
        check()
        done = next((at for at, outcome in enumerate(outcomes) if outcome.state == "done"), None)
        if done is not None:
            outcome = outcomes[done]
            outcomes[done] = _with_written(outcome, self._write())
        return outcomes

    def _outcome(self, tile: int) -> TileOutcome:
        started = time.perf_counter()
        fields = self._inputs.items.fields(tile) if self._inputs.items is not None else {}
        told: dict[str, Any] = {"fields": fields} if fields else {}
        written: list[Written] = []
        try:
            told |= self._compute(tile, written)
            state = "done"
        except (StorageFailed, Stopped, MemoryError):
            raise
        except ServiceError as error:
            told |= refusal(error)
            state = "failed"
        except Exception:  # noqa: BLE001 -- a fault of one item is not to end the others
            _log.exception("an item failed unexpectedly", job=self._job, item=tile)
            told |= UNEXPECTED
            state = "failed"
        seconds = time.perf_counter() - started
        return TileOutcome(tile, "done" if state == "done" else "failed", tuple(written), seconds, detail=told)

    def _compute(self, tile: int, written: list[Written]) -> dict[str, Any]:
        call = item_call(self._inputs, tile)
        result = compute(call)
        files: dict[str, list[Any]] = {}
        stacked: list[tuple[ArrayLayout, Array]] = []
        layouts = {layout.name: layout for layout in self._plan.arrays}
        kept = self._inputs.document.arrays
        for name, array in result.arrays().items():
            if kept is not None and name not in kept:
                continue
            whole = array.collect() if isinstance(array, ArrayStream) else np.asarray(array)
            layout = layouts.get(name)
            if layout is not None and (whole.shape, whole.dtype.name) == (layout.shape[1:], layout.dtype):
                stacked.append((layout, whole))
            else:
                written.append(self._write_file(call, tile, name, whole))
                files[name] = [written[-1][0], list(whole.shape), whole.dtype.name]
        for layout, whole in stacked:
            self._block(layout)[tile - self._first] = whole
        told: dict[str, Any] = {"files": files} if files else {}
        scalars = result.scalars()
        text = json.dumps(scalars, separators=(",", ":"))
        if len(text) + len(json.dumps(told)) <= _MOST_DETAIL:
            return told | {"result": scalars}
        written.append(write_file(self._objects, self._job, f"items/{tile:06d}/result.json", text.encode()))
        return told | {"result_file": written[-1][0]}

    def _write_file(self, call: Call, tile: int, name: str, whole: Array) -> Written:
        form = self._plan.detail.get("files", "npy")
        suffix, data = file_of(call, name, whole, form, self._inputs.access.settings)
        return write_file(self._objects, self._job, f"items/{tile:06d}/{name}.{suffix}", data)

    def _block(self, layout: ArrayLayout) -> Array:
        if layout.name not in self._blocks:
            shape = (self._length, *layout.shape[1:])
            self._blocks[layout.name] = np.full(shape, layout.fill, layout.dtype)
        return self._blocks[layout.name]

    def _read_others(self) -> None:
        part = f"{self._first}:{self._first + self._length}"
        for layout in self._plan.arrays:
            whole = self._block(layout)
            whole[...] = read_slice(self._objects, self._job, layout, part, most=whole.nbytes)

    def _write(self) -> tuple[Written, ...]:
        written: list[Written] = []
        for layout in self._plan.arrays:
            corner = (self._first, *(0 for _ in layout.shape[1:]))
            written += write_block(self._objects, self._job, layout, corner, self._block(layout))
        return tuple(written)


def run_items(
    job: str, inputs: Inputs, plan: Plan, tiles: Sequence[int], check: Callable[[], None]
) -> list[TileOutcome]:
    """Compute items, group by group."""
    groups: dict[int, list[int]] = {}
    for tile in sorted(set(tiles)):
        groups.setdefault(tile // plan.group, []).append(tile)
    return [outcome for number, own in groups.items() for outcome in Group(job, inputs, plan, number).run(own, check)]


def _with_written(outcome: TileOutcome, written: tuple[Written, ...]) -> TileOutcome:
    return replace(outcome, written=(*outcome.written, *written))
