"""Structuring elements: the pixels that a morphological operation looks at around each pixel, as runs along rows."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.filters.window import Pair, pair
from geometry.inputs import Array, choice, real_array

SHAPES = ("rectangle", "ellipse", "cross", "diamond", "line")
_LARGEST_SIDE = 65_536


class Runs(NamedTuple):
    """A set of pixels in a box of (kh, kw): in row `rows[n]`, `lengths[n]` of them from column `starts[n]` on."""

    size: tuple[int, int]
    rows: Array
    starts: Array
    lengths: Array

    @property
    def rectangle(self) -> bool:
        """Whether they fill the box."""
        return len(self.rows) == self.size[0] and bool((self.lengths == self.size[1]).all())

    def mask(self) -> Array:
        """The box, uint8, 1 for the pixels of the set."""
        edges = np.zeros((self.size[0], self.size[1] + 1), np.int64)
        np.add.at(edges, (self.rows, self.starts), 1)
        np.add.at(edges, (self.rows, self.starts + self.lengths), -1)
        mask: Array = edges.cumsum(axis=1)[:, :-1].astype(np.uint8)
        return mask

    def reflected(self) -> "Runs":
        """The set turned by half a turn within its box."""
        height, width = self.size
        return self._replace(rows=height - 1 - self.rows, starts=width - self.starts - self.lengths)

    def trimmed(self) -> tuple["Runs", tuple[int, int]]:
        """The set in the smallest box that holds it, and how many rows and columns went before."""
        top, left = int(self.rows.min()), int(self.starts.min())
        size = int(self.rows.max()) + 1 - top, int((self.starts + self.lengths).max()) - left
        return Runs(size, self.rows - top, self.starts - left, self.lengths), (top, left)


def structuring_element(shape: str, size: Pair) -> Array:
    """Draw a structuring element.

    Parameters
    ----------
    shape
        `rectangle`; `ellipse`, inscribed in the box, as OpenCV draws it; `cross`, the row and the column of the centre;
        `diamond`, the pixels with `|y| / (kh // 2) + |x| / (kw // 2) ≤ 1`; `line`, the pixels nearest to the segment
        from the first to the last corner of the box (a row or a column of the box where one side is 1).
    size
        (kh, kw), or one number for both, 1 … 65 536. The centre is (kh // 2, kw // 2).

    Returns
    -------
    Array
        (kh, kw), uint8, 0 or 1.

    Raises
    ------
    InvalidInput
        The shape is not known; the size is not as above.
    """
    return drawn_runs(shape, size).mask()


def drawn_runs(shape: str, size: Pair) -> Runs:
    """The runs of `structuring_element`."""
    choice(shape, "shape", SHAPES)
    height, width = pair(size, "size")
    if max(height, width) > _LARGEST_SIDE:
        raise InvalidInput("size", f"must be at most {_LARGEST_SIDE}, came as {(height, width)}")
    rows, half, middle = np.arange(height), height // 2, width // 2
    starts, stops = np.zeros(height, np.int64), np.full(height, width)
    if shape in ("ellipse", "diamond"):
        away = np.abs(rows - half)
        if shape == "ellipse":
            reach = np.rint(middle * np.sqrt((half**2 - away**2) / max(half**2, 1))).astype(np.int64)
        else:
            reach = (
                np.where(away < half, middle * (half - away) // max(half, 1), 0) if half else np.full(height, middle)
            )
        starts, stops = np.maximum(middle - reach, 0), np.minimum(middle + reach + 1, width)
    elif shape == "cross":
        starts, stops = np.where(rows == half, 0, middle), np.where(rows == half, width, middle + 1)
    elif shape == "line" and height > 1:
        # The pixel nearest to the segment in each step along the longer side, ties to the first.
        columns = np.arange(max(height, width))
        steps = max(height, width) - 1
        y, x = ((2 * columns * (side - 1) + steps - 1) // (2 * steps) for side in (height, width))
        starts = np.searchsorted(y, rows, "left")
        stops = np.searchsorted(y, rows, "right")
        starts, stops = x[starts], x[stops - 1] + 1
    return Runs((height, width), rows, starts, stops - starts)


def mask_runs(element: ArrayLike) -> Runs:
    """The runs of an array that is not 0 where the element has a pixel."""
    mask = real_array(element, "element", ("kh", "kw")) != 0
    if not mask.any():
        raise InvalidInput("element", "must have a pixel that is not 0")
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edges == 1)
    return Runs((mask.shape[0], mask.shape[1]), rows, starts, np.nonzero(edges == -1)[1] - starts)
