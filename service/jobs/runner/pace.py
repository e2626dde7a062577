"""How many tiles a task takes: as many as fill about half a second."""

_AIM = 0.5
_GROWTH = 8
_MOST_TILES = 1000  # their outcomes travel in one message and are recorded in one transaction
_WEIGHT = 0.3


class Pace:
    """Learns from finished tasks how long tiles take.

    Parameters
    ----------
    first
        Tiles of the first tasks.
    """

    def __init__(self, first: int) -> None:
        self._batch = max(1, min(first, _MOST_TILES))
        self._seconds: float | None = None

    def note(self, tiles: int, seconds: float) -> None:
        """Learn from a task."""
        each = seconds / tiles
        self._seconds = each if self._seconds is None else (1 - _WEIGHT) * self._seconds + _WEIGHT * each
        aim = int(_AIM / max(self._seconds, 1e-6))
        self._batch = max(1, min(aim, self._batch * _GROWTH, _MOST_TILES))

    def batch(self, remaining: int, slots: int) -> int:
        """Tiles of the next task, of so many that remain for so many slots: the last tasks end together."""
        return max(1, min(self._batch, -(-remaining // max(1, slots))))
