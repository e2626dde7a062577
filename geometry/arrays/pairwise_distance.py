"""Distances of all pairs of rows by matrix products, exact where those would cancel."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.blas import one_blas_thread
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice, kernel_view
from geometry.kernel import kernel
from geometry.memory import fresh_arrays

METRICS = ("euclidean", "squared", "cosine")

_ROWS = 256
_COLUMNS = 1024
_LARGEST = {4: float(np.finfo(np.float32).max), 8: float(np.finfo(np.float64).max)}


@kernel(
    "void({T}[:,::1], {T}[:,::1], {T}[:,::1], {T}[::1], {T}[::1], {T}[::1], i8, i8, i8, i8, i8, i8, b1, b1)",
    types=("f8", "f4"),
    fastmath=True,
)
def _finish(out, x, y, x_squares, y_squares, near, i0, j0, row, column, rows, columns, root, half):  # type: ignore[no-untyped-def]
    """Turn products x·y at out[i0 + i, j0 + j] into distances of x[row + i] and y[column + j]: |x|² + |y|² − 2 x·y, or
    the sum of squared differences where less than the `near`-th part of |x|² + |y|² is left.
    """
    for i in range(rows):
        line = out[i0 + i, j0 : j0 + columns]
        others = y_squares[column : column + columns]
        square = x_squares[row + i]
        few = 0
        for j in range(columns):
            total = square + others[j]
            left = total - (line[j] + line[j])
            few += left < near[0] * total
            line[j] = left
        if few > 0:
            for j in range(columns):
                if line[j] < near[0] * (square + others[j]):
                    distance = 0.0
                    for k in range(x.shape[1]):
                        difference = np.float64(x[row + i, k]) - np.float64(y[column + j, k])
                        distance += difference * difference
                    line[j] = distance
        if root:
            for j in range(columns):
                line[j] = np.sqrt(line[j])
        if half:
            for j in range(columns):
                line[j] = line[j] * 0.5


class Rows(NamedTuple):
    """Rows of two matrices about a common origin, and the squares of their lengths."""

    x: Array
    y: Array
    x_squares: Array
    y_squares: Array
    near: Array
    metric: str

    def block(self, rows: slice, columns: slice, out: Array, place: tuple[int, int]) -> None:
        """Write the distances of some rows of x to some rows of y into an array at a place."""
        (i, j), height, width = place, rows.stop - rows.start, columns.stop - columns.start
        np.matmul(self.x[rows], self.y[columns].T, out=out[i : i + height, j : j + width])
        options = self.metric == "euclidean", self.metric == "cosine"
        ends = i, j, rows.start, columns.start, height, width
        _finish(out, self.x, self.y, self.x_squares, self.y_squares, self.near, *ends, *options)


def pairwise_distance(x: ArrayLike, y: ArrayLike | None = None, *, metric: str = "euclidean") -> Array:
    """Compute the distance of every row of one matrix to every row of another.

    `squared: Σ_k (x_ik − y_jk)²`, `euclidean: its root`, `cosine: 1 − x_i·y_j / (|x_i| |y_j|)`

    Parameters
    ----------
    x
        Shape (M, D), real, finite.
    y
        Shape (N, D); None: x itself, whose diagonal is 0 exactly.
    metric
        `"euclidean"`, `"squared"` or `"cosine"`.

    Returns
    -------
    Array
        (M, N), ≥ 0; float32 where both are float32 (or float16), else float64.

    Raises
    ------
    InvalidInput
        `x` or `y` is not two-dimensional, not finite or of another width; `cosine` of a row of length 0; squares exceed
        the floats.

    Notes
    -----
    Coordinates are taken from the common mean, and |x|² + |y|² − 2 x·y by matrix products. That loses digits where x
    and y are close beside their distance from the mean: below 1/64 of |x|² + |y|² (1/1024 in float64) the differences
    themselves are squared and summed. `cosine` is half the squared distance of the rows at length 1.
    """
    rows = distance_rows(x, y, metric)
    (out,) = fresh_arrays(((len(rows.x), len(rows.y)), rows.x.dtype))
    in_blocks(rows, lambda block, columns: rows.block(block, columns, out, (block.start, columns.start)))
    return out


def distance_rows(x: ArrayLike, y: ArrayLike | None, metric: str) -> Rows:
    """Check the arguments and prepare the rows."""
    choice(metric, "metric", METRICS)
    one, single = _matrix(x, "x")
    other, other_single = (one, single) if y is None else _matrix(y, "y")
    if one.shape[1] != other.shape[1]:
        raise InvalidInput("y", f"has rows of {other.shape[1]} numbers, those of x have {one.shape[1]}")
    dtype = np.dtype(np.float32 if single and other_single else np.float64)
    if metric == "cosine":
        prepared = [_directions(one, "x"), _directions(other, "y") if y is not None else None]
    else:
        count = max(1, len(one) + len(other))
        with np.errstate(all="ignore"):
            mean = one.sum(axis=0, dtype=np.float64) / count + other.sum(axis=0, dtype=np.float64) / count
        prepared = [one - mean, other - mean if y is not None else None]
    moved = kernel_view(np.ascontiguousarray(prepared[0], dtype))
    there = moved if prepared[1] is None else kernel_view(np.ascontiguousarray(prepared[1], dtype))
    with np.errstate(all="ignore"):
        squares = [np.einsum("ik,ik->i", m, m, dtype=np.float64) for m in (moved, there)]
    for name, values in zip("xy", squares, strict=True):
        if not np.isfinite(values).all() or (values > _LARGEST[dtype.itemsize] / 4).any():
            raise InvalidInput(name, f"has rows whose squares exceed the range of {dtype}")
    near = np.array([1 / 64 if dtype == np.float32 else 1 / 1024], dtype)
    return Rows(moved, there, squares[0].astype(dtype), squares[1].astype(dtype), near, metric)


def in_blocks(rows: Rows, work: Callable[[slice, slice], None]) -> None:
    """Call `work` for blocks of fixed size: threads share the rows, the columns follow one another."""

    def band(start: int, stop: int) -> None:
        for number in range(start, stop):
            block = slice(number * _ROWS, min((number + 1) * _ROWS, len(rows.x)))
            for column in range(0, len(rows.y), _COLUMNS):
                work(block, slice(column, min(column + _COLUMNS, len(rows.y))))

    with one_blas_thread():
        run_bands(band, -(-len(rows.x) // _ROWS))


def _matrix(value: ArrayLike, name: str) -> tuple[Array, bool]:
    """A finite matrix, and whether it is of single precision."""
    try:
        matrix = np.asarray(value)
    except ValueError as error:
        raise InvalidInput(name, f"is not a rectangular array: {error}") from None
    if matrix.dtype.kind not in "biuf":
        raise InvalidInput(name, f"must hold real numbers, came as {matrix.dtype}")
    if matrix.ndim != 2:
        raise InvalidInput(name, f"must have shape (rows, D), came as {matrix.shape}")
    if matrix.dtype.kind == "f" and not np.isfinite(matrix).all():
        place = np.argwhere(~np.isfinite(matrix))[0]
        raise InvalidInput("/".join([name, *map(str, place)]), "must be a finite number")
    single = matrix.dtype.kind == "f" and matrix.dtype.itemsize <= 4
    return matrix if single else matrix.astype(np.float64, copy=False), single


def _directions(matrix: Array, name: str) -> Array:
    largest = np.abs(matrix).max(axis=1, initial=0.0, keepdims=True).astype(np.float64)
    if (largest == 0).any():
        raise InvalidInput(f"{name}/{int(np.argmin(largest))}", "has length 0, hence no direction")
    scaled = matrix / largest
    directions: Array = scaled / np.sqrt((scaled * scaled).sum(axis=1, keepdims=True))
    return directions
