"""Small files for tests: whole ones, and ones whose parts are chosen freely."""

import io
import json
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, Any]


def npy_file(array: Any, version: tuple[int, int] | None = None) -> bytes:
    """The npy bytes of an array."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), version=version, allow_pickle=True)
    return file.getvalue()


def npy_bytes(header: str, values: bytes = b"", *, version: int = 1, length: int | None = None) -> bytes:
    """npy bytes with any header text."""
    text = header.encode("latin-1")
    size = (len(text) if length is None else length).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + size + text + values


def npy_header(descr: str = "'<f8'", order: str = "False", shape: str = "(2,)") -> str:
    """The text of an npy header."""
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


def safetensors_bytes(header: Any, values: bytes = b"", *, length: int | None = None) -> bytes:
    """safetensors bytes with any header: bytes as they are, other values as JSON."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + values


def tensor(dtype: str, shape: list[Any], begin: Any, stop: Any) -> dict[str, Any]:
    """A safetensors header entry."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, stop]}


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(pixels: Array, **options: Any) -> bytes:
    """A PNG of 8-bit pixels."""
    return encoded(Image.fromarray(pixels), "PNG", **options)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_promising(width: int, height: int, depth: int = 8, colour: int = 2, data: bytes = b"\0" * 1000) -> bytes:
    """A PNG whose header promises any size."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(kind, content) for kind, content in chunks)


def tiff_bytes(tags: list[tuple[int, int, int, int]], values: bytes = b"", next_page: int = 0) -> bytes:
    """A little-endian TIFF of one page with these tags (number, type, count, value or offset)."""
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", next_page) + values


def tiff_tags(
    width: int, height: int, *, strip: int = 0, length: int = 0, compression: int = 1
) -> list[tuple[int, int, int, int]]:
    """Tags of an 8-bit grey page."""
    return [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, strip),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, length),
    ]
