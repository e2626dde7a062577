"""Pictures out: which arrays a format can hold faithfully, and their bytes."""

import io
from typing import Any

import imagecodecs
import numpy as np
import simplejpeg

from service.arrays.pending import Array

_LIMITS = {"image/webp": 16_383, "image/jpeg": 65_500, "image/png": 2**31 - 1, "image/tiff": 2**31 - 1}


def picture_fault(media_type: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str | None:
    """Why an array cannot be sent as this picture type without changing it; None where it can."""
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) not in (2, 3) or 0 in shape:
        return f"an array of shape {shape} is not a picture"
    if max(shape[:2]) > _LIMITS[media_type]:
        return f"{media_type} holds at most {_LIMITS[media_type]} pixels a side"
    if media_type == "image/tiff":
        return None if dtype.name != "int64" else "TIFF pictures hold no int64"
    allowed = {
        "image/png": ("bool", "uint8", "uint16"),
        "image/jpeg": ("bool", "uint8"),
        "image/webp": ("bool", "uint8"),
    }[media_type]
    if dtype.name not in allowed:
        return f"{media_type} holds {' and '.join(allowed)}, the result is {dtype.name}"
    counts = {"image/png": (1, 2, 3, 4), "image/jpeg": (1, 3), "image/webp": (3, 4)}[media_type]
    if channels not in counts:
        return f"{media_type} holds {', '.join(map(str, counts))} channels, the result has {channels}"
    return None


def encode_picture(media_type: str, pixels: Array, *, quality: int, png_level: int) -> bytes:
    """The bytes of a picture that `picture_fault` found nothing against; masks become 0 and 255."""
    if pixels.dtype == np.bool_:
        pixels = pixels.view(np.uint8) * np.uint8(255)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    pixels = np.ascontiguousarray(pixels)
    if media_type == "image/png":
        return bytes(imagecodecs.png_encode(pixels, level=png_level))
    if media_type == "image/jpeg":
        if pixels.ndim == 2:
            return simplejpeg.encode_jpeg(pixels[:, :, np.newaxis], quality, "GRAY", "Gray")  # type: ignore[no-any-return]
        return simplejpeg.encode_jpeg(pixels, quality, "RGB", "420")  # type: ignore[no-any-return]
    if media_type == "image/webp":
        return bytes(imagecodecs.webp_encode(pixels, level=quality, lossless=False))
    import tifffile  # takes a tenth of a second, which the start of the service need not wait for

    file = io.BytesIO()
    colour = "rgb" if pixels.ndim == 3 and pixels.shape[2] in (3, 4) and pixels.dtype.kind == "u" else "minisblack"
    extra = ["unassalpha"] if colour == "rgb" and pixels.shape[2] == 4 else None
    tifffile.imwrite(
        file,
        pixels,
        photometric=colour,
        planarconfig="contig" if pixels.ndim == 3 else None,
        extrasamples=extra,
        metadata=None,
    )
    return file.getvalue()
