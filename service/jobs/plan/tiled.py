"""Operations that write their result in tiles."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from geometry.errors import Degenerate, InvalidInput
from service.documents import Document
from service.errors import DegenerateInput, Fault, InvalidParams, ServiceError, StorageFailed, TooLarge
from service.jobs.plan.inputs import Inputs
from service.jobs.plan.layouts import chunk_shape, stored_array
from service.jobs.plan.limits import check_bytes, check_memory
from service.jobs.plan.plan import Plan
from service.jobs.plan.refusal import refusal
from service.jobs.records import TileOutcome
from service.jobs.results.arrays import ArrayLayout, write_block
from service.jobs.results.objects import Written
from service.operation import TiledArray, TileGrid, Tiling

_TASK_SECONDS = 0.4
_MOST_BATCH = 64


def cut(inputs: Inputs) -> TileGrid:
    """The tiles of the result.

    Raises InvalidParams, DegenerateInput, and TooLarge where there were too many or their arrays too large.
    """
    tiling, params = _tiling(inputs), inputs.params(decoded=False)
    check_memory(params.input_bytes(), inputs.access)
    try:
        grid = tiling.plan(params.decoded() if tiling.reads else params, inputs.document.tile)
    except InvalidInput as error:
        raise InvalidParams([Fault("/" + error.argument.replace(".", "/"), error.detail)]) from None
    except Degenerate as error:
        raise DegenerateInput(error.reason, error.detail) from None
    check_bytes(sum(prod(a.shape) * np.dtype(a.dtype).itemsize for a in grid.arrays), inputs.access)
    most = inputs.access.settings.max_job_items
    if grid.tiles > most:
        raise TooLarge(f"there would be {grid.tiles} tiles, more than the {most} of a job (EPIPOLE_MAX_JOB_ITEMS)")
    return grid


def plan_tiled(inputs: Inputs) -> Plan:
    """Lay out the arrays, a shard for each tile of them."""
    grid = cut(inputs)
    layouts = tuple(_layout(inputs, array) for array in grid.arrays)
    batch = max(1, min(_MOST_BATCH, int(_TASK_SECONDS / max(grid.seconds, 1e-4)), grid.tiles))
    return Plan(grid.tiles, layouts, batch, 1, {"grid": dict(grid.detail)})


def run_tiled(
    job: str, inputs: Inputs, plan: Plan, tiles: Sequence[int], check: Callable[[], None]
) -> list[TileOutcome]:
    """Compute tiles and write their blocks."""
    tiling = _tiling(inputs)
    grid = TileGrid(plan.tiles, tuple(map(_tiled_array, plan.arrays)), 0.0, plan.detail["grid"])
    objects, outcomes = inputs.access.objects, []
    for tile in tiles:
        check()
        started = time.perf_counter()
        written: list[Written] = []
        counts: Counter[str] = Counter()
        try:
            with np.errstate(all="ignore"):
                state = inputs.prepared(lambda: tiling.prepare(inputs.params().decoded()))
                for block in tiling.run(state, grid, tile):
                    check()
                    written += write_block(objects, job, plan.layout(block.array), block.start, block.values)
                    counts.update(block.counts)
        except StorageFailed:
            raise
        except (ServiceError, InvalidInput, Degenerate) as error:
            outcomes.append(TileOutcome(tile, "failed", detail=refusal(_as_refusal(error))))
            continue
        detail = {"counts": dict(counts)} if counts else {}
        outcomes.append(TileOutcome(tile, "done", tuple(written), time.perf_counter() - started, detail=detail))
    return outcomes


def _tiling(inputs: Inputs) -> Tiling[Document]:
    tiling: Tiling[Document] | None = inputs.operation.tiling
    assert tiling is not None
    return tiling


def _as_refusal(error: ServiceError | InvalidInput | Degenerate) -> ServiceError:
    if isinstance(error, InvalidInput):
        return InvalidParams([Fault("/" + error.argument.replace(".", "/"), error.detail)])
    return DegenerateInput(error.reason, error.detail) if isinstance(error, Degenerate) else error


def _layout(inputs: Inputs, array: TiledArray) -> ArrayLayout:
    itemsize = np.dtype(array.dtype).itemsize
    chunks = chunk_shape(array.tile, itemsize)
    shards = tuple(-(-tile // chunk) * chunk for tile, chunk in zip(array.tile, chunks, strict=True))
    if any(s != t and t < n for s, t, n in zip(shards, array.tile, array.shape, strict=True)):
        chunks, shards = array.tile, array.tile  # a length that cannot be halved evenly is read whole
    return stored_array(inputs.operation, array.name, array.shape, array.dtype, chunks=chunks, shards=shards)


def _tiled_array(layout: ArrayLayout) -> TiledArray:
    return TiledArray(layout.name, layout.shape, layout.dtype, layout.shards)
