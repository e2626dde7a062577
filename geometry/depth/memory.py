"""Memory for what a call needs only while it runs, kept for the next call: new pages cost as much as the work."""

import threading

import numpy as np

from geometry.inputs import Array

_MOST_PIXELS = 2**22  # 50 MB a thread; larger frames get memory of their own

_kept = threading.local()


def landing_memory(lines: int, columns: int, dtype: np.dtype[np.generic]) -> tuple[Array, Array]:
    """Lend (lines, columns) int32 indices and depths of a float `dtype`, until the next call of this thread."""
    pixels = lines * columns
    if pixels > _MOST_PIXELS:
        return np.empty((lines, columns), np.int32), np.empty((lines, columns), dtype)
    if len(getattr(_kept, "landing", ())) < pixels:
        _kept.landing, _kept.distance = np.empty(pixels, np.int32), np.empty(pixels)
    landing, distance = _kept.landing[:pixels], _kept.distance.view(dtype)[:pixels]
    return landing.reshape(lines, columns), distance.reshape(lines, columns)


def key_memory(places: int) -> Array:
    """Lend (places,) uint64, until the next call of this thread."""
    if places > _MOST_PIXELS:
        return np.empty(places, np.uint64)
    if len(getattr(_kept, "keys", ())) < places:
        _kept.keys = np.empty(places, np.uint64)
    keys: Array = _kept.keys[:places]
    return keys
