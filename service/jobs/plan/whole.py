"""One execution as a job: one tile, whose arrays are written from their beginning to their end."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from service.arrays.pending import ArrayStream
from service.errors import ServiceError, StorageFailed
from service.execution import Call, compute, price
from service.jobs.plan.inputs import Inputs
from service.jobs.plan.item_files import file_of
from service.jobs.plan.layouts import is_stored, whole_array, write_whole
from service.jobs.plan.refusal import refusal
from service.jobs.records import TileOutcome
from service.jobs.results.arrays import ArrayLayout, create_array
from service.jobs.results.objects import ObjectStore, Written, write_file

_RESULT = "plan/result.json"


def whole_call(inputs: Inputs, *, decoded: bool = True) -> Call:
    """The call, validated and priced. Raises as it would when somebody waits for it, but for the time it takes."""
    return price(inputs.operation, inputs.params(decoded=decoded), inputs.access.unhurried)


def run_whole(job: str, inputs: Inputs, tiles: Sequence[int], check: Callable[[], None]) -> list[TileOutcome]:
    """Compute the call and write its result."""
    started = time.perf_counter()
    written: list[Written] = []
    try:
        call = whole_call(inputs)
        check()
        result = compute(call)
        layouts, files = [], {}
        for name, array in result.arrays().items():
            check()
            if not is_stored(tuple(array.shape), array.dtype.name):
                whole = array.collect() if isinstance(array, ArrayStream) else np.asarray(array)
                _, data = file_of(call, name, whole, "npy", inputs.access.settings)
                written.append(write_file(inputs.access.objects, job, f"{name}.npy", data))
                files[name] = [written[-1][0], list(whole.shape), whole.dtype.name]
                continue
            layouts.append(whole_array(inputs.operation, name, tuple(array.shape), array.dtype.name))
            create_array(inputs.access.objects, job, layouts[-1])
            with np.errstate(all="ignore"):  # as `compute`; streams compute while they are written
                for one in write_whole(inputs.access.objects, job, layouts[-1], array):
                    check()
                    written.append(one)
        kept = {"arrays": [layout.to_json() for layout in layouts], "result": result.scalars()}
        inputs.access.objects.put(f"{job}/{_RESULT}", json.dumps(kept).encode())
    except StorageFailed:
        raise
    except ServiceError as error:
        return [TileOutcome(tile, "failed", detail=refusal(error)) for tile in tiles]
    detail: dict[str, Any] = {"files": files} if files else {}
    return [TileOutcome(0, "done", tuple(written), time.perf_counter() - started, detail=detail)]


def result_of(objects: ObjectStore, job: str) -> tuple[tuple[ArrayLayout, ...], dict[str, Any]] | None:
    """The arrays of the result and what it says beside them; None where the call failed."""
    try:
        kept = json.loads(objects.get(f"{job}/{_RESULT}"))
    except KeyError:
        return None
    return tuple(map(ArrayLayout.from_json, kept["arrays"])), kept["result"]
