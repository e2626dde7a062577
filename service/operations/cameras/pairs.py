"""What the operations on pairs of cameras share."""

from typing import Literal

import numpy as np

from geometry.cameras import PAIR_STATUS
from service.arrays.pending import Array

Normalization = Literal["frobenius", "none"]

CONVENTION = "right^T F left = 0"
LEFT = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
RIGHT = [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]
THIRD = [[1, 0, 0, -1], [0, 1, 0, 2], [0, 0, 1, 4]]

NORMALIZATION = "`frobenius`: unit norm, sign kept. `none`: exactly the 4×4 determinants. Never divided by F33."
CONVENTION_FIELD = "The relation that F satisfies for matching points (x, y, 1)."
STATUS_NAMES = "What each status code means, by its number."
STATUS_COUNTS = "How many pairs have each status."


def status_counts(status: Array) -> dict[str, int]:
    """How many items have each status, by name."""
    numbers = np.bincount(status.reshape(-1), minlength=len(PAIR_STATUS))
    return {name: int(number) for name, number in zip(PAIR_STATUS, numbers, strict=True)}
