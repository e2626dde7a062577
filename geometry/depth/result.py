"""What depth reprojection answers."""

from typing import NamedTuple

from geometry.inputs import Array

DEPTH_STATUS = ("ok", "hole")
"""What the codes in `status` mean."""


class Fates(NamedTuple):
    """What became of the source pixels; the sum is their number."""

    no_reading: int
    behind_camera: int
    outside: int
    unrepresentable: int
    """The depth in the target does not fit the dtype: rounds to 0 or exceeds its largest value."""
    occluded: int
    visible: int

    @classmethod
    def of(cls, lost: Array, visible: int, pixels: int) -> "Fates":
        """The first four as counted, and of the rest those that are not seen are occluded."""
        nothing, behind, outside, unrepresentable = (int(count) for count in lost)
        occluded = pixels - nothing - behind - outside - unrepresentable - visible
        return cls(nothing, behind, outside, unrepresentable, occluded, visible)


class ReprojectedDepth(NamedTuple):
    """A depth map seen from another camera."""

    depth: Array
    """(h, w), dtype of the input; holes are NaN (float) or 0 (integer)."""
    source_index: Array
    """(h, w) int32: plane index y·W + x of the source pixel, −1 in holes."""
    status: Array
    """(h, w) uint8, codes of `DEPTH_STATUS`."""
    fates: Fates
