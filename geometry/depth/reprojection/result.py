"""What depth reprojection answers."""

from collections.abc import Iterable
from typing import NamedTuple

from geometry.inputs import Array

DEPTH_STATUS = ("ok", "hole", "filled")
"""What the codes in `status` mean."""

SOURCE_STATUS = (
    "visible",
    "no_reading",
    "behind_camera",
    "outside",
    "unrepresentable",
    "occluded",
    "outside_lens",
)
"""What the codes in `source_status` mean; see `Fates`."""

VISIBLE, NO_READING, BEHIND_CAMERA, OUTSIDE, UNREPRESENTABLE, OCCLUDED, OUTSIDE_LENS = range(len(SOURCE_STATUS))


class Fates(NamedTuple):
    """What became of the source pixels; the sum is their number."""

    visible: int
    """Part of the depth of some target pixel."""
    no_reading: int
    behind_camera: int
    outside: int
    """Falls into no pixel of the target."""
    unrepresentable: int
    """The depth in the target does not fit the dtype: rounds to 0 or exceeds its largest value."""
    occluded: int
    """Falls into a pixel that shows others."""
    outside_lens: int
    """One of the two lenses turns back before it gets there."""

    @classmethod
    def of(cls, lost: Iterable[int], visible: int, pixels: int) -> "Fates":
        """Four of them as counted, without lenses, and of the rest those that are not seen are occluded."""
        nothing, behind, outside, unrepresentable = (int(count) for count in lost)
        occluded = pixels - nothing - behind - outside - unrepresentable - visible
        return cls(visible, nothing, behind, outside, unrepresentable, occluded, 0)


class ReprojectedDepth(NamedTuple):
    """A depth map seen from another camera."""

    depth: Array
    """(h, w), dtype of the input; holes are NaN (float) or 0 (integer)."""
    source_index: Array
    """(h, w) int32: plane index y·W + x of the source pixel, of several the one with the largest weight; −1 in
    holes."""
    status: Array
    """(h, w) uint8, codes of `DEPTH_STATUS`."""
    fates: Fates
    image: Array | None = None
    """(h, w[, C]), dtype of the image; what the source's image shows of the same surface."""
    source_status: Array | None = None
    """(H, W) uint8, codes of `SOURCE_STATUS`: the fate of every source pixel."""
