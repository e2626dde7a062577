"""Checks and conversions that every wrapper shares: from what a caller passes to what a kernel takes."""

import ctypes
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geometry.errors import InvalidInput

Array = NDArray[Any]

PIXEL_DTYPES = ("uint8", "uint16", "int16", "int32", "float32", "float64")


_FEW = 32  # entries; fewer are checked one by one


@lru_cache(maxsize=64)
def dtype_name(dtype: np.dtype[Any]) -> str:
    """The name of a dtype, whatever its byte order; numpy puts it together anew each time."""
    return dtype.newbyteorder("=").name


def kernel_view(array: Array) -> Array:
    """The same values as C-contiguous, aligned, native and formally writable memory; copied only where needed.

    Kernels never write into their inputs, but a read-only array would be another type to the compiler.
    """
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned):
        array = np.require(array, requirements=("C", "A"))
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if flags.writeable or array.flags.writeable or array.size == 0:
        return array if array.flags.writeable else array.copy()
    memory = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
    memory.owner = array  # type: ignore[attr-defined]  # keeps the memory alive as long as the view
    view: Array = np.frombuffer(memory, array.dtype).reshape(array.shape)  # type: ignore[call-overload]
    return view


def real_array(
    value: ArrayLike,
    name: str,
    shape: Sequence[int | str | None] = (),
    *,
    dtype: str = "float64",
    finite: bool = True,
) -> Array:
    """Convert to `dtype` with the given shape, ready for a kernel.

    Parameters
    ----------
    value
        Anything numpy reads as real numbers.
    name
        The argument's name, for errors.
    shape
        One entry per axis; a number is exact, a word is any length ≥ 0 and names the axis in errors.
    finite
        Refuse NaN and infinity, naming the first place.

    Raises
    ------
    InvalidInput
        Wrong number of axes, wrong length, not numbers, not finite.
    """
    array = rectangular(value, name)
    if array.dtype.kind not in "biuf":
        raise InvalidInput(name, f"must hold real numbers, came as {array.dtype}")
    fits = array.ndim == len(shape) and all(
        not isinstance(want, int) or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = "(" + ", ".join(str(length) for length in shape) + ("," if len(shape) == 1 else "") + ")"
        raise InvalidInput(name, f"must have shape {wanted}, came as {array.shape}")
    array = array.astype(dtype, copy=False)
    if finite and not _all_finite(array):
        place = np.argwhere(~np.isfinite(array))[0]
        raise InvalidInput("/".join([name, *map(str, place)]), "must be a finite number")
    return kernel_view(array)


def _all_finite(array: Array) -> bool:
    if array.size <= _FEW:
        return all(map(math.isfinite, array.ravel().tolist()))  # takes a quarter of the time
    return bool(np.isfinite(array).all())


def rectangular(value: ArrayLike, name: str) -> Array:
    """An array of any shape and dtype. Raises InvalidInput where lists in it differ in length."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InvalidInput(name, f"is not a rectangular array: {error}") from None


def pixels(image: ArrayLike, name: str = "image", dtypes: Sequence[str] = PIXEL_DTYPES) -> Array:
    """An image as (H, W, C), ready for a kernel; a grey image (H, W) gets one channel. H, W, C ≥ 1.

    Raises
    ------
    InvalidInput
        Not two or three axes, an empty axis, or a dtype that is not supported.
    """
    array = rectangular(image, name)
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    if array.ndim not in (2, 3):
        raise InvalidInput(name, f"must have shape (H, W) or (H, W, C), came as {array.shape}")
    if 0 in array.shape:
        raise InvalidInput(name, f"must not be empty, came as {array.shape}")
    if dtype_name(array.dtype) not in dtypes:
        raise InvalidInput(name, f"must be one of {', '.join(dtypes)}; came as {array.dtype}")
    return kernel_view(array if array.ndim == 3 else array[:, :, np.newaxis])


def choice(value: str, name: str, allowed: Sequence[str]) -> str:
    """`value`, if it is one of `allowed`.

    Raises
    ------
    InvalidInput
        It is not.
    """
    if value not in allowed:
        raise InvalidInput(name, f"must be one of {', '.join(allowed)}; came as {value!r}")
    return value


def finite_number(value: float, name: str) -> float:
    """`value` as a Python float.

    Raises
    ------
    InvalidInput
        It is NaN, infinite or not a number.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidInput(name, f"must be a number, came as {type(value).__name__}") from None
    if not math.isfinite(number):
        raise InvalidInput(name, "must be a finite number")
    return number


def extent(size: Sequence[int], name: str = "size") -> tuple[int, int]:
    """A (width, height) pair of whole numbers ≥ 1.

    Raises
    ------
    InvalidInput
        Not a pair, not whole, or below 1.
    """
    try:
        width, height = (int(length) for length in size)
        whole = all(int(length) == length for length in size)
    except (TypeError, ValueError):
        raise InvalidInput(name, "must be a pair (width, height)") from None
    if not whole or width < 1 or height < 1:
        raise InvalidInput(name, f"width and height must be whole numbers ≥ 1, came as {tuple(size)}")
    return width, height
