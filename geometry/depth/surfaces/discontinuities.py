"""Where a depth map goes from one surface to another."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.depth.jumps import DOWN, MAX_JUMP, READING, RIGHT, surface_links
from geometry.depth.views import depth_readings
from geometry.inputs import Array
from geometry.memory import fresh_arrays

DISCONTINUITY_STATUS = ("ok", "occluding", "occluded", "both", "beside_no_reading", "no_reading")
"""What the codes in `status` mean. `occluding`: a neighbour lies on another surface, farther away; `occluded`: nearer;
`both`: one of each, as pixels that mixed two surfaces have. `beside_no_reading`: none of these, but a neighbour has no
reading."""

_BAND_PIXELS = 65536


class DepthDiscontinuities(NamedTuple):
    """Which pixels have a neighbour on another surface."""

    mask: Array
    """(H, W) bool: `occluding`, `occluded` or `both`."""
    status: Array
    """(H, W) uint8, codes of `DISCONTINUITY_STATUS`."""


def _flag_rows(depth: Array, links: Array, start: int, stop: int, mask: Array, status: Array) -> None:
    """Compare all pairs of neighbours that have one in rows `start:stop`; arrays are of all rows."""
    first, last = max(0, start - 1), min(len(links), stop + 1)
    near, known = depth[first:last], (links[first:last] & READING) != 0
    nearer, farther, alone = (np.zeros(near.shape, np.bool_) for _ in range(3))
    pairs = (
        (np.s_[:, :-1], np.s_[:, 1:], RIGHT),
        (np.s_[:-1], np.s_[1:], DOWN),
    )
    for one, other, bit in pairs:
        both = known[one] & known[other]
        cut = both & ((links[first:last][one] & bit) == 0)
        rises = near[one] < near[other]
        farther[one] |= cut & rises
        nearer[other] |= cut & rises
        nearer[one] |= cut & ~rises
        farther[other] |= cut & ~rises
        alone[one] |= ~both
        alone[other] |= ~both
    codes = farther.view(np.uint8) + 2 * nearer.view(np.uint8)
    codes = np.where(known, np.where((codes == 0) & alone, np.uint8(4), codes), np.uint8(5))
    status[start:stop] = codes[start - first : stop - first]
    mask[start:stop] = (nearer | farther)[start - first : stop - first]


def depth_discontinuities(
    depth: ArrayLike, *, no_reading: Sequence[float] = (), max_jump: float = MAX_JUMP
) -> DepthDiscontinuities:
    """Find the pixels whose neighbours to the left, right, above or below belong to other surfaces.

    Two neighbours belong to one surface where `|z₁ − z₂| ≤ max_jump · min(z₁, z₂)`, or where their step in 1/z is one
    of three steps in a row, in its row or column, that are alike within `max_jump · min(1/z₁, 1/z₂)`: 1/z of a plane
    is linear in the image, at any slant.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
    no_reading
        More values that mean no reading, such as 65535.
    max_jump
        ≥ 0, relative to the nearer of two depths.

    Raises
    ------
    InvalidInput
        A shape, dtype or option that is not as above; more than 2^31 − 1 pixels.
    """
    readings = depth_readings(depth, no_reading)
    links = surface_links(readings, max_jump)
    mask, status = fresh_arrays((links.shape, np.dtype(np.bool_)), (links.shape, np.dtype(np.uint8)))
    run_bands(
        lambda start, stop: _flag_rows(readings.depth, links, start, stop, mask, status),
        len(links),
        grain=max(1, _BAND_PIXELS // links.shape[1]),
    )
    return DepthDiscontinuities(mask, status)
