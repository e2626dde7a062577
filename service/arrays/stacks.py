"""Arrays of different sizes in one field: a stack, filled up with NaN."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.arrays.fields import ArrayField
from service.arrays.lists import array_from_list
from service.arrays.pending import Array
from service.errors import InvalidParams


@dataclass(frozen=True)
class StackField(ArrayField):
    """An array field whose first axis counts arrays; in lists these may differ in size."""

    finite: bool = False

    def _from_list(self, value: Any, dtype: str) -> np.ndarray[Any, Any]:
        try:
            return super()._from_list(value, dtype)
        except InvalidParams:
            if not isinstance(value, list):
                raise
        arrays = [array_from_list(one, dtype, null_is_nan=True) for one in value]
        if len({array.ndim for array in arrays}) > 1:
            return super()._from_list(value, dtype)
        lengths = np.max([array.shape for array in arrays], axis=0)
        stack = np.full((len(arrays), *lengths), np.nan, dtype)
        for layer, array in zip(stack, arrays, strict=True):
            layer[tuple(slice(length) for length in array.shape)] = array
        return stack


def layers(stack: Array) -> list[Array]:
    """The arrays of a stack, without what they were filled up with at the end of each axis."""
    found = []
    for layer in stack:
        known = ~np.isnan(layer)
        sides = range(layer.ndim)
        ends = [np.flatnonzero(known.any(axis=tuple(other for other in sides if other != side))) for side in sides]
        found.append(layer[tuple(slice(int(end[-1]) + 1 if len(end) else 0) for end in ends)])
    return found
