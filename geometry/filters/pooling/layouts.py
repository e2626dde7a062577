"""How places of pixels are numbered."""

import numpy as np

from geometry.filters.window import Axis
from geometry.inputs import Array

LAYOUTS = ("plane", "plane_channels", "window")


def from_plane(places: Array, layout: str, width: int, rows: Axis, columns: Axis) -> Array:
    """Places `y·W + x` (N, h, w, C) in another layout; -1 stays."""
    if layout == "plane":
        return places
    if layout == "plane_channels":
        channels = places.shape[3]
        return np.where(places < 0, places, places * channels + np.arange(channels))
    y, x = places // width, places % width
    i = (y + rows.before - _begins(rows)[:, np.newaxis, np.newaxis]) // rows.dilation
    j = (x + columns.before - _begins(columns)[:, np.newaxis]) // columns.dilation
    return np.where(places < 0, places, i * columns.taps + j)


def to_plane(indices: Array, layout: str, width: int, rows: Axis, columns: Axis) -> Array:
    """Indices (N, h, w, C) as places `y·W + x`; those outside of the frame become -2, -1 stays."""
    if layout == "plane":
        return np.where(indices >= rows.length * width, -2, indices)
    if layout == "plane_channels":
        channels = indices.shape[3]
        right = (indices % channels == np.arange(channels)) & (indices < rows.length * width * channels)
        return np.where(indices < 0, indices, np.where(right, indices // channels, -2))
    y = indices // columns.taps * rows.dilation + _begins(rows)[:, np.newaxis, np.newaxis] - rows.before
    x = indices % columns.taps * columns.dilation + _begins(columns)[:, np.newaxis] - columns.before
    inside = (y >= 0) & (y < rows.length) & (x >= 0) & (x < width) & (indices < rows.taps * columns.taps)
    return np.where(indices < 0, indices, np.where(inside, y * width + x, -2))


def _begins(axis: Axis) -> Array:
    """First tap of each place, in pixels of the padded axis."""
    return np.arange(axis.places, dtype=np.int64) * axis.stride
