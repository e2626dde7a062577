"""Moving pixels by a map: every output pixel says which source point it shows."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, kernel_view, pixels
from geometry.kernel import kernel
from geometry.memory import fresh_arrays
from geometry.warp.border import BORDERS, border_index
from geometry.warp.chunk import CHUNK
from geometry.warp.fill import fill_values
from geometry.warp.mapped import LARGEST, linear_mapped
from geometry.warp.nearest import copy_pixels
from geometry.warp.sampling import interpolate
from geometry.warp.spans import EDGE, Region, span_bounds
from geometry.warp.warped import Warped
from geometry.warp.weights import INTERPOLATIONS, TAPS

_GRAIN_PIXELS = 1 << 15  # so that the points of a band stay in the second-level cache

Points = Callable[[int, int], Array]
"""Source points (u, v) of output rows start:stop, (stop - start, width, 2), float32 or float64, C-contiguous."""


@kernel("void(u1[::1], i8, i8, i8, f8[:,:,::1], i8, i8, u1[::1], u1[::1], u1[:,:,::1])")
def _nearest_mapped(source, width, height, pixel, points, border, start, fill, copied, out):  # type: ignore[no-untyped-def]
    addresses = np.zeros(CHUNK, np.int64)
    last_address = source.size - pixel - 16
    columns = points.shape[1]
    for row in range(len(points)):
        flat = out[start + row].reshape(columns * pixel)
        for left in range(0, columns, CHUNK):
            count = min(CHUNK, columns - left)
            overlapping = True
            for i in range(count):
                u, v = points[row, left + i, 0] + 0.5, points[row, left + i, 1] + 0.5
                addresses[i] = -1
                if u == u and v == v:
                    u, v = np.floor(min(max(u, -(2.0**52)), 2.0**52)), np.floor(min(max(v, -(2.0**52)), 2.0**52))
                    at_u, at_v = border_index(np.int64(u), width, border), border_index(np.int64(v), height, border)
                    if at_u >= 0 and at_v >= 0:
                        addresses[i] = (at_v * width + at_u) * pixel
                overlapping &= 0 <= addresses[i] <= last_address
            if overlapping:
                copy_pixels(source, pixel, 0, count, addresses, copied)
                for byte in range(np.uint64(count * pixel)):
                    flat[np.uint64(left * pixel) + byte] = copied[byte]
            else:
                for i in range(count):
                    at = (left + i) * pixel
                    for byte in range(pixel):
                        flat[at + byte] = source[addresses[i] + byte] if addresses[i] >= 0 else fill[byte]


def _mask(points: Array, source: Array, bounds: Array, interpolation: str) -> Array:
    inside = np.ones(points.shape[:2], np.bool_)
    for axis, length in enumerate(source.shape[1::-1]):
        at = points[..., axis]
        low, high = bounds[1, axis]
        if TAPS[interpolation] == 1:
            inside &= (low <= at) & (at < high)
        else:
            on_a_tap = (at == np.floor(at)) & (at >= -EDGE) & (at <= length - 1 + EDGE)
            inside &= ((low <= at) & (at <= high)) | on_a_tap
    return inside


def remap_rows(
    source: Array, points: Points, size: tuple[int, int], *, interpolation: str, border: str, fill: ArrayLike
) -> Warped:
    """Warp (H, W, C) pixels by source points that are made band by band; options as of `remap`."""
    width, height = size
    channels = source.shape[2]
    filling = fill_values(fill, source.dtype, channels)
    bounds = span_bounds(None, source, interpolation, to_the_edge=False)
    (out,) = fresh_arrays(((height, width, channels), source.dtype))
    region = Region(0, 0, width, height)
    pixel = channels * source.dtype.itemsize

    few_bytes = interpolation == "linear" and source.dtype == np.uint8 and channels in (1, 3, 4)

    def work(start: int, stop: int) -> None:
        at = points(start, stop)
        if few_bytes and source.nbytes <= LARGEST:
            linear_mapped(source, at, start, stop, out, border=border, fill=filling)
            return
        at = at.astype(np.float64, copy=False)
        if interpolation == "nearest":
            copied = np.empty(CHUNK * pixel + 16, np.uint8)
            _nearest_mapped(
                source.reshape(-1).view(np.uint8), source.shape[1], source.shape[0], pixel, at, BORDERS.index(border),
                start, filling.view(np.uint8), copied, out.view(np.uint8),
            )  # fmt: skip
        else:
            interpolate(
                source, None, at, bounds, region, None, start, stop, out,
                interpolation=interpolation, border=border, fill=filling,
            )  # fmt: skip

    run_bands(work, height, grain=max(1, _GRAIN_PIXELS // width))

    def mask_rows(start: int, stop: int) -> Array:
        mask = np.empty((stop - start, width), np.bool_)

        def write(first: int, end: int) -> None:
            mask[first:end] = _mask(points(start + first, start + end), source, bounds, interpolation)

        run_bands(write, stop - start, grain=max(1, _GRAIN_PIXELS // width))
        return mask

    return Warped(out, mask_rows)


def remap(
    image: ArrayLike,
    map: ArrayLike,  # noqa: A002  # the name by which services call it
    *,
    interpolation: str = "linear",
    border: str = "constant",
    fill: ArrayLike = 0,
    pixel_center: str = "integer",
) -> Warped:
    """Move pixels by a map of source points: `output[y, x] = image(map[y, x])`.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), C ≥ 1; uint8, uint16, int16, int32, float32 or float64.
    map
        (h, w, 2), float32 or float64: the source point (u, v) of every output pixel, in pixels. NaN shows the fill.
    interpolation, border, fill
        As of `warp_perspective`.
    pixel_center
        `integer`: the centre of the first source pixel is (0, 0); `half`: (0.5, 0.5).

    Returns
    -------
    Warped
        `image`, of the map's size and the input's dtype, and `mask`: all taps of non-zero weight are inside the source.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    """
    source = pixels(image)
    choice(interpolation, "interpolation", INTERPOLATIONS)
    choice(border, "border", BORDERS)
    shift = 0.5 if choice(pixel_center, "pixel_center", ("integer", "half")) == "half" else 0.0
    points = np.asarray(map)
    if points.ndim != 3 or points.shape[2] != 2 or 0 in points.shape:
        raise InvalidInput("map", f"must have shape (h, w, 2) with h, w ≥ 1, came as {points.shape}")
    if points.dtype.kind not in "fiu":
        raise InvalidInput("map", f"must hold real numbers, came as {points.dtype}")

    def rows(start: int, stop: int) -> Array:
        kind = np.float32 if points.dtype == np.float32 else np.float64
        band = kernel_view(points[start:stop].astype(kind, copy=False))
        return band - kind(shift) if shift else band

    warped = remap_rows(
        source, rows, (points.shape[1], points.shape[0]), interpolation=interpolation, border=border, fill=fill
    )
    return warped if np.ndim(image) == 3 else warped.grey()
