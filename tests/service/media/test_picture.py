import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from service.arrays.pending import PendingArray
from service.errors import ServiceError, TooLarge, UnreadableBody, UnsupportedMedia
from service.media.picture import MEDIA_TYPES, open_picture, sniff
from tests.service.media.files import encoded, png, png_chunk, png_promising, tiff_bytes, tiff_tags

Array = np.ndarray[Any, Any]
LIMIT = 1_000_000


def opened(data: bytes, max_pixels: int = LIMIT) -> PendingArray:
    return open_picture(memoryview(data), max_pixels=max_pixels)


def noise(*shape: int, dtype: str = "uint8") -> Array:
    rng = np.random.default_rng(5)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def tiff(pixels: Array, **options: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **options)
    return file.getvalue()


def check(data: bytes, expected: Array) -> None:
    pending = opened(data)
    pixels = pending.load()
    assert (pending.shape, pending.dtype) == (pixels.shape, pixels.dtype)
    assert pixels.flags.c_contiguous
    assert pixels.dtype == expected.dtype
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [(), (2,), (3,), (4,)])
def test_png_keeps_grey_alpha_and_depth(channels: tuple[int, ...], dtype: str) -> None:
    pixels = noise(5, 7, *channels, dtype=dtype)
    check(bytes(imagecodecs.png_encode(pixels)), pixels)


@pytest.mark.parametrize(("mode", "target"), [("P", "RGB"), ("1", "L"), ("L", "L"), ("LA", "LA")])
def test_other_png_modes_agree_with_pillow(mode: str, target: str) -> None:
    image = Image.fromarray(noise(6, 9, 4)).convert("RGB" if mode == "P" else mode)
    data = encoded(image.quantize(8) if mode == "P" else image, "PNG")
    check(data, np.array(Image.open(io.BytesIO(data)).convert(target)))


def test_a_transparent_colour_becomes_alpha() -> None:
    for image, target in (
        (Image.fromarray(noise(4, 4)), "LA"),
        (Image.fromarray(noise(4, 4, 3)), "RGBA"),
        (Image.fromarray(noise(4, 4, 3)).quantize(4), "RGBA"),
    ):
        transparent: Any = {"LA": 7, "RGBA": 0 if image.mode == "P" else (1, 2, 3)}[target]
        data = encoded(image, "PNG", transparency=transparent)
        check(data, np.array(Image.open(io.BytesIO(data)).convert(target)))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_low_depths_of_grey_are_spread_to_the_full_range(bits: int) -> None:
    row = bytes([0]) + bytes([0b11100100]) * bits
    check(
        png_promising(8, 1, bits, 0, row),
        np.array(Image.open(io.BytesIO(png_promising(8, 1, bits, 0, row))).convert("L")),
    )


def test_a_deep_png_with_a_transparent_colour_is_unsupported() -> None:
    data = bytes(imagecodecs.png_encode(noise(4, 4, dtype="uint16")))
    end_of_header = 8 + 25
    data = data[:end_of_header] + png_chunk(b"tRNS", b"\0\1") + data[end_of_header:]
    with pytest.raises(UnsupportedMedia, match="alpha as a channel"):
        opened(data)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_agrees_with_pillow_within_the_rounding_of_decoders(mode: str) -> None:
    smooth = np.add.outer(np.arange(24) * 5, np.arange(32) * 3).astype(np.uint8)
    image = Image.fromarray(smooth if mode == "L" else np.dstack([smooth, smooth[::-1], 255 - smooth]))
    data = encoded(image, "JPEG", quality=95, subsampling=0)
    pending = opened(data)
    pixels = pending.load()
    assert pending.shape == pixels.shape == ((24, 32) if mode == "L" else (24, 32, 3))
    expected = np.array(Image.open(io.BytesIO(data)))
    # The standard leaves the inverse DCT and the colour conversion one step of rounding each.
    assert np.abs(pixels.astype(int) - expected).max() <= 2


def test_cmyk_becomes_rgb() -> None:
    data = encoded(Image.fromarray(noise(8, 8, 4)).convert("RGB").convert("CMYK"), "JPEG")
    check(data, np.array(Image.open(io.BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize("channels", [3, 4])
def test_webp_agrees_with_pillow(channels: int) -> None:
    pixels = noise(6, 8, channels)
    data = encoded(Image.fromarray(pixels), "WEBP", lossless=True, exact=True)
    check(data, pixels)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    image = Image.fromarray(np.add.outer(np.arange(8) * 20, np.arange(16) * 5).astype(np.uint8)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(image, kind, exif=exif, **options)
    pending = opened(data)
    upright = np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert pending.shape == upright.shape
    assert np.abs(pending.load().astype(int) - upright).max() <= 2  # JPEG decoders differ by a rounding step


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_tiff_orientation_is_applied(orientation: int) -> None:
    data = tiff(noise(3, 5), extratags=[(274, 3, 1, orientation, True)])
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = encoded(Image.fromarray(noise(3, 5)), "PNG", exif=exif)
    check(data, np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(upright)))))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 7)])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_keeps_every_dtype_and_channel(shape: tuple[int, ...], dtype: str, order: str) -> None:
    pixels = (np.arange(np.prod(shape)).reshape(shape) * 3).astype(dtype)
    planar = "contig" if len(shape) == 3 else None
    check(tiff(pixels, photometric="minisblack", planarconfig=planar, byteorder=order), pixels)


def test_tiff_may_hold_its_planes_apart_tiled_and_compressed() -> None:
    pixels = noise(32, 48, 3, dtype="uint16")
    separate = tiff(np.ascontiguousarray(np.moveaxis(pixels, -1, 0)), photometric="rgb", planarconfig="separate")
    check(separate, pixels)
    for compression in ("deflate", "lzw", "zstd", "packbits"):
        check(tiff(pixels, photometric="rgb", tile=(16, 16), compression=compression), pixels)


def test_white_is_zero_is_turned_round() -> None:
    pixels = noise(4, 5)
    check(tiff(pixels, photometric="miniswhite"), 255 - pixels)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (tiff(noise(2, 4, 5), photometric="minisblack"), "several pages"),
        (tiff(np.zeros((4, 5), np.complex64)), "complex64"),
        (tiff(np.zeros((4, 5), bool)), "bool"),
        (tiff(noise(4, 5), photometric="palette", colormap=np.zeros((3, 256), np.uint16)), "PALETTE"),
        (b"GIF89a" + bytes(30), "is not a PNG"),
        (b"", "is not a PNG"),
        (b"BM" + bytes(60), "is not a PNG"),
    ],
)
def test_what_has_no_pixel_layout_here_is_unsupported(data: bytes, words: str) -> None:
    with pytest.raises(UnsupportedMedia, match=words):
        opened(data)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_unsupported(kind: str) -> None:
    frames = [Image.fromarray(noise(4, 4, 3) // step) for step in (1, 2)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(UnsupportedMedia, match="several frames"):
        opened(data)


def test_sizes_are_limited_before_anything_is_decoded() -> None:
    assert opened(png(noise(10, 10)), max_pixels=100).shape == (10, 10)
    with pytest.raises(TooLarge, match=r"10×10 pixels.*EPIPOLE_MAX_PIXELS"):
        opened(png(noise(10, 10)), max_pixels=99)
    with pytest.raises(TooLarge, match="50000×50000"):
        opened(png_promising(50_000, 50_000))
    with pytest.raises(TooLarge):
        opened(tiff_bytes(tiff_tags(60_000, 60_000)))
    with pytest.raises(TooLarge):
        opened(encoded(Image.fromarray(noise(1, 1, 3)).resize((4000, 4000)), "WEBP"))
    with pytest.raises(TooLarge):
        opened(encoded(Image.fromarray(noise(1, 1)).resize((4000, 4000)), "JPEG"))


@pytest.mark.parametrize(
    "data",
    [
        png_promising(0, 10),
        tiff_bytes(tiff_tags(0, 10)),
        tiff_bytes([]),
        b"II*\0" + bytes(4),
        b"II*\0\xff\xff\xff\xff",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    ],
)
def test_broken_headers_are_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableBody):
        opened(data)


WHOLE = {
    "PNG": png(noise(40, 40, 3)),
    "16-bit PNG": bytes(imagecodecs.png_encode(noise(40, 40, dtype="uint16"))),
    "palette PNG": encoded(Image.fromarray(noise(40, 40, 3)).quantize(16), "PNG"),
    "JPEG": encoded(Image.fromarray(noise(40, 40, 3)), "JPEG"),
    "WebP": encoded(Image.fromarray(noise(40, 40, 3)), "WEBP"),
    "TIFF": tiff(noise(40, 40, 3), photometric="rgb", compression="deflate"),
    "plain TIFF": tiff(noise(40, 40)),
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_cut_off_pictures_are_refused(kind: str, part: float) -> None:
    data = WHOLE[kind]
    with pytest.raises(UnreadableBody):
        opened(data[: int(len(data) * part)]).load()


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
@settings(derandomize=True, max_examples=40, deadline=None)
def test_mutated_pictures_are_read_or_refused(kind: str, data: st.DataObject) -> None:
    mutated = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 5))):
        mutated[data.draw(st.integers(0, min(len(mutated), 400) - 1))] = data.draw(st.integers(0, 255))
    try:
        pending = opened(bytes(mutated))
        pixels = pending.load()
    except ServiceError:
        return
    assert (pixels.shape, pixels.dtype) == (pending.shape, pending.dtype)


def test_a_png_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(noise(8, 8, 3))

    def decode(*_: Any) -> None:
        raise AssertionError("decoded while its header was read")

    monkeypatch.setattr(Image.Image, "load", decode)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decode)
    check(data, noise(8, 8, 3))


def test_the_type_is_judged_by_the_first_bytes() -> None:
    assert [sniff(memoryview(WHOLE[kind])) for kind in ("PNG", "JPEG", "WebP", "TIFF")] == list(MEDIA_TYPES)
    assert sniff(memoryview(b"")) is None
