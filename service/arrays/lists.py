"""Nested JSON lists to arrays, and arrays to nested lists, with the place of a mistake named."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import Fault, InvalidParams

Array = NDArray[Any]


def array_from_list(value: Any, dtype: str, *, null_is_nan: bool) -> Array:
    """Numbers in nested lists of equal lengths, as `dtype`.

    `null` stands for NaN where the field allows missing values. Raises InvalidParams with the pointer of the first
    entry that is not a number or breaks the shape, relative to the array.
    """
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        raise InvalidParams([_first_mistake(value, null_is_nan)]) from None
    if array.dtype.kind not in "iuf" and array.size:
        if array.dtype.kind != "O" or not null_is_nan:
            raise InvalidParams([_first_mistake(value, null_is_nan)])
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            raise InvalidParams([_first_mistake(value, null_is_nan)]) from None
    return exact_cast(array, dtype)


def exact_cast(array: Array, dtype: str) -> Array:
    """`array` as `dtype`, refusing values that an integer dtype cannot hold."""
    target = np.dtype(dtype)
    if target.kind not in "iu" or array.dtype == target or array.size == 0:
        return array.astype(target, copy=False)
    limits = np.iinfo(target)
    good = (array >= limits.min) & (array <= limits.max) & (array == np.floor(array))
    if not good.all():
        place = np.argwhere(~np.atleast_1d(good))[0] if array.ndim else ()
        pointer = "".join(f"/{index}" for index in place)
        raise InvalidParams([Fault(pointer, f"must be a whole number from {limits.min} to {limits.max}")])
    return array.astype(target)


def _first_mistake(value: Any, null_is_nan: bool) -> Fault:
    """Walk the lists as numpy does not: depth first, to the first entry that is wrong."""
    shape: list[int] = []
    probe = value
    while isinstance(probe, list):
        shape.append(len(probe))
        if not probe:
            break
        probe = probe[0]

    def walk(entry: Any, depth: int, pointer: str) -> Fault | None:
        if depth == len(shape):
            if isinstance(entry, list):
                return Fault(
                    pointer,
                    "is a list where a number is expected; the nesting must be equally deep everywhere",
                )
            if entry is None and null_is_nan:
                return None
            if isinstance(entry, bool) or not isinstance(entry, int | float):
                return Fault(pointer, f"must be a number, came as {_kind(entry)}")
            if isinstance(entry, int) and not -(2**63) <= entry < 2**64:
                return Fault(pointer, "is larger than 64 bits hold")
            return None
        if not isinstance(entry, list):
            return Fault(pointer, f"must be a list of {shape[depth]} entries, came as {_kind(entry)}")
        if len(entry) != shape[depth]:
            return Fault(pointer, f"has {len(entry)} entries where its neighbours have {shape[depth]}")
        for index, inner in enumerate(entry):
            mistake = walk(inner, depth + 1, f"{pointer}/{index}")
            if mistake is not None:
                return mistake
        return None

    return walk(value, 0, "") or Fault("", "must be nested lists of numbers")


def _kind(entry: Any) -> str:
    names = {bool: "a boolean", str: "a string", dict: "an object", type(None): "null", list: "a list"}
    return names.get(type(entry), "a number")
