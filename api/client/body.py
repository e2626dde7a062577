"""Parameters as a request body: JSON, safetensors where there are arrays, multipart where there are files."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.media import npy, safetensors

JSON = "application/json"
_MOST_METADATA = 48 << 10  # bytes of params beside arrays; a header may have 64 KiB

Parameter = NDArray[Any] | Path | bytes | Mapping[str, Any] | Sequence[Any] | str | float | int | bool | None
"""An array; a file (npy or a picture) by its path or its bytes; or anything that JSON has. None: the default."""


@dataclass(frozen=True)
class Body:
    """A body in parts, which are sent as they are."""

    content_type: str
    parts: tuple[bytes | memoryview, ...]

    @property
    def length(self) -> int:
        return sum(memoryview(part).nbytes for part in self.parts)


NO_BODY = Body("", ())


def parameters_body(parameters: Mapping[str, Parameter]) -> Body:
    """Encode the parameters of an operation.

    Raises
    ------
    TypeError
        A value is none of `Parameter`, or an array's dtype cannot be sent; the message names it.
    ValueError
        A number is not finite where JSON would have to hold it.
    OSError
        A file cannot be read.
    """
    given = {name: value for name, value in parameters.items() if value is not None}
    files = {name: _file(value) for name, value in given.items() if isinstance(value, Path | bytes)}
    arrays = {name: _sendable(name, value) for name, value in given.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in given.items() if name not in files and name not in arrays}
    params = _json(plain)
    if files or (arrays and len(params) > _MOST_METADATA):
        return _form(params, {**files, **{name: ("array.npy", *_npy(array)) for name, array in arrays.items()}})
    if arrays:
        described = {name: (array.shape, array.dtype) for name, array in arrays.items()}
        header = safetensors.safetensors_header(described, {"params": params.decode()})
        return Body(safetensors.MEDIA_TYPE, (header, *map(_bytes, arrays.values())))
    return Body(JSON, (params,))


def stored_body(value: NDArray[Any] | Path | bytes) -> Body:
    """What is stored as an asset: the bytes of a file, or an array as npy."""
    if isinstance(value, np.ndarray):
        return Body(npy.MEDIA_TYPE, _npy(_sendable("value", value)))
    return Body("application/octet-stream", (_file(value)[1],))


def _json(plain: Mapping[str, Any]) -> bytes:
    return json.dumps(plain, allow_nan=False, separators=(",", ":"), default=_listed).encode()


def _listed(value: Any) -> Any:
    """Arrays and numbers of numpy inside of other values."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be sent; send arrays, files, or what JSON has")


def _sendable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in "buif" or array.dtype.name in ("float16", "longdouble", "float128"):
        raise TypeError(f"{name}: arrays of {array.dtype} cannot be sent")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)


def _bytes(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _npy(array: NDArray[Any]) -> tuple[bytes, memoryview]:
    return npy.npy_header(array.shape, array.dtype), _bytes(array)


def _file(value: Path | bytes) -> tuple[str, bytes]:
    return (value.name, value.read_bytes()) if isinstance(value, Path) else ("file", value)


def _form(params: bytes, files: Mapping[str, tuple[Any, ...]]) -> Body:
    boundary = uuid.uuid4().hex

    def pieces() -> Iterator[bytes | memoryview]:
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="params"\r\n\r\n'.encode()
        yield params
        for field, (_title, *content) in files.items():
            yield (
                f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{field}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n"
            ).encode()
            yield from content
        yield f"\r\n--{boundary}--\r\n".encode()

    return Body(f"multipart/form-data; boundary={boundary}", tuple(pieces()))
