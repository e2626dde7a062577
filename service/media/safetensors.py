"""The safetensors format: named arrays behind a JSON header; read with a guard, written without copies."""

import json
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from service.arrays.pending import Array, PendingArray
from service.errors import UnreadableBody, UnsupportedMedia

MEDIA_TYPE = "application/x-safetensors"
MAX_HEADER_BYTES = 65_536

_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F32": "float32",
    "F64": "float64",
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


@dataclass(frozen=True)
class Tensors:
    """What a safetensors body holds: arrays by name, and text metadata."""

    arrays: dict[str, PendingArray]
    metadata: dict[str, str]


def open_safetensors(data: memoryview) -> Tensors:
    """Describe safetensors bytes. The arrays must cover the bytes after the header without holes or overlaps.

    Raises UnreadableBody where they do not, UnsupportedMedia for dtypes that are not accepted.
    """
    if len(data) < 8:
        raise UnreadableBody("is not a safetensors file: it is shorter than its length field")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES or 8 + length > len(data):
        raise UnreadableBody("is not a safetensors file: its header is cut off or longer than 64 KiB")
    try:
        header = json.loads(bytes(data[8 : 8 + length]).decode(), object_pairs_hook=_unique)
        json.dumps(header, ensure_ascii=False).encode()  # refuses lone surrogates, which no answer could repeat
    except (ValueError, RecursionError) as error:
        raise UnreadableBody(
            "is not a safetensors file: its header is not a JSON object with distinct names"
        ) from error
    if not isinstance(header, dict):
        raise UnreadableBody("is not a safetensors file: its header is not a JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise UnreadableBody("safetensors metadata must map names to strings")
    values = data[8 + length :]
    arrays, spans = {}, []
    for name, entry in header.items():
        pending, span = _tensor(name, entry, values)
        arrays[name] = pending
        spans.append(span)
    end = 0
    for begin, stop in sorted(spans):
        if begin != end:
            raise UnreadableBody("safetensors arrays must follow each other without holes or overlaps")
        end = stop
    if end != len(values):
        raise UnreadableBody(f"safetensors header describes {end} bytes of values, {len(values)} follow")
    return Tensors(arrays, metadata)


def safetensors_header(arrays: dict[str, tuple[tuple[int, ...], np.dtype[Any]]], metadata: dict[str, str]) -> bytes:
    """The bytes that come before the values of `arrays`, which follow in the same order, each in C order, little-
    endian.
    """
    header: dict[str, Any] = {"__metadata__": metadata}
    offset = 0
    for name, (shape, dtype) in arrays.items():
        size = prod(shape) * dtype.itemsize
        header[name] = {
            "dtype": _NAMES[dtype.name],
            "shape": list(shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _tensor(name: str, entry: Any, values: memoryview) -> tuple[PendingArray, tuple[int, int]]:
    match entry:
        case {"dtype": str(code), "shape": [*lengths], "data_offsets": [int(begin), int(stop)], **rest} if not rest:
            pass
        case _:
            raise UnreadableBody(f"safetensors entry {name!r} needs exactly dtype, shape and data_offsets")
    if code not in _DTYPES:
        raise UnsupportedMedia(
            f"safetensors dtype {code!r} of {name!r} is not accepted; use one of {', '.join(_DTYPES)}"
        )
    if len(lengths) > 32 or not all(type(length) is int and 0 <= length <= 2**62 for length in lengths):
        raise UnreadableBody(f"safetensors entry {name!r} has an impossible shape")
    stored, shape = np.dtype(_DTYPES[code]).newbyteorder("<"), tuple(lengths)
    if type(begin) is not int or type(stop) is not int:
        raise UnreadableBody(f"safetensors entry {name!r} has data_offsets that are not whole numbers")
    if not 0 <= begin <= stop <= len(values) or stop - begin != prod(shape) * stored.itemsize:
        raise UnreadableBody(
            f"safetensors entry {name!r}: its shape and its data_offsets disagree, or it lies outside the body"
        )
    dtype = np.dtype(np.uint8) if code == "BOOL" else stored.newbyteorder("=")

    def load() -> Array:
        if begin == stop:
            return np.empty(shape, dtype)
        array = np.frombuffer(values[begin:stop], stored).reshape(shape)
        return array.view(np.uint8) if code == "BOOL" else array.astype(dtype, copy=False)

    return PendingArray(shape, dtype, MEDIA_TYPE, load), (begin, stop)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise ValueError("a name occurs twice")
    return unique
