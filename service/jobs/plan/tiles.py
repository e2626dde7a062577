"""Tiles computed: what a task does, in whatever process it runs."""

from collections.abc import Callable, Sequence

from service.jobs.access import Access
from service.jobs.plan.inputs import inputs_of
from service.jobs.plan.item_tiles import run_items
from service.jobs.plan.plan import Plan, TaskSpec
from service.jobs.plan.stopping import stoppable
from service.jobs.plan.tiled import run_tiled
from service.jobs.plan.whole import run_whole
from service.jobs.records import TileOutcome


def run_tiles(job: TaskSpec, tiles: Sequence[int], access: Access, check: Callable[[], None]) -> list[TileOutcome]:
    """Compute tiles of a planned job and write what they are; their files are on disk when this returns.

    Parameters
    ----------
    job
        Its plan is there.
    tiles
        As `Plan.tasks` gives them: no two tasks at a time have tiles of one group.
    check
        Called between tiles, and between bands of rows inside of them; stops the work by raising.

    Returns
    -------
    list
        An outcome each. A tile whose parameters are refused has failed; the others go on.

    Raises
    ------
    StorageFailed
        The results cannot be written.
    """
    assert job.plan is not None
    plan, inputs = Plan.from_json(job.plan), inputs_of(job, access)
    with stoppable(check) as guarded:
        if job.kind == "items":
            return run_items(job.id, inputs, plan, tiles, guarded)
        if job.kind == "tiled":
            return run_tiled(job.id, inputs, plan, tiles, guarded)
        return run_whole(job.id, inputs, tiles, guarded)
