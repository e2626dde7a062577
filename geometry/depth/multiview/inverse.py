"""Depth maps as inverse depths: what views are compared by."""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.depth.jumps import DOWN, RIGHT, surface_links
from geometry.depth.multiview.posed import PosedView
from geometry.depth.views import Readings
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

_BAND_PIXELS = 32768
_LEAST = 2.0**-120  # of depths: float32 holds the inverse
_NO_RAYS = np.empty((0, 0, 2))
_NO_LINKS = np.empty((0, 0), np.uint8)


class InverseDepth(NamedTuple):
    """What a view says about distances: its camera, and 1/z of its readings."""

    view: PosedView
    nearness: Array
    """(H, W) float32: 1/z in world units, 0 for no reading, so that it is off by 2^-24 of itself at most. Negative
    where the four readings from this one on, to the right and below, belong to one surface; the size counts."""
    ideal: Array | None
    """(H, W, 2) float64, px: where K alone shows the rays of the pixels, NaN where there is none; None without a
    lens."""
    nearest: float
    furthest: float
    """Of the readings, along the optical axis, world units; 0 and 0 if there is none."""


@kernel(
    "void({T}[:,::1], f8[::1], u1[:,::1], f8[:,:,::1], b1, f8, i8, i8, f4[:,::1], f4[:,::1])",
    types=("f4", "f8"),
)
def _nearness(depth, absent, links, rays, along_rays, scale, start, stop, nearness, ranges):  # type: ignore[no-untyped-def]
    lines, columns = depth.shape
    longer = np.ones(columns)
    for y in range(start, stop):
        readings, row = depth[y], nearness[y]
        if len(rays) > 0:
            seen = rays[y]
            for x in range(columns):
                X, Y = seen[x, 0], seen[x, 1]
                longer[x] = np.sqrt(X * X + Y * Y + 1.0) if along_rays | (X != X) else 1.0
        for x in range(columns):
            z = np.float64(readings[x]) * scale / longer[x]
            row[x] = np.float32(1.0 / z) if (z > _LEAST) & (z < np.inf) else np.float32(0.0)
        for m in range(len(absent)):
            unwanted = absent[m]
            for x in range(columns):
                row[x] = np.float32(0.0) if readings[x] == unwanted else row[x]
        low, high = np.float32(np.inf), np.float32(0.0)
        for x in range(columns):
            value = row[x]
            low = min(low, value if value > 0.0 else np.float32(np.inf))
            high = max(high, value)
        ranges[y, 0], ranges[y, 1] = low, high
        if (len(links) > 0) & (y + 1 < lines):
            across, below = links[y], links[y + 1]
            for x in range(columns - 1):
                cell = ((across[x] & RIGHT) != 0) & ((across[x] & DOWN) != 0)
                cell &= ((below[x] & RIGHT) != 0) & ((across[x + 1] & DOWN) != 0)
                row[x] = -row[x] if cell else row[x]


def inverse_depth(
    readings: Readings, view: PosedView, scale: float, *, along_rays: bool, surfaces: bool, max_jump: float
) -> InverseDepth:
    """Turn readings into inverse depths.

    Parameters
    ----------
    scale
        Length of one depth unit, world units.
    along_rays
        Whether readings are distances along the rays.
    surfaces, max_jump
        Whether to tell which cells belong to one surface, and where surfaces end (see `jumps`).
    """
    depth = readings.depth if readings.depth.dtype != np.uint16 else readings.depth.astype(np.float32)
    lines, columns = depth.shape
    lens = view.optics.lens is not None
    rays = view.optics.rays(lines, columns) if lens or along_rays else _NO_RAYS
    links = surface_links(readings, max_jump) if surfaces else _NO_LINKS
    (nearness,) = fresh_arrays((depth.shape, np.dtype(np.float32)))
    ranges = np.empty((lines, 2), np.float32)
    run_bands(
        lambda start, stop: _nearness(
            depth, readings.absent, links, rays, along_rays, scale, start, stop, nearness, ranges
        ),
        lines,
        grain=max(1, _BAND_PIXELS // columns),
    )
    low, high = float(ranges[:, 0].min()), float(ranges[:, 1].max())
    nearest, furthest = (1 / high, 1 / low) if high > 0 else (0.0, 0.0)
    return InverseDepth(view, nearness, _ideal(view, rays) if lens else None, nearest, furthest)


def _ideal(view: PosedView, rays: Array) -> Array:
    (fx, skew, cx), (_, fy, cy), _ = view.optics.intrinsics.tolist()
    ideal = np.empty_like(rays)
    ideal[:, :, 0] = fx * rays[:, :, 0] + (skew * rays[:, :, 1] + cx)
    ideal[:, :, 1] = fy * rays[:, :, 1] + cy
    return ideal
