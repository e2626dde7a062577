"""The best partners of each camera, kept in heaps while scores come block by block."""

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import inline, kernel

_BAND_PAIRS = 1 << 17


@inline
def _replace_worst(indices, scores, index, score):  # type: ignore[no-untyped-def]
    """Put a partner in the place of the worst one, at the root; of equal scores the higher number is worse."""
    size, at = len(scores), 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            scores[other] < scores[child] or (scores[other] == scores[child] and indices[other] > indices[child])
        ):
            child = other
        if score < scores[child] or (score == scores[child] and index > indices[child]):
            break
        scores[at], indices[at] = scores[child], indices[child]
        at = child
    scores[at], indices[at] = score, index


@kernel("void(f8[:,::1], i8, i8, i8, i8, i8[:,::1], f8[:,::1])")
def _keep_best(block, first, rows, start, stop, indices, scores):  # type: ignore[no-untyped-def]
    for r in range(rows):
        i, row = first + r, block[r]
        for c in range(max(start, i + 1), stop):
            if row[c] > scores[c, 0]:
                _replace_worst(indices[c], scores[c], i, row[c])
        if start <= i < stop:
            for j in range(i + 1, len(indices)):
                if row[j] > scores[i, 0]:
                    _replace_worst(indices[i], scores[i], j, row[j])


class Neighbours:
    """Up to k partners of each of N cameras, by score, lower numbers first among equals."""

    def __init__(self, cameras: int, k: int) -> None:
        self._indices, self._scores = np.full((cameras, k), -1), np.zeros((cameras, k))

    def take(self, block: Array, first: int, rows: int) -> None:
        """Consider the scores of cameras `first:first + rows` with those of higher numbers; blocks come in order.

        A camera's partners thus come in order too, and a later one of equal score never replaces an earlier one.
        """
        if self._scores.shape[1] == 0:
            return
        run_bands(
            lambda start, stop: _keep_best(block, first, rows, start, stop, self._indices, self._scores),
            len(self._scores),
            grain=max(1, _BAND_PAIRS // max(1, rows)),
        )

    def sorted(self) -> tuple[Array, Array]:
        """Numbers (N, k), −1 for none, and scores (N, k), 0 for none; best first."""
        order = np.lexsort((self._indices, -self._scores), axis=-1)
        return np.take_along_axis(self._indices, order, axis=1), np.take_along_axis(self._scores, order, axis=1)
