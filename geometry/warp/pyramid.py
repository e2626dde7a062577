"""Sources made smaller: each level has the means of 2×2 pixels of the one before.

A level's pixel i covers the pixels `2^k i` to `2^k (i + 1) - 1` of the source along each axis. Beyond the source there
is the fill, for the constant border; for others a pixel is the mean of those that there are.
"""

from functools import partial
from math import hypot
from typing import Any, NamedTuple

import numpy as np

from geometry.bands import run_bands
from geometry.inputs import Array
from geometry.kernel import kernel
from geometry.memory import fresh_arrays
from geometry.warp.spans import Region

FINE, LONG = 4, 64
"""Most sub-samples across and along a footprint; where there would be more, a smaller level is taken."""
_BEYOND = 12
"""Levels after the one with a single pixel: with the constant border, it fades into the fill."""

_REAL = {"uint8": "float32", "float32": "float32"}
_OVERSHOOT = 16  # elements that vectors may read after the last pixel
_GRAIN_ELEMENTS = 1 << 16


class Pyramid(NamedTuple):
    """Levels from 1 on, one after the other, and where they are.

    Attributes
    ----------
    values
        (N,) float32 or float64.
    layout
        (levels, 3) int64: offset, width, height; the first is the source itself.
    depth
        The last level that is there.
    """

    values: Array
    layout: Array
    depth: int


@kernel(
    *(
        f"void({t}[::1], i8, i8, i8, b1, {t}[::1], i8, i8, i8, i8, {r}[::1], i8, i8)"
        for t, r in {"u1": "f4", "u2": "f8", "i2": "f8", "i4": "f8", "f4": "f4", "f8": "f8"}.items()
    )
)
def _halve(source, width, height, channels, constant, fill, left, right, half_width, top, out, start, stop):  # type: ignore[no-untyped-def]
    """Columns left:right and rows start:stop, counted from `top` on, of the next level, which `out` is."""
    real = type(out[0])
    quarter = real(0.25)
    pixel: Any = np.uint64(channels)
    whole = min(right, width // 2)
    sums = np.empty(2 * max(right - left, 0) * channels, out.dtype)
    for row in range(top + start, top + stop):
        base = np.uint64(row * half_width * channels)
        upper, lower = np.uint64(2 * row * width * channels), np.uint64((2 * row + 1) * width * channels)
        if 2 * row + 1 < height:
            begin = np.uint64(2 * left * channels)
            for k in range(np.uint64(2 * max(whole - left, 0) * channels)):
                sums[k] = real(source[upper + begin + k]) + real(source[lower + begin + k])
            at = base + np.uint64(left * channels)
            for c in range(pixel):
                for i in range(np.uint64(max(whole - left, 0))):
                    k = np.uint64(2) * pixel * i + c
                    out[at + pixel * i + c] = quarter * (sums[k] + sums[k + pixel])
            first = max(left, whole)
        else:
            first = left
        for i in range(first, right):
            columns, rows = min(2, width - 2 * i), min(2, height - 2 * row)
            for c in range(pixel):
                total = real(0)
                for dy in range(rows):
                    for dx in range(columns):
                        total += real(source[((2 * row + dy) * width + 2 * i + dx) * channels + c])
                if constant:
                    if columns * rows < 4:
                        total += real(4 - columns * rows) * real(fill[c])
                    total *= quarter
                else:
                    total /= real(columns * rows)
                out[base + np.uint64(i * channels) + c] = total


def deepest_level(size: tuple[int, int]) -> int:
    """The last level of a pyramid over a source of (width, height)."""
    return (max(size) - 1).bit_length() + _BEYOND


def _layout(shape: tuple[int, ...]) -> Array:
    height, width, channels = shape
    layout = np.zeros((deepest_level((width, height)) + 1, 3), np.int64)
    layout[0] = 0, width, height
    for level in range(1, len(layout)):
        layout[level, 1:] = (layout[level - 1, 1:] + 1) // 2
        layout[level, 0] = layout[level - 1, 0] + (channels * layout[level - 1, 1:].prod() if level > 1 else 0)
    return layout


def _real(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(_REAL.get(dtype.name, "float64"))


def pyramid_bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """What all levels over a source of (H, W, C) take, in bytes."""
    return int(_layout(shape)[-1, 0] + shape[2]) * _real(dtype).itemsize


def _depth(m: Array, region: Region, deepest: int) -> int:
    """A bound of the levels that the pixels of a region need."""
    corners = _corners(region, 0)
    w = min(float(m[2] @ corner) for corner in corners)
    if w <= 0:
        return deepest
    # The numerators of the derivative to x change with y alone, and the other way round.
    across, down = (
        max(hypot(*(m[:2, axis] * (m[2] @ q) - m[2, axis] * (m[:2] @ q))) for q in corners) / w**2 * 1.001
        for axis in (0, 1)
    )
    if not hypot(across, down) < 1e300:
        return deepest
    depth = 0
    while depth < deepest and (min(across, down) > FINE << depth or hypot(across, down) > LONG << depth):
        depth += 1
    return depth


def _corners(region: Region, margin: int) -> Array:
    xs = region.x - margin, region.x + region.width - 1 + margin
    ys = region.y - margin, region.y + region.height - 1 + margin
    return np.array([(x, y, 1.0) for y in ys for x in xs])


def _box(m: Array, region: Region, size: tuple[int, int], depth: int, border: str) -> tuple[list[int], list[int]]:
    """What a region may see of the source: from and to, along x and y, in pixels of the deepest level."""
    last = [(length - 1) >> depth for length in size]
    points = _corners(region, 1) @ m.T
    if points[:, 2].min() <= 0:
        return [0, 0], [index + 1 for index in last]
    seen = points[:, :2] / points[:, 2:]
    low, high = seen.min(axis=0), seen.max(axis=0)
    folded = border not in ("constant", "replicate") and ((low < 0).any() or (high > np.array(size) - 1).any())
    if folded or not np.isfinite(seen).all():
        return [0, 0], [index + 1 for index in last]
    step = float(1 << depth)
    first = [int(min(max(low[axis] // step - 2, 0), last[axis])) for axis in (0, 1)]
    end = [int(min(max(high[axis] // step + 2, 0), last[axis])) + 1 for axis in (0, 1)]
    return first, end


def pyramid(source: Array, m: Array, region: Region, *, border: str, fill: Array) -> Pyramid:
    """Make the levels that the antialiased pixels of a region need, of the part of the source that they see.

    Parameters
    ----------
    source
        (H, W, C), any pixel dtype.
    m
        (3, 3) float64, output to source pixels, w > 0 in front.
    fill
        (C,), the dtype of the source.
    """
    height, width, channels = source.shape
    layout = _layout((height, width, channels))
    depth = _depth(m, region, len(layout) - 1)
    elements = int(layout[depth, 0] + channels * layout[depth, 1:].prod()) if depth else 0
    (values,) = fresh_arrays(((elements + _OVERSHOOT,), _real(source.dtype)))
    first, end = _box(m, region, (width, height), depth, border)
    finer, filling = source.reshape(-1), fill
    for level in range(1, depth + 1):
        offset, columns, rows = (int(entry) for entry in layout[level])
        left, top = (side << (depth - level) for side in first)
        right, bottom = min(end[0] << (depth - level), columns), min(end[1] << (depth - level), rows)
        out = values[offset : offset + columns * rows * channels]
        above = int(layout[level - 1, 1]), int(layout[level - 1, 2])

        halve = partial(_halve, finer, *above, channels, border == "constant", filling, left, right, columns, top, out)
        run_bands(halve, bottom - top, grain=max(1, _GRAIN_ELEMENTS // ((right - left) * channels)))
        finer, filling = out, fill.astype(values.dtype)
    return Pyramid(values, layout, depth)
