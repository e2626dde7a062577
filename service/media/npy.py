"""The npy format (numpy's NEP 1), read without evaluating its header and written without a copy."""

import io
import re
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as numpy_format
from numpy.typing import NDArray

from service.arrays.pending import PendingArray
from service.errors import UnreadableBody, UnsupportedMedia

MEDIA_TYPE = "application/x-npy"
MAGIC = b"\x93NUMPY"
MAX_HEADER_BYTES = 65_536

_DESCR = re.compile(r"""['"]descr['"]\s*:\s*(?:['"]([<>|=])?([a-zA-Z])(\d{1,4})['"]|(.))""")
_FORTRAN = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)\b""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d,\s]*)\)""")
_KINDS = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8)}

Array = NDArray[Any]


def open_npy(data: memoryview) -> PendingArray:
    """Describe npy bytes: dtype from an allow-list, and exactly as many bytes after the header as the shape needs.

    Booleans become uint8 and half floats float32. Raises UnsupportedMedia for object, structured and other dtypes, and
    UnreadableBody for anything that is not a whole npy file.
    """
    header, start = _header(data)
    stored = _dtype(header)
    shape_text, fortran = _SHAPE.search(header), _FORTRAN.search(header)
    if shape_text is None or fortran is None:
        raise UnreadableBody("is not an npy file: its header lacks shape or fortran_order")
    lengths = [length.strip() for length in shape_text[1].removesuffix(",").split(",")] if shape_text[1].strip() else []
    if len(lengths) > 32 or not all(length.isdecimal() and len(length) <= 18 for length in lengths):
        raise UnreadableBody("is not an npy file: its header gives an impossible shape")
    shape = tuple(map(int, lengths))
    promised, follows = prod(shape) * stored.itemsize, len(data) - start
    if promised != follows:
        raise UnreadableBody(f"npy header promises {promised} bytes of values, {follows} follow")
    dtype = {"b": np.dtype(np.uint8)}.get(
        stored.kind, np.dtype(np.float32) if stored.itemsize == 2 and stored.kind == "f" else stored
    )
    order = "F" if fortran[1] == "True" else "C"

    def load() -> Array:
        flat = np.frombuffer(data[start:], stored)
        shaped = flat.reshape(shape[::-1]).T if order == "F" else flat.reshape(shape)
        return shaped.view(np.uint8) if stored.kind == "b" else shaped.astype(dtype.newbyteorder("="), copy=False)

    return PendingArray(shape, dtype.newbyteorder("="), MEDIA_TYPE, load)


def npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """The bytes that come before the values, which follow in C order."""
    header = io.BytesIO()
    numpy_format.write_array_header_1_0(
        header, {"descr": numpy_format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    )
    return header.getvalue()


def _header(data: memoryview) -> tuple[str, int]:
    if len(data) < 12 or bytes(data[:6]) != MAGIC or data[6] not in (1, 2, 3):
        raise UnreadableBody("is not an npy file")
    width = 2 if data[6] == 1 else 4
    length = int.from_bytes(data[8 : 8 + width], "little")
    start = 8 + width + length
    if length > MAX_HEADER_BYTES or start > len(data):
        raise UnreadableBody("is not an npy file: its header is cut off or longer than 64 KiB")
    return bytes(data[8 + width : start]).decode("latin-1"), start


def _dtype(header: str) -> np.dtype[Any]:
    descr = _DESCR.search(header)
    if descr is None:
        raise UnreadableBody("is not an npy file: its header lacks a dtype")
    order, kind, size = descr[1], descr[2], descr[3]
    if descr[4] is not None or kind not in _KINDS or int(size) not in _KINDS[kind]:
        raise UnsupportedMedia(
            "npy dtype is not accepted: send booleans, integers or floats; object (pickled), structured, complex "
            "and text arrays are refused"
        )
    return np.dtype(f"{order or '='}{kind}{size}")
