"""The tiles that are still to be computed, in their order."""

from collections.abc import Collection, Iterator

from service.jobs.plan.plan import Plan


class Remaining:
    """Tiles that nobody has taken yet; whole groups are taken together, for they write the same shards.

    Parameters
    ----------
    plan
        Of the job.
    without
        Tiles that need not be computed, or not from here.
    """

    def __init__(self, plan: Plan, without: Collection[int]) -> None:
        self.count = plan.tiles - len(without)
        self._groups = self._all(plan, without)

    def take(self, batch: int) -> tuple[int, ...]:
        """Take `batch` tiles or a few more; none when all are taken."""
        taken: list[int] = []
        while len(taken) < batch and (group := next(self._groups, None)) is not None:
            taken += group
        self.count -= len(taken)
        return tuple(taken)

    @staticmethod
    def _all(plan: Plan, without: Collection[int]) -> Iterator[list[int]]:
        for first in range(0, plan.tiles, plan.group):
            group = [tile for tile in range(first, min(first + plan.group, plan.tiles)) if tile not in without]
            if group:
                yield group
