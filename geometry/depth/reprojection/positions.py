"""Where the readings of one camera lie in another's image, lenses included, and what becomes of those that do not."""

from typing import NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.depth.optics import Optics
from geometry.depth.reprojection.landing import _HALF, _ray_to_z, _read, _z_to_ray
from geometry.depth.reprojection.result import (
    BEHIND_CAMERA,
    NO_READING,
    OCCLUDED,
    OUTSIDE,
    OUTSIDE_LENS,
    UNREPRESENTABLE,
)
from geometry.depth.views import Motion, Readings
from geometry.inputs import Array
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

SEGMENT = 128  # pixels of a source row whose target rows are known together
_SNAP = 2.0**-30  # px; coordinates this near to a whole number are whole
_NOWHERE = 2**31 - 1
_BAND_PIXELS = 16384  # whose rays and points stay in the second-level cache


class Positions(NamedTuple):
    """The readings of a source in the target."""

    u: Array
    """(H, W) float64, px; NaN where there is no reading or it cannot be part of the result."""
    v: Array
    z: Array
    """(H, W) float64, depth units: along the target's axis."""
    distance: Array
    """The depth that the result holds: the same array, or of `"ray"` depths the distance from the target's centre."""
    fates: Array
    """(H, W) uint8, codes of `SOURCE_STATUS`; OCCLUDED for what falls into a pixel, as long as none shows it."""
    reach: Array
    """(H, segments, 2) int32: the first and the last target row with a corner of a pixel's surroundings."""

    def source_rows(self, start: int, stop: int) -> tuple[int, int]:
        """First and end of the source rows of which something may reach target rows `start:stop`."""
        first, last = self.reach[:, :, 0].min(axis=1), self.reach[:, :, 1].max(axis=1)
        rows = np.flatnonzero((first < stop) & (last >= start))
        return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)


@inline
def _settle(values, u, v, z, distance, fates, lensed, width, height, lowest, highest):  # type: ignore[no-untyped-def]
    """Settle the fates of readings, where 0 is none; positions that lead nowhere become NaN."""
    for i in range(len(values)):
        across, down = np.rint(u[i]), np.rint(v[i])
        across = across if abs(u[i] - across) < _SNAP else u[i]
        down = down if abs(v[i] - down) < _SNAP else v[i]
        column, row = np.floor(across + _HALF), np.floor(down + _HALF)
        inside = (column >= 0.0) & (column < width) & (row >= 0.0) & (row < height)
        fits = (distance[i] > lowest) & (distance[i] < highest)
        seen, reading, front = abs(across) + abs(down) < np.inf, values[i] > 0.0, z[i] > 0.0
        unseen = OUTSIDE_LENS if lensed & (not seen) else OUTSIDE
        fate = (OCCLUDED if fits else UNREPRESENTABLE) if inside else unseen
        behind = OUTSIDE_LENS if lensed & (not abs(z[i]) < np.inf) else BEHIND_CAMERA
        fate = fate if front else behind
        fates[i] = np.uint8(fate if reading else NO_READING)
        kept = reading & front & fits & seen
        u[i], v[i] = across if kept else np.nan, down if kept else np.nan
        z[i], distance[i] = z[i] if kept else np.nan, distance[i] if kept else np.nan


@inline
def _reach(u, v, width, height):  # type: ignore[no-untyped-def]
    """First and last target row around some of the positions that have a pixel of the target around them."""
    first, last = np.int32(_NOWHERE), np.int32(-2)
    for i in range(len(u)):
        near = (u[i] > -1.0) & (u[i] < width) & (v[i] > -1.0) & (v[i] < height)
        top = np.int32(np.floor(v[i] if near else 0.0))
        first = min(first, top if near else np.int32(_NOWHERE))
        last = max(last, top if near else np.int32(-2))
    return first, last + 1


@inline
def _project(A, b, y, begin, values, u, v, z):  # type: ignore[no-untyped-def]
    """Move readings without lenses, by the same arithmetic as in `landing`."""
    c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
    a0, a1, a2, b0, b1, b2 = A[0, 0], A[1, 0], A[2, 0], b[0], b[1], b[2]
    for i in range(len(values)):
        x, reading = float(begin + i), values[i]
        ahead = reading * (a2 * x + c2) + b2
        scale = 1.0 / (ahead if ahead > 0.0 else 1.0)
        u[i], v[i], z[i] = (reading * (a0 * x + c0) + b0) * scale, (reading * (a1 * x + c1) + b1) * scale, ahead


@kernel(
    "void(f8[:,::1], f8[::1], f8[:,::1], f8[::1], f8[:,:,::1], b1, b1, f8, f8, f8, f8, i8,"
    " f8[:,::1], f8[:,::1], f8[:,::1], f8[:,::1], u1[:,::1], i4[:,:,::1])"
)
def _settle_rows(  # type: ignore[no-untyped-def]
    depth, absent, A, b, inverses, ray, lensed, width, height, lowest, highest, start, u, v, z, distance, fates, reach
):
    """Settle the fates of rows; without lenses, move their readings first."""
    buffer, spare = np.empty(SEGMENT), np.empty(SEGMENT)
    for line in range(len(depth)):
        y = start + line
        for segment in range(reach.shape[1]):
            begin, end = segment * SEGMENT, min(depth.shape[1], (segment + 1) * SEGMENT)
            values, across, down = buffer[: end - begin], u[line, begin:end], v[line, begin:end]
            ahead, away = z[line, begin:end], spare[: end - begin]
            if ray:
                away = distance[line, begin:end]
            _read(depth[line, begin:end], absent, values)
            if not lensed:
                if ray:
                    _ray_to_z(inverses[0], y, begin, values)
                _project(A, b, y, begin, values, across, down, ahead)
                if ray:
                    away[:] = ahead
                    _z_to_ray(A, b, inverses[1], y, begin, values, away)
            if not ray:
                away[:] = ahead
            _settle(values, across, down, ahead, away, fates[line, begin:end], lensed, width, height, lowest, highest)
            reach[line, segment, 0], reach[line, segment, 1] = _reach(across, down, width, height)


class Passage(NamedTuple):
    """Two full cameras: how the readings of one get into the other."""

    source: Optics
    target: Optics
    rotation: Array
    shift: Array
    """(3,) float64, depth units: the translation."""
    motion: Motion
    """The same without lenses."""

    @property
    def straight(self) -> bool:
        """Whether neither camera has a lens."""
        return self.source.lens is None and self.target.lens is None

    def lensed_rows(self, depth: Array, start: int) -> tuple[Array, Array, Array, Array]:
        """(rows · W,) each: u, v, z and the depth of the result; NaN where a lens shows nothing."""
        rays = self.source.ray_rows(start, start + len(depth), depth.shape[1])
        x, y = rays[:, :, 0].reshape(-1), rays[:, :, 1].reshape(-1)
        points = np.empty((x.size, 3))
        with np.errstate(all="ignore"):
            values = depth.reshape(-1)
            if self.motion.ray:
                values = values / np.sqrt(x * x + y * y + 1.0)
            # Sums written out are the same for any number of rows, which products of matrices need not be.
            for axis, (a, b, c) in enumerate(self.rotation.tolist()):
                points[:, axis] = (x * a + y * b + c) * values + self.shift[axis]
            z = np.ascontiguousarray(points[:, 2])
            seen = self.target.pixels(points)
            distance = np.sqrt(points[:, 0] ** 2 + points[:, 1] ** 2 + z * z) if self.motion.ray else z
        return seen[:, 0], seen[:, 1], z, distance


def positions(readings: Readings, passage: Passage) -> Positions:
    """Move the readings of a depth map into the target's image."""
    depth, motion = readings.depth, passage.motion
    lines, columns = shape = depth.shape
    u, v, z = fresh_arrays(*[(shape, np.dtype(np.float64))] * 3)
    (fates,) = fresh_arrays((shape, np.dtype(np.uint8)))
    distance = fresh_arrays((shape, np.dtype(np.float64)))[0] if motion.ray else z
    (reach,) = fresh_arrays(((lines, -(-columns // SEGMENT), 2), np.dtype(np.int32)))

    def block(start: int, stop: int) -> None:
        values = depth[start:stop].astype(np.float64, copy=False)
        rows = [plane[start:stop] for plane in (u, v, z, distance, fates, reach)]
        if not passage.straight:
            for plane, moved in zip(rows, passage.lensed_rows(values, start), strict=False):
                plane[:] = moved.reshape(plane.shape)
        _settle_rows(
            values, readings.absent, motion.A, motion.b, motion.inverses, motion.ray, not passage.straight,
            *motion.bounds, start, *rows,
        )  # fmt: skip

    tall = max(1, _BAND_PIXELS // columns)

    def work(start: int, stop: int) -> None:
        for top in range(start, stop, tall):
            block(top, min(top + tall, stop))

    run_bands(work, lines, grain=tall)
    return Positions(u, v, z, distance, fates, reach)
