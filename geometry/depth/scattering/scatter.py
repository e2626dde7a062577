"""Points in space as an image: each falls into a cell of a grid, which keeps one of them, or what they sum up to."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.depth.scattering.cells import LOST, Cells, Reduction, gather_points
from geometry.depth.scattering.view import grid_view
from geometry.depth.views import MOST_PIXELS
from geometry.errors import InvalidInput
from geometry.inputs import PIXEL_DTYPES, Array, choice, extent, finite_number, kernel_view, real_array, rectangular

Reduce = Literal["min", "max", "nearest", "farthest", "mean", "sum", "count"]
_NONE = np.empty((0, 1))


class PointFates(NamedTuple):
    """What became of the points; the sum is their number."""

    no_point: int
    """A coordinate is NaN or infinite."""
    no_value: int
    """A value is NaN."""
    behind_camera: int
    outside: int
    clipped: int
    """Moved into the cell of the edge that is nearest; only with `outside="clip"`."""
    inside: int


class ScatteredPoints(NamedTuple):
    """Points as an image."""

    image: Array
    """(h, w), or (h, w, C) where values have channels; `fill` in empty cells."""
    index: Array  # type: ignore[assignment]  # the method of tuples gives way
    """(h, w) int32: the point that the cell shows, or the first one that fell in; −1 in empty cells."""
    count: Array  # type: ignore[assignment]
    """(h, w) int32: how many points fell in."""
    fates: PointFates


def scattered_dtype(points: np.dtype[np.generic], values: np.dtype[np.generic] | None, reduce: str) -> str:
    """Dtype of the image."""
    if reduce == "count":
        return "int32"
    found = values if values is not None else points
    if reduce in ("mean", "sum") or values is None:
        return "float32" if found == np.float32 else "float64"
    return found.newbyteorder("=").name


def _point_list(points: ArrayLike) -> tuple[Array, tuple[int, ...]]:
    """Points (3 M,), and the axes they came in."""
    array = rectangular(points, "points")
    if array.ndim not in (2, 3) or array.shape[-1] != 3:
        raise InvalidInput("points", f"must have shape (M, 3) or (H, W, 3), came as {array.shape}")
    if array.dtype.kind not in "iuf":
        raise InvalidInput("points", f"must hold real numbers, came as {array.dtype}")
    axes = array.shape[:-1]
    if array.size // 3 > MOST_PIXELS:
        raise InvalidInput("points", f"must not be more than {MOST_PIXELS}, came with {array.size // 3}")
    flat = kernel_view(
        array.astype("float32" if array.dtype.newbyteorder("=") == np.float32 else "float64", copy=False)
    )
    return flat.reshape(-1), axes


def _value_list(values: ArrayLike, axes: tuple[int, ...]) -> tuple[Array, bool]:
    """Values (M, C), and whether they came with channels."""
    array = rectangular(values, "values")
    if array.dtype.kind not in "biuf":
        raise InvalidInput("values", f"must hold real numbers, came as {array.dtype}")
    dtype = array.dtype.newbyteorder("=").name
    array = array.astype(dtype if dtype in PIXEL_DTYPES else "float64", copy=False)
    several = array.ndim == len(axes) + 1
    if array.shape[: len(axes)] != axes or array.ndim > len(axes) + 1 or (several and array.shape[-1] == 0):
        wanted = ", ".join(map(str, axes))
        raise InvalidInput("values", f"must have shape ({wanted}) or ({wanted}, C), came as {array.shape}")
    channels = array.shape[-1] if several else 1
    return array.reshape(math.prod(axes), channels), several


def _filling(fill: float | None, dtype: str) -> float:
    """What empty cells hold."""
    whole = np.dtype(dtype).kind in "iu"
    if fill is None:
        return 0 if whole else np.nan
    if not whole and fill != fill:
        return np.nan
    number = finite_number(fill, "fill")
    limits = np.iinfo(dtype) if whole else np.finfo(dtype)
    if (whole and number != int(number)) or not float(limits.min) <= number <= float(limits.max):
        kind = "a whole number" if whole else "a number"
        raise InvalidInput("fill", f"must be {kind} that {dtype} holds, came as {fill}")
    return number


def _image(cells: Cells, values: Array | None, reduce: str, dtype: str, filling: float) -> Array:
    """(cells, C): what cells show."""
    empty = (cells.counts == 0)[:, np.newaxis]
    if reduce == "count":
        shown = cells.counts[:, np.newaxis]
    elif reduce in ("mean", "sum"):
        shown = cells.totals / np.maximum(cells.counts, 1)[:, np.newaxis] if reduce == "mean" else cells.totals
    elif values is None:
        shown = cells.totals
    elif len(values) == 0:
        shown = np.zeros((len(empty), values.shape[1]))
    else:
        shown = values[np.maximum(cells.points, 0)]
    with np.errstate(over="ignore", invalid="ignore"):
        image: Array = shown.astype(dtype)
    np.copyto(image, np.array(filling).astype(dtype), where=empty)
    return image


def scatter_points(
    points: ArrayLike,
    size: Sequence[int],
    *,
    projection: ArrayLike | None = None,
    axes: Sequence[int] | None = None,
    values: ArrayLike | None = None,
    reduce: Reduce = "min",
    origin: Sequence[float] = (0.0, 0.0),
    cell: float | Sequence[float] = 1.0,
    outside: Literal["drop", "clip"] = "drop",
    fill: float | None = None,
    pixel_center: str = "integer",
) -> ScatteredPoints:
    """Let points fall into the cells of a grid: `column = ⌊(x − x₀) / c_x + ½⌋`, `row = ⌊(y − y₀) / c_y + ½⌋`.

    (x, y) is `(x, y, 1) ~ P (X, 1)`, or two of the coordinates. The result does not depend on the number of threads,
    rounding of sums included.

    Parameters
    ----------
    points
        (M, 3), or (H, W, 3) as `depth_to_points` makes them: float32, or anything that becomes float64. Points with a
        coordinate that is NaN or infinite are left out.
    size
        (width, height) of the grid, cells.
    projection
        (3, 4), P = K [R | t] up to scale and sign, whose depth is along the optical axis, in units of the points;
        points that are not in front of the camera never fall in. (2, 4), or a last row of 0 0 0 1: affine, such as
        orthographic, with depth along the viewing direction `x̂ × ŷ`, 0 at the origin.
    axes
        Instead of a projection: which coordinates are (row, column, value), such as (1, 2, 0), or (row, column): the
        value is the one left.
    values
        (M,) or (M, C), or (H, W[, C]) of points (H, W, 3); uint8, uint16, int16, int32, float32, or anything that
        becomes float64: what the image shows. NaN in a value leaves its point out. Default: the depth, or the
        coordinate that `axes` call the value.
    reduce
        `"min"`, `"max"`: the least or greatest value, of one channel; `"nearest"`, `"farthest"`: the value of the point
        with the least or greatest depth (or value coordinate), in float32 where the points are; of equal ones the
        first point. `"mean"`, `"sum"`: of all values, in float64; `"count"`: how many points.
    origin
        (x₀, y₀), where cell (0, 0) has its centre.
    cell
        Side of a cell, > 0; or two: (c_x, c_y).
    outside
        Points beyond the grid are left out, `"drop"`, or put into the nearest cell of its edge, `"clip"`.
    fill
        What empty cells hold; default: NaN, or 0 in images of integers. One value for all channels.
    pixel_center
        `"half"`: cells have their edges at integers: `column = ⌊(x − x₀) / c_x⌋`, and so the row.

    Returns
    -------
    ScatteredPoints
        The image has the dtype of the values; of points, of means and of sums it is float32 where they come from
        float32, otherwise float64; of counts int32.

    Raises
    ------
    InvalidInput
        A shape, dtype or option that is not as above; neither or both of projection and axes; more than 2^31 − 1
        points, or 2^31 − 5 cells.
    Degenerate
        `rank_deficient_camera`: the projection has no centre, or its rows are parallel.
    """
    width, height = extent(size)
    most = MOST_PIXELS - LOST
    if width * height > most:
        raise InvalidInput("size", f"must not have more than {most} cells, came as {width} × {height}")
    flat, shape = _point_list(points)
    choice(reduce, "reduce", get_args(Reduce))
    clip = choice(outside, "outside", ("drop", "clip")) == "clip"
    half = choice(pixel_center, "pixel_center", ("integer", "half")) == "half"
    view = grid_view(projection, axes, origin, cell, half)
    given, several = (None, False) if values is None else _value_list(values, shape)
    if given is not None and given.shape[1] > 1 and reduce in ("min", "max"):
        raise InvalidInput("reduce", f"{reduce} is of one channel; nearest and farthest choose one point for all")
    dtype = scattered_dtype(flat.dtype, None if given is None else given.dtype, reduce)
    filling = _filling(fill, dtype)
    lacking = np.empty(0, np.bool_)
    if given is not None and given.dtype.kind == "f":
        lacking = np.asarray(np.isnan(given).any(axis=1))
    decides = given is not None and reduce in ("min", "max", "mean", "sum")
    keys = real_array(given, "values", ("M", "C"), finite=False) if decides and given is not None else _NONE
    sign = -1.0 if reduce in ("max", "farthest") else 1.0
    deciding = given if decides and given is not None else flat
    single = deciding.dtype.name in ("uint8", "uint16", "int16", "float32")
    reduction = Reduction(reduce in ("mean", "sum", "count"), single, decides, sign)
    cells = gather_points(flat, keys, lacking, view, (width, height), reduction, clip=clip)
    image = _image(cells, given, reduce, dtype, filling)
    no_point, no_value, behind, beyond = cells.lost.tolist()
    inside = len(flat) // 3 - no_point - no_value - behind - beyond - cells.moved
    fates = PointFates(no_point, no_value, behind, beyond, cells.moved, inside)
    channels = (image.shape[1],) if several and reduce != "count" else ()
    grid = (height, width)
    return ScatteredPoints(
        image.reshape(*grid, *channels), cells.points.reshape(grid), cells.counts.reshape(grid), fates
    )
