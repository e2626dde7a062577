"""Status codes of many items, told to a reader."""

from collections.abc import Sequence

import numpy as np

from service.arrays.pending import Array

STATUS_NAMES = "What each status code means, by its number."


def status_counts(status: Array, names: Sequence[str]) -> dict[str, int]:
    """How many items have each status, by name."""
    numbers = np.bincount(status.reshape(-1), minlength=len(names))
    return {name: int(number) for name, number in zip(names, numbers, strict=True)}
