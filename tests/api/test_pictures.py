"""Pictures through the whole service: what comes in, what goes out, and in which form."""

import io
import json
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from fastapi.testclient import TestClient
from PIL import Image, ImageOps

from tests.api.requests import WARP, picture, pixels, warp_form
from tests.running import npy


def warped(client: TestClient, data: bytes, accept: str = "*/*", **params: Any) -> Any:
    answer = client.post(WARP, **warp_form(data, **params), headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_anything_is_answered_in_kind(client: TestClient, kind: str) -> None:
    source = pixels(24, 32, 3)
    answer = warped(client, picture(source, kind, quality=95))
    assert answer.headers["content-type"] == f"image/{kind.lower()}"
    found = np.array(Image.open(io.BytesIO(answer.content)).convert("RGB"))
    # Lossy formats lose a few steps twice, going in and coming out; PNG loses nothing.
    assert np.abs(found.astype(int) - source).max() <= (0 if kind == "PNG" else 16)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [(), (2,), (3,), (4,)])
def test_png_keeps_grey_alpha_and_depth(client: TestClient, channels: tuple[int, ...], dtype: str) -> None:
    source = pixels(5, 7, *channels, dtype=dtype) * (257 if dtype == "uint16" else 1)
    answer = warped(client, bytes(imagecodecs.png_encode(source)))
    np.testing.assert_array_equal(imagecodecs.png_decode(answer.content), source)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [(), (3,), (9,)])
def test_tiff_keeps_every_dtype_and_channel(client: TestClient, channels: tuple[int, ...], dtype: str) -> None:
    source, file = pixels(5, 7, *channels, dtype=dtype), io.BytesIO()
    planar = "contig" if channels else None
    tifffile.imwrite(file, source, photometric="minisblack", planarconfig=planar, metadata=None)
    answer = warped(client, file.getvalue())
    assert answer.headers["content-type"] == "image/tiff"
    found = tifffile.imread(io.BytesIO(answer.content))
    assert found.dtype == source.dtype
    np.testing.assert_array_equal(found, source)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photograph_is_warped_as_a_viewer_shows_it(client: TestClient, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = picture(pixels(8, 16, 3), kind, exif=exif)
    upright = np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    answer = warped(client, data, "application/x-npy")
    found = np.load(io.BytesIO(answer.content))
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright).max() <= 2  # JPEG decoders differ by a rounding step
    again = Image.open(io.BytesIO(warped(client, data).content))
    assert again.size == upright.shape[1::-1]
    assert again.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(("mode", "channels"), [("1", 1), ("P", 3), ("CMYK", 3)])
def test_other_colour_modes_become_grey_or_rgb(client: TestClient, mode: str, channels: int) -> None:
    image = Image.fromarray(pixels(9, 11, 3)).convert(mode)
    file = io.BytesIO()
    image.save(file, "JPEG" if mode == "CMYK" else "PNG")
    found = np.load(io.BytesIO(warped(client, file.getvalue(), "application/x-npy").content))
    assert found.shape == ((9, 11) if channels == 1 else (9, 11, 3))
    expected = np.array(Image.open(io.BytesIO(file.getvalue())).convert("L" if channels == 1 else "RGB"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "accept", ["image/png", "image/*", "image/webp;q=0.1, image/png", "text/html, image/png;q=0.1"]
)
def test_a_picture_can_be_asked_for(client: TestClient, accept: str) -> None:
    assert warped(client, npy(pixels(6, 7, 3)), accept).headers["content-type"] == "image/png"


def test_the_first_range_that_can_hold_the_result_is_taken(client: TestClient) -> None:
    data = npy(pixels(6, 7, 3, dtype="float32"))
    assert warped(client, data, "image/png, image/tiff;q=0.5").headers["content-type"] == "image/tiff"
    assert warped(client, data, "image/*").headers["content-type"] == "image/tiff"
    problem = client.post(WARP, **warp_form(data), headers={"Accept": "image/png, image/jpeg"})
    assert problem.status_code == 406
    assert "image/tiff" in problem.json()["detail"]


def test_scalars_and_other_arrays_are_named_in_a_header(client: TestClient) -> None:
    answer = warped(client, picture(pixels(6, 7)), direction="output_to_source")
    result = json.loads(answer.headers["epipole-result"])
    assert result == {
        "direction": "output_to_source",
        "pixel_center": "integer",
        "translation": [0, 0],
        "array": "image",
        "other_arrays": ["mask"],
    }
    assert answer.headers["vary"] == "Accept"
    assert "epipole-result" not in warped(client, npy(pixels(3, 3)), "application/json").headers


def test_the_mask_can_be_shown_instead(client: TestClient) -> None:
    homography = [[1, 0, 2], [0, 1, 0], [0, 0, 1]]
    answer = client.post(
        WARP,
        **warp_form(picture(pixels(4, 5)), homography=homography),
        params={"array": "mask"},
        headers={"Accept": "image/png"},
    )
    assert imagecodecs.png_decode(answer.content).tolist() == [[0, 0, 255, 255, 255]] * 4


def test_the_roi_equals_the_crop_of_the_full_result(client: TestClient) -> None:
    homography = [[1.1, 0.2, -3], [0.1, 0.9, 2], [0.001, 0.002, 1]]
    data = picture(pixels(40, 50, 3))
    full = imagecodecs.png_decode(warped(client, data, "image/png", homography=homography).content)
    roi = {"x": 11, "y": 7, "width": 20, "height": 15}
    part = imagecodecs.png_decode(warped(client, data, "image/png", homography=homography, roi=roi).content)
    np.testing.assert_array_equal(part, full[7:22, 11:31])


def test_small_results_are_json_and_large_ones_safetensors(client: TestClient) -> None:
    assert warped(client, npy(pixels(6, 7))).headers["content-type"] == "application/json"
    large = warped(client, npy(pixels(600, 700))).headers["content-type"]
    assert large == "application/x-safetensors"


def test_values_that_json_has_not_are_null(client: TestClient) -> None:
    source = np.array([[1.5, np.nan], [np.inf, 2.0]])
    answer = client.post(
        WARP, **warp_form(npy(source), interpolation="nearest"), headers={"Accept": "application/json"}
    )
    assert answer.json()["image"] == [[1.5, None], [None, 2.0]]
