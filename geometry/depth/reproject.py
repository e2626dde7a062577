"""Depth as another camera would see it: every reading moved to its pixel there, the nearest one kept."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands, threads
from geometry.cameras.poses import intrinsic_matrix
from geometry.depth.landing import _land, _land_single
from geometry.depth.memory import key_memory, landing_memory
from geometry.depth.result import Fates, ReprojectedDepth
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
from geometry.inputs import choice, extent
from geometry.kernel import inline, kernel
from geometry.memory import fresh_arrays

Splat = Literal["nearest"]

_BAND_PIXELS = 65536
_EMPTY = 0x7FC00000_FFFFFFFF  # NaN and −1: greater than every key of a reading


@inline
def _exact_distance(depth, A, b, source):  # type: ignore[no-untyped-def]
    """Recompute z in the target as it was before it became float32."""
    y, x = source // depth.shape[1], source % depth.shape[1]
    return np.float64(depth[y, x]) * (A[2, 0] * float(x) + (A[2, 1] * y + A[2, 2])) + b[2]


@inline
def _keep_least(landing, distances, source, first, keys):  # type: ignore[no-untyped-def]
    """Keep the least key of each place: bits of the distance, then the plane index."""
    places = np.uint64(len(keys))
    for x in range(len(landing)):
        place = np.uint64(landing[x] - first)  # too large where it is negative
        if place < places:
            key, old = (np.uint64(distances[x]) << np.uint64(32)) | np.uint64(source + x), keys[place]
            keys[place] = min(key, old)


@inline
def _keep_least_and_ties(landing, distances, source, first, keys, ties):  # type: ignore[no-untyped-def]
    """Do the same, and note where distances are equal."""
    places, equal = np.uint64(len(keys)), np.uint64(0)
    for x in range(len(landing)):
        place = np.uint64(landing[x] - first)
        if place < places:
            key, old = (np.uint64(distances[x]) << np.uint64(32)) | np.uint64(source + x), keys[place]
            keys[place] = min(key, old)
            if (key ^ old) < 2**32:
                ties[equal] = x
                equal += np.uint64(1)
    return np.int64(equal)


@inline
def _part(keys, bits, source_index, status):  # type: ignore[no-untyped-def]
    for x in range(len(keys)):
        low = np.uint32(keys[x] & np.uint64(2**32 - 1))
        bits[x] = keys[x] >> np.uint64(32)
        source_index[x] = np.int32(low)
        status[x] = low >> np.uint32(31)


@inline
def _round_row(near, source_index, depth):  # type: ignore[no-untyped-def]
    """Round half to even; True where some are halves in float32, which they may not have been before."""
    halves, zero, half = np.int32(0), np.float32(0.0), np.float32(0.5)
    for x in range(len(depth)):
        rounded = np.rint(near[x])
        depth[x] = np.int32(rounded if source_index[x] >= 0 else zero)
        halves = np.int32(halves + np.int32(abs(near[x] - rounded) == half))
    return halves > 0


@kernel(
    "void(f4[:,::1], f8[:,::1], f8[::1], i4[:,::1], f4[:,::1], i8[:,::1], i8, i8, u8[::1], f4[:,::1], i4[:,::1],"
    " u1[:,::1], i8[::1])",
    "void(u2[:,::1], f8[:,::1], f8[::1], i4[:,::1], f4[:,::1], i8[:,::1], i8, i8, u8[::1], {T}[:,::1], i4[:,::1],"
    " u1[:,::1], i8[::1])",
    types=("u1", "u2", "i2"),
)
def _keep_nearest_single(  # type: ignore[no-untyped-def]
    depth, A, b, landing, distance, rows, start, stop, keys, nearest, source_index, status, visible
):
    width, columns, whole = nearest.shape[1], landing.shape[1], nearest.itemsize != 4
    first, places = start * width, (stop - start) * width
    distances, ties, bits = distance.view(np.uint32), np.empty(columns + 1, np.int32), np.empty(width, np.uint32)
    near = bits.view(np.float32)
    keys[:places] = np.uint64(_EMPTY)
    for y in range(len(landing)):
        if rows[y, 1] < first or rows[y, 0] >= first + places:
            continue
        if not whole:
            _keep_least(landing[y], distances[y], y * columns, first, keys[:places])
        else:
            for tie in range(_keep_least_and_ties(landing[y], distances[y], y * columns, first, keys[:places], ties)):
                x = ties[tie]
                place = landing[y, x] - first
                key = (np.uint64(distances[y, x]) << np.uint64(32)) | np.uint64(y * columns + x)
                old = keys[place]
                if (key ^ old) < 2**32 and _exact_distance(depth, A, b, y * columns + x) < _exact_distance(
                    depth, A, b, np.int64(old & np.uint64(2**32 - 1))
                ):
                    keys[place] = key
    seen = 0
    for y in range(start, stop):
        kept, row, row_keys = source_index[y], nearest[y], keys[(y - start) * width : (y - start + 1) * width]
        if whole:
            _part(row_keys, bits, kept, status[y])
            if _round_row(near, kept, row):
                for x in range(width):
                    if abs(near[x] - np.rint(near[x])) == np.float32(0.5):
                        row[x] = np.int32(np.rint(_exact_distance(depth, A, b, np.int64(kept[x]))))
        else:
            _part(row_keys, row.view(np.uint32), kept, status[y])
        holes = np.int32(0)
        for x in range(width):
            holes = np.int32(holes + np.int32(kept[x] < 0))
        seen += width - holes
    visible[start] = seen


@kernel("void(i4[:,::1], f8[:,::1], i8[:,::1], i8, i8, f8[:,::1], i4[:,::1], u1[:,::1], i8[::1])")
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
    seen_depth = readings.depth.astype(np.float64) if ray and whole else readings.depth
    single = seen_depth.dtype != np.float64
    landing, distance = landing_memory(lines, columns, np.dtype("float32" if single else "float64"))
    rows = np.empty((lines, 6), np.int64)
    bounds = float(width), float(height), *representable_range(readings.dtype)

    def land(start: int, stop: int) -> None:
        if single and not ray:
            _land_single(seen_depth, readings.absent, A, b, *bounds, start, stop, landing, distance, rows)
        else:
            _land(seen_depth, readings.absent, A, b, inverses, ray, *bounds, start, stop, landing, distance, rows)

    run_bands(land, lines, grain=max(1, _BAND_PIXELS // columns))
    working = np.dtype(np.float64 if not single else readings.dtype)
    nearest, source_index, status = fresh_arrays(
        *(((height, width), np.dtype(kind)) for kind in (working, np.int32, np.uint8))
    )
    visible = np.zeros(height, np.int64)
    # A band's target rows stay in the second-level cache. It looks through all source rows that reach into it, so
    # that its height must be worth theirs; where they reach everywhere, there are no more bands than threads.
    reach = float(np.maximum(rows[:, 1] // width - rows[:, 0] // width, 0).mean())
    tall = min(max(int(2 * reach), _BAND_PIXELS // width, 1), -(-height // threads()))

    def keep(start: int, stop: int) -> None:
        if not single:
            _keep_nearest(landing, distance, rows, start, stop, nearest, source_index, status, visible)
            return
        keys = key_memory(tall * width)
        for first in range(start, stop, tall):
            _keep_nearest_single(
                seen_depth, A, b, landing, distance, rows, first, min(first + tall, stop), keys, nearest, source_index,
                status, visible,
            )  # fmt: skip

    run_bands(keep, height, grain=tall)
    result = nearest
    if whole and not single:
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
