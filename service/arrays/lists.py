"""Nested JSON lists to arrays, and arrays to nested lists, with the place of a mistake named."""

from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import Fault, InvalidParams

Array = NDArray[Any]

_LARGEST = 2**1024


def array_from_list(value: Any, dtype: str, *, null_is_nan: bool) -> Array:
    """Numbers in nested lists of equal lengths, as `dtype`.

    `null` stands for NaN where the field allows missing values. Raises InvalidParams with the pointer of the first
    entry that is not a number, does not fit `dtype`, or breaks the shape, relative to the array.
    """
    kinds = _kinds(value)
    if not kinds <= {int, float, type(None) if null_is_nan else float}:
        raise InvalidParams([_first_mistake(value, null_is_nan)])
    try:
        # Whole numbers stay Python's own until the range is checked: float64 would round what 64 bits hold exactly.
        array = np.asarray(value, object if kinds == {int} and np.dtype(dtype).kind in "iu" else np.float64)
    except (ValueError, OverflowError):
        raise InvalidParams([_first_mistake(value, null_is_nan)]) from None
    if array.ndim != _depth(value):  # lists of unequal lengths become entries of an array of objects
        raise InvalidParams([_first_mistake(value, null_is_nan)])
    return exact_cast(array, dtype)


def exact_cast(array: Array, dtype: str) -> Array:
    """`array` as `dtype`, refusing values that it cannot hold; floats may round, not overflow."""
    target = np.dtype(dtype)
    if array.dtype == target or array.size == 0:
        return array.astype(target, copy=False)
    if target.kind == "f":
        with np.errstate(over="ignore"):
            cast = array.astype(target)
        good, wanted = np.isfinite(cast) | ~np.isfinite(array), f"a number that {dtype} can hold"
    else:
        limits = np.iinfo(target)
        whole = array == np.floor(array) if array.dtype.kind == "f" else True
        # One above the maximum is a power of two, which floats hold exactly; the maximum itself may not be.
        good = (array >= limits.min) & (array < limits.max + 1) & whole
        wanted = f"a whole number from {limits.min} to {limits.max}"
    if not good.all():
        place = np.argwhere(~np.atleast_1d(good))[0] if array.ndim else ()
        raise InvalidParams([Fault("".join(f"/{index}" for index in place), f"must be {wanted}")])
    return array.astype(target)


def _kinds(value: Any) -> set[type]:
    """The types of all entries; `list` among them where the nesting is not equally deep."""
    entries = [value]
    while (kinds := set(map(type, entries))) == {list}:
        entries = list(chain.from_iterable(entries))
    return kinds


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        depth += 1
        value = value[0] if value else None
    return depth


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
            if isinstance(entry, int) and not -_LARGEST < entry < _LARGEST:
                return Fault(pointer, "is larger than float64 holds")
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

    return walk(value, 0, "") or Fault("", "must be nested lists of numbers, at most 64 deep")


def _kind(entry: Any) -> str:
    names = {bool: "a boolean", str: "a string", dict: "an object", type(None): "null", list: "a list"}
    return names.get(type(entry), "a number")
