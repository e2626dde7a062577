"""Tiles that were with a worker when it was lost, and how often: kept with the job's results, for the next claim."""

import json

from service.jobs.results.objects import ObjectStore

MOST = 3


class Attempts:
    """How often each suspect was tried in vain.

    Parameters
    ----------
    objects, job
        Where the job's results are.
    resumed
        Whether there was a claim before this one, which may have left some.
    """

    def __init__(self, objects: ObjectStore, job: str, *, resumed: bool) -> None:
        self._objects = objects
        self._key = f"{job}/attempts.json"
        self._failed: dict[int, int] = {}
        self._kept = False
        if resumed:
            try:
                text = objects.get(self._key)
            except KeyError:
                return
            self._failed = {int(tile): count for tile, count in json.loads(text).items()}
            self._kept = True

    def __bool__(self) -> bool:
        return bool(self._failed)

    def suspects(self) -> list[int]:
        """The tiles, in their order."""
        return sorted(self._failed)

    def of(self, tile: int) -> int:
        """How often a tile was tried in vain."""
        return self._failed.get(tile, 0)

    def count(self, tiles: tuple[int, ...]) -> None:
        """Note that a worker was lost with these tiles."""
        for tile in tiles:
            self._failed[tile] = self.of(tile) + 1
        self._objects.put(self._key, json.dumps(self._failed).encode())
        self._kept = True

    def acquit(self, tile: int) -> None:
        """Forget a tile, which is computed or given up."""
        self._failed.pop(tile, None)

    def clear(self) -> None:
        """Remove what was kept."""
        if self._kept:
            self._objects.delete(self._key)
            self._kept = False
