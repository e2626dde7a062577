"""Pictures in: format by content, size from the header, one frame, then pixels as they were stored.

Grey stays grey, alpha stays alpha, 16 bits stay 16 bits. Palettes are expanded and CMYK is converted to RGB. The EXIF
orientation is applied, so that pixel (0, 0) is the corner that a viewer shows at the top left.
"""

import io
from collections.abc import Callable
from itertools import islice
from typing import Any

import imagecodecs
import numpy as np
import simplejpeg
from PIL import Image

from service.arrays.pending import Array, PendingArray
from service.errors import TooLarge, UnreadableBody, UnsupportedMedia

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/tiff")

Image.MAX_IMAGE_PIXELS = None  # the limit is ours, checked below before anything is decoded
_EXIF_ORIENTATION = 0x0112
_MODE_CHANNELS = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
_PILLOW_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


def sniff(data: memoryview) -> str | None:
    """Media type of a picture by its first bytes; None where it is none of those accepted."""
    head = bytes(data[:12])
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "image/tiff"
    return None


def open_picture(data: memoryview, *, max_pixels: int) -> PendingArray:
    """Describe an encoded picture by its header alone.

    Raises UnsupportedMedia for another format, several frames or a colour mode without a pixel layout; TooLarge above
    `max_pixels`;
    UnreadableBody where the header is broken.
    """
    media_type = sniff(data)
    if media_type is None:
        raise UnsupportedMedia("is not a PNG, JPEG, WebP or TIFF picture")
    try:
        opened = (
            _open_tiff(data, max_pixels) if media_type == "image/tiff" else _open_pillow(data, media_type, max_pixels)
        )
    except (UnsupportedMedia, TooLarge):
        raise
    except Exception as error:  # decoders raise anything on hostile bytes
        raise UnreadableBody(f"cannot be read as {media_type}: its header is broken") from error
    shape, dtype, decode = opened

    def load() -> Array:
        try:
            pixels = np.ascontiguousarray(decode())
        except Exception as error:  # decoders raise anything on hostile bytes
            raise UnreadableBody(f"cannot be decoded as {media_type}: the file is truncated or damaged") from error
        if pixels.shape != shape or pixels.dtype != dtype:
            raise UnreadableBody(f"cannot be decoded as {media_type}: its pixels disagree with its header")
        return pixels

    return PendingArray(shape, dtype, media_type, load)


Opened = tuple[tuple[int, ...], np.dtype[Any], Callable[[], Array]]


def _open_pillow(data: memoryview, media_type: str, max_pixels: int) -> Opened:
    with Image.open(io.BytesIO(data), formats=[_PILLOW_FORMATS[media_type]]) as image:
        width, height = image.size
        _limit(width, height, max_pixels)
        if getattr(image, "n_frames", 1) != 1:
            raise UnsupportedMedia("has several frames; send one picture")
        mode, transparent = image.mode, "transparency" in image.info
        # The method of PNG images would decode all pixels to look for EXIF data behind them.
        orientation = Image.Image.getexif(image).get(_EXIF_ORIENTATION, 1)
    deep = media_type == "image/png" and data[24] == 16
    plain = mode in ("L", "LA", "RGB", "RGBA") and not transparent and (media_type != "image/png" or data[24] == 8)
    target = (
        "RGBA"
        if transparent and mode != "L"
        else "LA"
        if transparent
        else {"1": "L", "P": "RGB", "CMYK": "RGB"}.get(mode, mode)
    )
    if deep:
        if transparent:
            raise UnsupportedMedia(
                "a 16-bit PNG with a transparent colour has no pixel layout here; store alpha as a channel"
            )
        channels, name = {0: 1, 2: 3, 4: 2, 6: 4}[data[25]], "uint16"
    elif target in _MODE_CHANNELS:
        channels, name = _MODE_CHANNELS[target], "uint8"
    else:
        raise UnsupportedMedia(
            f"has colour mode {mode}, which has no pixel layout here; convert it to grey, RGB or RGBA"
        )

    def decode() -> Array:
        if media_type == "image/jpeg" and plain:
            pixels = simplejpeg.decode_jpeg(data, "GRAY" if mode == "L" else "RGB", strict=True)
            pixels = pixels[:, :, 0] if mode == "L" else pixels
        elif media_type == "image/png" and (plain or deep):
            pixels = imagecodecs.png_decode(data)  # type: ignore[arg-type]  # takes any buffer
        else:
            with Image.open(io.BytesIO(data), formats=[_PILLOW_FORMATS[media_type]]) as image:
                pixels = np.array(image if image.mode == target else image.convert(target))
        return _oriented(pixels, orientation)

    size = (width, height) if orientation in (5, 6, 7, 8) else (height, width)
    return (size if channels == 1 else (*size, channels)), np.dtype(name), decode


def _open_tiff(data: memoryview, max_pixels: int) -> Opened:
    import tifffile  # takes a tenth of a second, which the start of the service need not wait for

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        if len(list(islice(tiff.pages, 2))) > 1:
            raise UnsupportedMedia("has several pages; send one picture")
        page: Any = tiff.pages.first
        _limit(page.imagewidth, page.imagelength, max_pixels)
        if page.photometric is not None and page.photometric.name in (
            "PALETTE",
            "YCBCR",
            "SEPARATED",
            "CIELAB",
            "MASK",
        ):
            raise UnsupportedMedia(
                f"TIFF photometric {page.photometric.name} has no pixel layout here; convert it to grey or RGB"
            )
        planes_first = page.axes.startswith("S")
        dtype, stored = np.dtype(page.dtype).newbyteorder("="), page.shape
        inverted = page.photometric is not None and page.photometric.name == "MINISWHITE"
        orientation = int(page.tags["Orientation"].value) if "Orientation" in page.tags else 1
    if page.axes not in ("YX", "YXS", "SYX"):
        raise UnsupportedMedia(f"TIFF axes {page.axes} are not one picture")
    if dtype.name not in ("uint8", "uint16", "int16", "int32", "float32", "float64"):
        raise UnsupportedMedia(f"TIFF samples of type {dtype.name} are not accepted")
    shape = (*stored[1:], stored[0]) if planes_first else stored

    def decode() -> Array:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            pixels = tiff.pages.first.asarray()
        pixels = np.moveaxis(pixels, 0, -1) if planes_first else pixels
        return _oriented(np.bitwise_not(pixels) if inverted and dtype.kind in "iu" else pixels, orientation)

    if orientation in (5, 6, 7, 8):
        shape = (shape[1], shape[0], *shape[2:])
    return tuple(shape), dtype, decode


def _limit(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise TooLarge(f"has {width}×{height} pixels, more than the {max_pixels} allowed (EPIPOLE_MAX_PIXELS)")
    if width < 1 or height < 1:
        raise UnreadableBody("has no pixels")


def _oriented(pixels: Array, orientation: int) -> Array:
    """Undo the EXIF orientation (TIFF 6.0, tag 274): 2 mirrored, 3 turned by 180°, 4 flipped, 5–8 transposed
    variants.
    """
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
