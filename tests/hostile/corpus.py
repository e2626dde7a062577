"""Files that lie, overflow, loop or are cut off, made here rather than kept."""

import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from tests.service.media.files import (
    encoded,
    npy_bytes,
    npy_header,
    png_chunk,
    png_promising,
    safetensors_bytes,
    tensor,
    tiff_bytes,
    tiff_tags,
)

_BOMB = zlib.compress(bytes(64 << 20), 1)
_NOISE = np.random.default_rng(2).integers(0, 255, (64, 64, 3), np.uint8)


def _tiff(pixels: np.ndarray[Any, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **options)
    return file.getvalue()


def _pages_in_a_loop() -> bytes:
    """A TIFF whose page names itself as the next one."""
    return tiff_bytes(tiff_tags(4, 4, strip=122, length=16), bytes(16), next_page=8)


def _many_pages() -> bytes:
    """A TIFF of 20,000 pages without tags, in a chain."""
    pages = b"".join(struct.pack("<HI", 0, 8 + 6 * (n + 1)) for n in range(20_000))
    return b"II*\0" + struct.pack("<I", 8) + pages


def _strip_bomb() -> bytes:
    """A TIFF of 16 pixels whose compressed strip holds 64 MB."""
    return tiff_bytes(tiff_tags(4, 4, strip=122, length=len(_BOMB), compression=8), _BOMB)


def _png_with(kind: bytes, content: bytes) -> bytes:
    data = encoded(Image.fromarray(_NOISE), "PNG")
    return data[:33] + png_chunk(kind, content) + data[33:]


_JPEG = encoded(Image.fromarray(_NOISE), "JPEG")
_PNG = encoded(Image.fromarray(_NOISE), "PNG")
_FRAMES = {"save_all": True, "append_images": [Image.fromarray(_NOISE[::-1])]}

PICTURES: dict[str, bytes] = {
    "PNG of 50,000 × 50,000": png_promising(50_000, 50_000),
    "PNG of 2³¹ − 1 squared": png_promising(2**31 - 1, 2**31 - 1),
    "PNG of width 0": png_promising(0, 5),
    "PNG with rows missing": png_promising(2000, 2000),
    "PNG cut off in its header": _PNG[:20],
    "PNG cut off in its pixels": _PNG[: len(_PNG) // 2],
    "PNG with a wrong checksum": _PNG[:50] + bytes([_PNG[50] ^ 255]) + _PNG[51:],
    "PNG without pixels": b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)),
    "PNG of an impossible depth": png_promising(4, 4, 3, 2),
    "PNG of an impossible colour type": png_promising(4, 4, 8, 5),
    "PNG with a second header": _png_with(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)),
    "PNG with a compressed text bomb": _png_with(b"zTXt", b"k\0\0" + _BOMB),
    "PNG with a compressed profile bomb": _png_with(b"iCCP", b"k\0\0" + _BOMB),
    "animated PNG": encoded(Image.fromarray(_NOISE), "PNG", **_FRAMES),
    "JPEG cut off": _JPEG[: len(_JPEG) // 2],
    "JPEG cut off in its header": _JPEG[:100],
    "JPEG of three bytes": b"\xff\xd8\xff",
    "JPEG of 65,500 × 65,500": _JPEG.replace(b"\x08\0\x40\0\x40\x03", b"\x08\xff\xdc\xff\xdc\x03", 1),
    "JPEG of another size than its scan": _JPEG.replace(b"\x08\0\x40\0\x40\x03", b"\x08\x08\0\x08\0\x03", 1),
    "JPEG with zero rows": _JPEG.replace(b"\x08\0\x40\0\x40\x03", b"\x08\0\0\0\x40\x03", 1),
    "WebP cut off": encoded(Image.fromarray(_NOISE), "WEBP")[:200],
    "WebP of 16,383 × 16,383": encoded(Image.new("RGB", (1, 1)), "WEBP", lossless=True).replace(
        b"VP8L", b"VP8X\x0a\0\0\0\x02\0\0\0\xfe\x3f\0\xfe\x3f\0VP8L", 1
    ),
    "animated WebP": encoded(Image.fromarray(_NOISE), "WEBP", **_FRAMES),
    "TIFF of many pages": _tiff(np.zeros((5, 8, 8), np.uint8), photometric="minisblack"),
    "TIFF of 20,000 empty pages": _many_pages(),
    "TIFF whose page follows itself": _pages_in_a_loop(),
    "TIFF cut off": _tiff(_NOISE, photometric="rgb")[:5000],
    "TIFF of 10¹⁸ pixels": tiff_bytes(tiff_tags(2**30, 2**30)),
    "TIFF without tags": tiff_bytes([]),
    "TIFF of width 0": tiff_bytes(tiff_tags(0, 4)),
    "TIFF with a strip beyond its end": tiff_bytes(tiff_tags(4, 4, strip=2**31, length=16)),
    "TIFF with a strip of 4 GB": tiff_bytes(tiff_tags(4, 4, strip=122, length=2**32 - 1)),
    "TIFF with four billion samples": tiff_bytes(
        [(n, t, c, v if n != 277 else 65_535) for n, t, c, v in tiff_tags(9000, 9000)]
    ),
    "TIFF with a compressed strip of 64 MB for 16 pixels": _strip_bomb(),
    "TIFF of an unknown compression": tiff_bytes(tiff_tags(4, 4, strip=122, length=16, compression=9999), bytes(16)),
    "GIF": b"GIF89a" + bytes(40),
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "PDF": b"%PDF-1.7\n" + bytes(40),
    "ZIP": b"PK\x03\x04" + bytes(40),
}

NPY: dict[str, bytes] = {
    "pickled objects": npy_bytes(npy_header("'|O'", shape="(1,)"), b'cos\nsystem\n(S"exit 1"\ntR.'),
    "structured dtype": npy_bytes(npy_header("[('x', '<f8'), ('y', '<f8')]"), bytes(32)),
    "a promise of 32 GiB": npy_bytes(npy_header(shape="(65536, 65536)"), b"123"),
    "a negative length": npy_bytes(npy_header(shape="(-2, -1)"), bytes(16)),
    "a shape that overflows": npy_bytes(npy_header(shape="(4294967296, 4294967296, 1)"), bytes(16)),
    "a shape with five thousand digits": npy_bytes(npy_header(shape="(" + "9" * 5000 + ",)"), bytes(16)),
    "a shape without commas": npy_bytes(npy_header(shape="(2 2)"), bytes(32)),
    "code instead of a header": npy_bytes("__import__('os').system('exit 1')", bytes(16)),
    "version 9": npy_bytes(npy_header(), bytes(16), version=9),
    "a header of 4 GB": npy_bytes(npy_header(), bytes(16), version=2, length=2**32 - 1),
    "a header of 100 kB": npy_bytes(npy_header() + " " * 100_000, bytes(16), version=2),
    "nesting": npy_bytes("{'descr': " + "[" * 30_000, bytes(16), version=2),
    "too few bytes": npy_bytes(npy_header(), bytes(15)),
    "too many bytes": npy_bytes(npy_header(), bytes(17)),
    "dates": npy_bytes(npy_header("'<M8[s]'"), bytes(16)),
    "nothing but the magic": b"\x93NUMPY",
}

SAFETENSORS: dict[str, bytes] = {
    "overlap": safetensors_bytes(
        {"left": tensor("F64", [3, 4], 0, 96), "right": tensor("F64", [3, 4], 8, 104)}, bytes(104)
    ),
    "hole": safetensors_bytes(
        {"left": tensor("F64", [3, 4], 0, 96), "right": tensor("F64", [3, 4], 97, 193)}, bytes(193)
    ),
    "a name twice": safetensors_bytes(
        b'{"left":'
        + json.dumps(tensor("U8", [1], 0, 1)).encode()
        + b',"left":'
        + json.dumps(tensor("U8", [1], 0, 1)).encode()
        + b"}",
        b"\0",
    ),
    "a header of 2⁶⁴ − 1": safetensors_bytes({}, length=2**64 - 1),
    "a header of 100 kB": safetensors_bytes(b"{" + b" " * 100_000 + b"}"),
    "a shape of 2⁶² rows": safetensors_bytes({"left": tensor("F64", [2**62, 4], 0, 96)}, bytes(96)),
    "booleans for offsets": safetensors_bytes({"left": tensor("U8", [1], False, True)}, b"\0"),
    "offsets beyond the end": safetensors_bytes({"left": tensor("F64", [3, 4], 0, 96)}, bytes(95)),
    "offsets backwards": safetensors_bytes({"left": tensor("F64", [3, 4], 96, 0)}, bytes(96)),
    "nesting": safetensors_bytes(b'{"a":' * 10_000),
    "a lone surrogate": safetensors_bytes(b'{"\\ud800":' + json.dumps(tensor("U8", [1], 0, 1)).encode() + b"}", b"\0"),
    "parameters that are no JSON": safetensors_bytes({"__metadata__": {"params": "{"}}),
    "parameters that are a list": safetensors_bytes({"__metadata__": {"params": "[]"}}),
    "nothing": b"",
}

JSON: dict[str, bytes] = {
    "lists 100,000 deep": b'{"left":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "objects 100,000 deep": b'{"left":' * 100_000 + b"1" + b"}" * 100_000,
    "lists 150 deep": b'{"left":' + b"[" * 150 + b"1" + b"]" * 150 + b"}",
    "1e400": b'{"left": [[1e400]]}',
    "a number of a million digits": b'{"left": ' + b"9" * 1_000_000 + b"}",
    "a whole number of 4000 digits": b'{"left": [[1,0,0,0],[0,1,0,0],[0,0,1,' + b"9" * 4000 + b"]]}",
    "NaN": b'{"left": [[NaN,0,0,0],[0,1,0,0],[0,0,1,0]], "right": [[1,1,1,3],[0,2,0,3],[0,1,1,0]]}',
    "Infinity": b'{"left": [[1,0,0,0],[0,1,0,0],[0,0,1,Infinity]], "right": [[1,1,1,3],[0,2,0,3],[0,1,1,0]]}',
    "a key twice": b'{"left": [], "left": []}',
    "bytes that are not UTF-8": b'{"left": "\xff\xfe"}',
    "a lone surrogate": b'{"\\ud83d": 1}',
    "a NUL in a key": b'{"left\\u0000": 1}',
    "a million keys": b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}",
    "UTF-16": '{"left": 1}'.encode("utf-16"),
    "a list": b"[]",
    "nothing": b"",
}
