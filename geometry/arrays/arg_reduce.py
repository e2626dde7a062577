"""Extreme values along an axis together with where they are."""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.errors import InvalidInput
from geometry.inputs import Array, choice

OPERATIONS = ("max", "min")
NAN_POLICIES = ("refuse", "ignore", "propagate")

_GRAIN = 2**18


class ArgReduced(NamedTuple):
    """Extreme values and their places."""

    values: Array
    """The array's shape without the axis, the array's dtype."""
    indices: Array
    """The same shape, int64: place along the axis; −1 where all is NaN and ignored."""


def arg_reduce(data: ArrayLike, *, axis: int = -1, operation: str = "max", nan: str = "refuse") -> ArgReduced:
    """Find the largest or smallest values along an axis, and where they are.

    `values[…] = max_k data[…, k, …] = data[…, indices[…], …]`, the first of equal ones.

    Parameters
    ----------
    data
        Any shape with one axis at least, real or bool.
    axis
        The axis that disappears; negative ones count from the end.
    operation
        `"max"` or `"min"`.
    nan
        `"refuse"`; `"ignore"`: NaN loses against every number, and where there is nothing else value and index are NaN
        and −1; `"propagate"`: the first NaN wins, as in numpy.

    Returns
    -------
    ArgReduced
        values, indices.

    Raises
    ------
    InvalidInput
        `data` has no axes, no entries along the axis, or NaN where that is refused; `axis` is not one of its axes; an
        option is not known.
    """
    choice(operation, "operation", OPERATIONS)
    choice(nan, "nan", NAN_POLICIES)
    try:
        values = np.asarray(data)
    except ValueError as error:
        raise InvalidInput("data", f"is not a rectangular array: {error}") from None
    if values.dtype.kind not in "biuf":
        raise InvalidInput("data", f"must hold real numbers, came as {values.dtype}")
    if values.ndim == 0:
        raise InvalidInput("data", "must have one axis at least")
    if not -values.ndim <= axis < values.ndim:
        raise InvalidInput("axis", f"must be from {-values.ndim} to {values.ndim - 1}, came as {axis}")
    if values.shape[axis] == 0:
        raise InvalidInput("data", f"has no entries along axis {axis}")
    if values.dtype.kind == "f" and nan == "refuse" and np.isnan(values).any():
        place = np.argwhere(np.isnan(values))[0]
        raise InvalidInput("/".join(["data", *map(str, place)]), "is not a number; choose what `nan` does with it")
    moved = np.moveaxis(values, axis, -1)
    shape = moved.shape[:-1]
    rows = moved.reshape(prod(shape), moved.shape[-1])
    found = np.empty(len(rows), np.int64)
    extremes = np.empty(len(rows), values.dtype)

    def work(start: int, stop: int) -> None:
        part = rows[start:stop]
        if values.dtype.kind == "f" and nan == "ignore":
            absent = np.isnan(part)
            places = _first(np.where(absent, -np.inf if operation == "max" else np.inf, part), operation)
            wrong = absent[
                np.arange(len(part)), places
            ]  # the numbers there are, if any, are as infinite as the stand-in
            places[wrong] = np.where(absent[wrong].all(axis=1), -1, np.argmin(absent[wrong], axis=1))
        else:
            places = _first(part, operation)
        found[start:stop] = places
        extremes[start:stop] = part[np.arange(len(part)), places]
        extremes[start:stop][places < 0] = np.nan if values.dtype.kind == "f" else 0

    run_bands(work, len(rows), grain=max(1, _GRAIN // rows.shape[1]))
    return ArgReduced(extremes.reshape(shape), found.reshape(shape))


def _first(rows: Array, operation: str) -> Array:
    places: Array = np.argmax(rows, axis=1) if operation == "max" else np.argmin(rows, axis=1)
    return places
