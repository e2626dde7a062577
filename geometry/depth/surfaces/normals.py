"""Normals of the surfaces that a depth map shows."""

import math
from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.depth.jumps import DOWN, MAX_JUMP, READING, RIGHT, surface_links
from geometry.depth.optics import Optics, camera_optics
from geometry.depth.views import DepthKind, Readings, depth_readings, rigid_motion
from geometry.inputs import Array, choice
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

NORMAL_STATUS = ("ok", "no_reading", "no_neighbours", "outside_lens")
"""What the codes in `status` mean; `no_neighbours`: not two that belong to the surface, one beside and one above or
below; `outside_lens`: the lens sees no ray there before the camera."""

_OK, _NO_READING, _NO_NEIGHBOURS, _OUTSIDE_LENS = range(len(NORMAL_STATUS))
_BAND_PIXELS = 16384


class DepthNormals(NamedTuple):
    """One normal a pixel."""

    normals: Array
    """(H, W, 3) float32, of unit length, towards the camera; NaN where the status is not `ok`."""
    status: Array
    """(H, W) uint8, codes of `NORMAL_STATUS`."""


@inline
def _point_row(readings, links, rays, ray, points):  # type: ignore[no-untyped-def]
    """Points of a row between a column of NaN on either side."""
    for x in range(np.uint64(len(readings))):
        X, Y = rays[x, 0], rays[x, 1]
        z = readings[x] if ((links[x] & READING) != 0) & (X == X) else np.nan
        if ray:
            z /= math.sqrt(X * X + Y * Y + 1.0)
        points[0, x + 1], points[1, x + 1], points[2, x + 1] = X * z, Y * z, z


@inline
def _difference(forth, back, here, before, after):  # type: ignore[no-untyped-def]
    """Between the neighbours that belong to the surface, the point itself in place of those that do not."""
    return (after if forth else here) - (before if back else here)


@kernel("void(f8[:,::1], i8, u1[:,::1], f8[:,:,::1], i8, b1, f8[:,::1], i8, i8, f4[:,::1], u1[:,::1])")
def _normals(depth, top, links, rays, first, ray, R, start, stop, normals, status):  # type: ignore[no-untyped-def]
    lines, columns = links.shape
    points = np.full((3, 3, columns + 2), np.nan)
    flags = np.zeros((3, columns + 2), np.uint8)
    for y in range(start - 1, stop + 1):
        if 0 <= y < lines:
            _point_row(depth[y - top], links[y], rays[y - first], ray, points[(y + 3) % 3])
            for x in range(columns):
                flags[(y + 3) % 3, x + 1] = links[y, x]
        at = y - 1
        if at < start:
            continue
        above, here, below = points[(at + 2) % 3], points[at % 3], points[(at + 1) % 3]
        linked_above, linked_here = flags[(at + 2) % 3], flags[at % 3]
        row, codes = normals[at], status[at]
        for x in range(np.uint64(columns)):
            link = linked_here[x + 1]
            right = ((link & RIGHT) != 0) & (here[2, x + 2] == here[2, x + 2])
            left = ((linked_here[x] & RIGHT) != 0) & (here[2, x] == here[2, x])
            down = ((link & DOWN) != 0) & (below[2, x + 1] == below[2, x + 1])
            up = ((linked_above[x + 1] & DOWN) != 0) & (above[2, x + 1] == above[2, x + 1])
            X, Y, Z = here[0, x + 1], here[1, x + 1], here[2, x + 1]
            a0 = _difference(right, left, X, here[0, x], here[0, x + 2])
            a1 = _difference(right, left, Y, here[1, x], here[1, x + 2])
            a2 = _difference(right, left, Z, here[2, x], here[2, x + 2])
            b0 = _difference(down, up, X, above[0, x + 1], below[0, x + 1])
            b1 = _difference(down, up, Y, above[1, x + 1], below[1, x + 1])
            b2 = _difference(down, up, Z, above[2, x + 1], below[2, x + 1])
            # Lengths of 1e-150 have no squares, and those of 1e150 neither: in units of the depth they are near 1.
            unit = 1.0 / Z
            a0, a1, a2, b0, b1, b2 = a0 * unit, a1 * unit, a2 * unit, b0 * unit, b1 * unit, b2 * unit
            n0, n1, n2 = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0
            length = math.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
            away = n0 * X * unit + n1 * Y * unit + n2 > 0.0
            factor = (-1.0 if away else 1.0) / (length if length > 0.0 else 1.0)
            n0, n1, n2 = n0 * factor, n1 * factor, n2 * factor
            row[3 * x] = R[0, 0] * n0 + R[0, 1] * n1 + R[0, 2] * n2
            row[3 * x + 1] = R[1, 0] * n0 + R[1, 1] * n1 + R[1, 2] * n2
            row[3 * x + 2] = R[2, 0] * n0 + R[2, 1] * n1 + R[2, 2] * n2
            lost = _NO_NEIGHBOURS if Z == Z else _OUTSIDE_LENS
            code = (_OK if length > 0.0 else lost) if (link & READING) != 0 else _NO_READING
            codes[x] = code
            if code != _OK:
                row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = np.nan


def normals_of(readings: Readings, optics: Optics, ray: bool, rotation: Array, max_jump: float) -> tuple[Array, Array]:
    """Normals (H, W, 3) float32 of checked readings, turned by a rotation, and their status (H, W) uint8."""
    links = surface_links(readings, max_jump)
    rows, columns = links.shape
    U, _, Vt = np.linalg.svd(rotation)  # unit vectors stay so
    R = np.ascontiguousarray(U @ Vt)
    normals, status = fresh_arrays(((rows, 3 * columns), np.dtype(np.float32)), (links.shape, np.dtype(np.uint8)))
    for top, bottom, first, rays in optics.ray_blocks(rows, columns, margin=1):

        def work(start: int, stop: int, top: int = top, first: int = first, rays: Array = rays) -> None:
            start, stop = top + start, top + stop
            before = max(0, start - 1)
            depth = readings.depth[before : stop + 1].astype(np.float64, copy=False)
            with np.errstate(all="ignore"):  # what has no neighbours is divided by 0
                _normals(depth, before, links, rays, first, ray, R, start, stop, normals, status)

        run_bands(work, bottom - top, grain=max(1, _BAND_PIXELS // columns))
    return normals.reshape(rows, columns, 3), status


def depth_normals(
    depth: ArrayLike,
    intrinsics: ArrayLike,
    *,
    distortion: ArrayLike | None = None,
    model: str = "brown",
    transform: ArrayLike | None = None,
    depth_kind: DepthKind = "z",
    no_reading: Sequence[float] = (),
    max_jump: float = MAX_JUMP,
) -> DepthNormals:
    """Find the normal of the surface at every depth reading: `n ~ (X_right − X_left) × (X_below − X_above)`.

    A neighbour on another surface, or without a reading, is replaced by the pixel itself: differences are one-sided at
    edges. On planes all of them lie in the plane, so that the normal is exact there. Of the two signs that towards the
    camera is taken: `n · X ≤ 0`.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
        Its unit does not matter.
    intrinsics
        (3, 3), pixels, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    distortion, model
        The lens, as of `depth_to_points`; default: none.
    transform
        (4, 4), rigid, from the camera to the frame of the normals, of which only the rotation counts; default: none.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel.
    no_reading
        More values that mean no reading, such as 65535.
    max_jump
        ≥ 0; two neighbours belong to one surface where their depths differ by no more than this share of the nearer
        one, or where they continue a plane (the rule is that of `depth_discontinuities`).

    Raises
    ------
    InvalidInput
        A shape, dtype, intrinsic matrix, lens, transform or option that is not as above; more than 2^31 − 1 pixels.
    """
    ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
    readings = depth_readings(depth, no_reading)
    optics = camera_optics(intrinsics, distortion, model)
    rotation, _ = rigid_motion(np.eye(4) if transform is None else transform)
    return DepthNormals(*normals_of(readings, optics, ray, rotation, max_jump))
