"""Which neighbouring readings belong to one surface: the rule that everything in this package cuts by.

Two neighbouring readings belong together where they differ by no more than `max_jump` times the nearer one. A larger
step is still one surface where it is one of three steps in a row, in its row or column, that are alike: no step in 1/z
differs from the next by more than the largest that the first sentence allows.

The inverse depth of a plane is linear in the image, so that the second sentence holds for planes at any slant, such as
a floor under the horizon. A step from one surface to another stands alone, and so do the two of a pixel that mixed
them.
"""

import numpy as np

from geometry.bands import run_bands
from geometry.depth.reprojection.landing import _read
from geometry.depth.views import Readings
from geometry.errors import InvalidInput
from geometry.inputs import Array, finite_number
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

MAX_JUMP = 0.02
"""A plane's step from pixel to pixel is about tan(slant) / f of its depth: 2 % are reached at 84° from its normal with
f = 500 px, at 87° with 1000 px. Of two parallel walls at 2 m, 4 cm apart are told from one; sensors' noise is less."""

READING, RIGHT, DOWN, RISING = 1, 2, 4, 8
"""Bits of a link map: there is a reading; it belongs together with the next in its row; with the next in its column;
of the four readings from here on, the two diagonals' ends, those of the one that rises to the right differ less."""

_LEAST = 2.0**-1000  # so that differences of inverses do not leave float64
_BEFORE, _AFTER = 2, 3
_ROWS = _BEFORE + 1 + _AFTER
_BAND_PIXELS = 65536


@inline
def linked(before_2, before_1, one, other, after_1, after_2, max_jump):  # type: ignore[no-untyped-def]
    """Whether the middle two of six inverse depths in a line belong together; NaN where there is no reading."""
    most = max_jump * min(one, other)
    step = other - one
    alike_before = abs((before_1 - before_2) - (one - before_1)) <= most
    alike_one = abs((one - before_1) - step) <= most
    alike_other = abs((after_1 - other) - step) <= most
    alike_after = abs((after_2 - after_1) - (after_1 - other)) <= most
    steady = (alike_one & (alike_before | alike_other)) | (alike_other & alike_after)
    return (abs(step) <= most) | steady


@inline
def inverse_depths(readings, absent, values, inverses):  # type: ignore[no-untyped-def]
    """1/z of a row, NaN where there is no reading; `values` is for use in between."""
    _read(readings, absent, values)
    for x in range(len(values)):
        inverses[x] = 1.0 / max(values[x], _LEAST) if values[x] > 0.0 else np.nan


@kernel("void({T}[:,::1], f8[::1], f8, i8, i8, u1[:,::1])", types=("f4", "f8"))
def _links(depth, absent, max_jump, start, stop, links):  # type: ignore[no-untyped-def]
    lines, columns = depth.shape
    values = np.empty(columns)
    known = np.empty((_ROWS, _BEFORE + columns + _AFTER))
    known[:] = np.nan
    for y in range(start - _BEFORE, stop + _AFTER):
        newest = known[(y + _ROWS) % _ROWS][_BEFORE : _BEFORE + columns]
        if 0 <= y < lines:
            inverse_depths(depth[y], absent, values, newest)
        else:
            newest[:] = np.nan
        at = y - _AFTER
        if at < start:
            continue
        row, flags = known[(at + _ROWS) % _ROWS], links[at]
        up_2, up_1 = known[(at - 2 + _ROWS) % _ROWS][_BEFORE:], known[(at - 1 + _ROWS) % _ROWS][_BEFORE:]
        here, down_1 = row[_BEFORE:], known[(at + 1 + _ROWS) % _ROWS][_BEFORE:]
        down_2, down_3 = known[(at + 2 + _ROWS) % _ROWS][_BEFORE:], newest
        for x in range(np.uint64(columns)):
            across = linked(row[x], row[x + 1], row[x + 2], row[x + 3], row[x + 4], row[x + 5], max_jump)
            below = linked(up_2[x], up_1[x], here[x], down_1[x], down_2[x], down_3[x], max_jump)
            rising = abs(here[x + 1] - down_1[x]) < abs(here[x] - down_1[x + 1])
            flags[x] = (
                np.uint8(here[x] > 0.0) * READING + np.uint8(across) * RIGHT + np.uint8(below) * DOWN
                + np.uint8(rising) * RISING
            )  # fmt: skip


def jump_share(max_jump: float) -> float:
    """Check `max_jump`: a number that is not negative.

    Raises
    ------
    InvalidInput
        It is.
    """
    share = finite_number(max_jump, "max_jump")
    if share < 0:
        raise InvalidInput("max_jump", f"must not be negative, came as {share:g}")
    return share


def surface_links(readings: Readings, max_jump: float = MAX_JUMP) -> Array:
    """Find which neighbouring readings belong to one surface: (H, W) uint8 of READING | RIGHT | DOWN | RISING."""
    share = jump_share(max_jump)
    depth = readings.depth if readings.depth.dtype != np.uint16 else readings.depth.astype(np.float32)
    (links,) = fresh_arrays((depth.shape, np.dtype(np.uint8)))
    run_bands(
        lambda start, stop: _links(depth, readings.absent, share, start, stop, links),
        depth.shape[0],
        grain=max(1, _BAND_PIXELS // depth.shape[1]),
    )
    return links
