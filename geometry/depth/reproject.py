"""Depth as another camera would see it: every reading moved to its pixel there, the nearest one kept."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands, threads
from geometry.cameras.poses import intrinsic_matrix
from geometry.depth.memory import landing_memory
from geometry.depth.views import (
    MOST_PIXELS,
    DepthKind,
    depth_readings,
    inverse_intrinsics,
    representable_range,
    rigid_motion,
    unit_length,
)
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, extent
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

Splat = Literal["nearest"]

DEPTH_STATUS = ("ok", "hole")
"""What the codes in `status` mean."""

# Added before rounding down. Coordinates that are a half in exact arithmetic come out a few 1e-12 px off; the 1e-9 px
# on top of the half send all of them the same way, up.
_HALF = 0.5 + 2.0**-30
_BAND_PIXELS = 65536
_CHUNK = 512  # pixels of a row whose intermediate values stay in the first-level cache
_NOTHING, _BEHIND, _OUTSIDE, _UNREPRESENTABLE = -1, -2, -3, -4  # instead of a plane index in the target


class Fates(NamedTuple):
    """What became of the source pixels; the sum is their number."""

    no_reading: int
    behind_camera: int
    outside: int
    unrepresentable: int
    """The depth in the target does not fit the dtype: rounds to 0 or exceeds its largest value."""
    occluded: int
    visible: int


class ReprojectedDepth(NamedTuple):
    """A depth map seen from another camera."""

    depth: Array
    """(h, w), dtype of the input; holes are NaN (float) or 0 (integer)."""
    source_index: Array
    """(h, w) int32: plane index y·W + x of the source pixel, −1 in holes."""
    status: Array
    """(h, w) uint8, codes of `DEPTH_STATUS`."""
    fates: Fates


@inline
def _read(depth, absent, values):  # type: ignore[no-untyped-def]
    """Copy readings to float64; 0 where there is none."""
    for i in range(len(depth)):
        value = np.float64(depth[i])
        values[i] = value if (value > 0.0) & (value < np.inf) else 0.0
    for m in range(len(absent)):
        unwanted = absent[m]
        for i in range(len(depth)):
            values[i] = 0.0 if values[i] == unwanted else values[i]


@inline
def _ray_to_z(inverse, y, begin, values):  # type: ignore[no-untyped-def]
    """Divide by the length of K⁻¹ (x, y, 1)."""
    for i in range(len(values)):
        Y = inverse[1, 1] * y + inverse[1, 2]
        X = inverse[0, 0] * (begin + i) + (inverse[0, 1] * y + inverse[0, 2])
        values[i] /= math.sqrt(X * X + Y * Y + 1.0)


@inline
def _project(A, b, y, begin, width, height, values, moved, places):  # type: ignore[no-untyped-def]
    """Move readings: z in the target, and the plane index there or why there is none."""
    c0, c1, c2 = A[0, 1] * y + A[0, 2], A[1, 1] * y + A[1, 2], A[2, 1] * y + A[2, 2]
    a0, a1, a2, b0, b1, b2 = A[0, 0], A[1, 0], A[2, 0], b[0], b[1], b[2]
    for i in range(len(values)):
        x, z = float(begin + i), values[i]
        z_target = z * (a2 * x + c2) + b2
        front = (z > 0.0) & (z_target > 0.0)
        scale = 1.0 / (z_target if front else 1.0)
        u = np.floor((z * (a0 * x + c0) + b0) * scale + _HALF)
        v = np.floor((z * (a1 * x + c1) + b1) * scale + _HALF)
        inside = front & (u >= 0.0) & (u < width) & (v >= 0.0) & (v < height)
        missed = (_OUTSIDE if front else _BEHIND) if z > 0.0 else _NOTHING
        places[i] = v * width + u if inside else missed
        moved[i] = z_target


@inline
def _z_to_ray(A, b, inverse, y, begin, values, moved):  # type: ignore[no-untyped-def]
    """Replace z in the target by the distance from its centre, |K⁻¹ (u, v, 1) z|."""
    for i in range(len(values)):
        x, z = begin + i, values[i]
        u = z * (A[0, 0] * x + (A[0, 1] * y + A[0, 2])) + b[0]
        v = z * (A[1, 0] * x + (A[1, 1] * y + A[1, 2])) + b[1]
        X = inverse[0, 0] * u + inverse[0, 1] * v + inverse[0, 2] * moved[i]
        Y = inverse[1, 1] * v + inverse[1, 2] * moved[i]
        moved[i] = math.sqrt(X * X + Y * Y + moved[i] * moved[i])


@kernel(
    "void(u2[:,::1], f8[::1], f8[:,::1], f8[::1], f8[:,:,::1], b1, f8, f8, f8, f8, i8, i8,"
    " i4[:,::1], f8[:,::1], i8[:,::1])",
    "void({T}[:,::1], f8[::1], f8[:,::1], f8[::1], f8[:,:,::1], b1, f8, f8, f8, f8, i8, i8,"
    " i4[:,::1], {T}[:,::1], i8[:,::1])",
    types=("f4", "f8"),
)
def _land(  # type: ignore[no-untyped-def]
    depth, absent, A, b, inverses, ray, width, height, lowest, highest, start, stop, landing, distance, rows
):
    values, moved, places = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    none = np.int32(2**31 - 1)
    for y in range(start, stop):
        nearest_place, furthest_place = none, np.int32(-1)
        nothing, behind, outside, unrepresentable = 0, 0, 0, 0
        for begin in range(0, depth.shape[1], _CHUNK):
            count = min(_CHUNK, depth.shape[1] - begin)
            _read(depth[y, begin : begin + count], absent, values[:count])
            if ray:
                _ray_to_z(inverses[0], y, begin, values[:count])
            _project(A, b, y, begin, width, height, values[:count], moved, places)
            if ray:
                _z_to_ray(A, b, inverses[1], y, begin, values[:count], moved)
            row_landing, row_distance = landing[y, begin : begin + count], distance[y, begin : begin + count]
            for i in range(count):
                fits = (moved[i] > lowest) & (moved[i] < highest)
                row_landing[i] = np.int32(places[i] if fits | (places[i] < 0.0) else _UNREPRESENTABLE)
                row_distance[i] = moved[i] if fits else 0.0
            for i in range(count):
                place = row_landing[i]
                nothing += place == _NOTHING
                behind += place == _BEHIND
                outside += place == _OUTSIDE
                unrepresentable += place == _UNREPRESENTABLE
                nearest_place = min(nearest_place, place if place >= 0 else none)
                furthest_place = max(furthest_place, place)
        rows[y, 0], rows[y, 1] = nearest_place, furthest_place
        rows[y, 2], rows[y, 3], rows[y, 4], rows[y, 5] = nothing, behind, outside, unrepresentable


@kernel("void(i4[:,::1], {T}[:,::1], i8[:,::1], i8, i8, {T}[:,::1], i4[:,::1], u1[:,::1], i8[::1])", types=("f4", "f8"))
def _keep_nearest(  # type: ignore[no-untyped-def]
    landing, distance, rows, start, stop, nearest, source_index, status, visible
):
    first, places, columns = start * nearest.shape[1], (stop - start) * nearest.shape[1], landing.shape[1]
    near, kept, holes = (
        nearest[start:stop].reshape(places),
        source_index[start:stop].reshape(places),
        status[start:stop].reshape(places),
    )
    near[:] = np.nan
    kept[:] = -1
    for y in range(len(landing)):
        if rows[y, 1] < first or rows[y, 0] >= first + places:
            continue
        row_landing, row_distance = landing[y], distance[y]
        for x in range(columns):
            place = row_landing[x] - first
            if 0 <= place < places:
                new, old, old_index = row_distance[x], near[place], kept[place]
                closer = not old <= new  # an empty place holds NaN, which is not less than or equal to anything
                near[place] = new if closer else old
                kept[place] = np.int32(y * columns + x) if closer else old_index
    for place in range(places):
        holes[place] = kept[place] < 0
    seen = 0
    for place in range(places):
        seen += kept[place] >= 0
    visible[start] = seen


@kernel("void(f8[:,::1], i4[:,::1], i8, i8, {T}[:,::1])", types=("u1", "u2", "i2", "i4"))
def _round(nearest, source_index, start, stop, depth):  # type: ignore[no-untyped-def]
    for y in range(start, stop):
        near, kept, row = nearest[y], source_index[y], depth[y]
        for x in range(len(row)):
            row[x] = np.int32(np.rint(near[x])) if kept[x] >= 0 else np.int32(0)


def reproject_depth(
    depth: ArrayLike,
    source_intrinsics: ArrayLike,
    target_intrinsics: ArrayLike,
    transform: ArrayLike,
    *,
    size: Sequence[int] | None = None,
    splat: Splat = "nearest",
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
) -> ReprojectedDepth:
    """Move every depth reading into another camera's image and keep the nearest one of each pixel.

    `X = R K_s⁻¹ (x, y, 1) z + t`; `(u, v, 1) z' = K_t X`; the target pixel is `floor(u + 0.5), floor(v + 0.5)`.
    Readings with z' ≤ 0 are behind the camera. Of several in a pixel the one with the least resulting depth stays, as
    float32 if the input is float32, otherwise as float64; of equal ones the first in row-major order. A motion of
    nothing changes nothing, to the last bit.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
    source_intrinsics, target_intrinsics
        (3, 3), pixels, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    transform
        (4, 4), rigid, from source to target camera; its rotation is orthonormal to 1e-3.
    size
        (width, height) of the target, pixels; default: the source's.
    splat
        `"nearest"`: each reading fills one pixel.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel, in input and result; the result measures the
        point itself, not the centre of the pixel that it fell into.
    depth_scale
        Length of one depth unit in units of the translation: 0.001 for millimetres with poses in metres. > 0.
    no_reading
        More values that mean no reading, such as 65535.

    Returns
    -------
    ReprojectedDepth
        Integers are rounded half to even.

    Raises
    ------
    InvalidInput
        A shape, dtype, intrinsic matrix, transform or option that is not as above; more than 2^31 − 1 pixels.
    """
    choice(splat, "splat", get_args(Splat))
    ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
    readings = depth_readings(depth, no_reading)
    source, target = (
        intrinsic_matrix(source_intrinsics, "source_intrinsics"),
        intrinsic_matrix(target_intrinsics, "target_intrinsics"),
    )
    rotation, translation = rigid_motion(transform)
    lines, columns = readings.depth.shape
    width, height = (columns, lines) if size is None else extent(size)
    if width * height > MOST_PIXELS:
        raise InvalidInput("size", f"must not have more than {MOST_PIXELS} pixels, came as {width} × {height}")
    inverses = np.stack([inverse_intrinsics(source), inverse_intrinsics(target)])
    A = target @ rotation @ inverses[0]
    b = target @ translation / unit_length(depth_scale)
    if np.array_equal(source, target) and np.array_equal(rotation, np.eye(3)) and not b.any():
        ray = False  # nothing moves: either kind stays as it is, to the last bit only if not converted
    whole = readings.dtype.kind in "iu"
    working = np.dtype("float32" if readings.dtype == np.float32 else "float64")
    landing, distance = landing_memory(lines, columns, working)
    rows = np.empty((lines, 6), np.int64)
    lowest, highest = representable_range(readings.dtype)

    def land(start: int, stop: int) -> None:
        _land(
            readings.depth, readings.absent, A, b, inverses, ray, float(width), float(height), lowest, highest, start,
            stop, landing, distance, rows,
        )  # fmt: skip

    run_bands(land, lines, grain=max(1, _BAND_PIXELS // columns))
    nearest, source_index, status = fresh_arrays(
        *(((height, width), np.dtype(kind)) for kind in (working, np.int32, np.uint8))
    )
    visible = np.zeros(height, np.int64)
    # A band's target rows stay in the second-level cache. It looks through all source rows that reach into it, so
    # that its height must be worth theirs; where they reach everywhere, there are no more bands than threads.
    reach = float(np.maximum(rows[:, 1] // width - rows[:, 0] // width, 0).mean())
    tall = max(int(2 * reach), 2 * _BAND_PIXELS // width, 1)
    run_bands(
        lambda start, stop: _keep_nearest(landing, distance, rows, start, stop, nearest, source_index, status, visible),
        height,
        grain=min(tall, -(-height // threads())),
    )
    result = nearest
    if whole:
        result = np.empty((height, width), readings.dtype)
        run_bands(
            lambda start, stop: _round(nearest, source_index, start, stop, result),
            height,
            grain=max(1, _BAND_PIXELS // width),
        )
    nothing, behind, outside, unrepresentable = (int(count) for count in rows[:, 2:].sum(axis=0))
    seen = int(visible.sum())
    occluded = lines * columns - nothing - behind - outside - unrepresentable - seen
    fates = Fates(nothing, behind, outside, unrepresentable, occluded, seen)
    return ReprojectedDepth(result, source_index, status, fates)
