"""Whatever a rig's files claim, reading them is refused in words that name the file, within little memory."""

import json
import os
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import ServiceError
from service.rigs.formats import read_rig, write_rig
from service.rigs.rig import RigCameras, RigLens, UnreadableRig
from tests.running import npy

MEMORY = 16 << 20  # the largest file here has 8 MB, of which lines are read piece by piece


@pytest.fixture(autouse=True)
def flat_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY


CAMERA = "1 PINHOLE 640 480 500 500 320 240\n"
IMAGE = "1 1 0 0 0 0 0 0 1 a.jpg\n\n"

TEXT = {
    "a model of no name": ("1 ORTHO 640 480 1 1 1 1\n", IMAGE, r"cameras.txt:1: camera model 'ORTHO' is not known"),
    "a model that is not supported": ("1 FOV 6 4 1 1 1 1 1\n", IMAGE, r"cameras.txt:1: .*'FOV' is not supported"),
    "too few parameters": (
        "# c\n1 PINHOLE 640 480 500\n",
        IMAGE,
        "cameras.txt:2: PINHOLE has 4 parameters, there are 1",
    ),
    "no parameters": ("1 PINHOLE\n", IMAGE, "cameras.txt:1: .* expected"),
    "a size of 0": ("1 PINHOLE 0 480 1 1 1 1\n", IMAGE, "cameras.txt:1: '0' is not a whole number from 1"),
    "a size that is huge": (f"1 PINHOLE {'9' * 30} 4 1 1 1 1\n", IMAGE, "cameras.txt:1: .* is not a whole number"),
    "a size in Arabic digits": ("1 PINHOLE ٣ 4 1 1 1 1\n", IMAGE, "cameras.txt:1: '٣' is not a whole number"),
    "NaN": ("1 PINHOLE 640 480 nan 500 320 240\n", IMAGE, "cameras.txt:1: 'nan' is not a finite number"),
    "a number beyond floats": ("1 PINHOLE 640 480 1e999 500 320 240\n", IMAGE, "cameras.txt:1: '1e999' is not"),
    "a number with an underscore": ("1 PINHOLE 640 480 5_0 500 320 240\n", IMAGE, "cameras.txt:1: '5_0' is not"),
    "a focal length below 0": ("1 PINHOLE 640 480 -5 500 320 240\n", IMAGE, "'a.jpg' focal length must be positive"),
    "a camera twice": (CAMERA * 2, IMAGE, "cameras.txt:2: camera 1 is there twice"),
    "an image without a camera": (CAMERA, IMAGE.replace("1 a", "2 a"), "images.txt:1: there is no camera 2"),
    "an image without a name": (CAMERA, "1 1 0 0 0 0 0 0 1\n\n", "images.txt:1: .* NAME are expected"),
    "a rotation of 0": (CAMERA, "1 0 0 0 0 0 0 0 1 a.jpg\n\n", "quaternion of 'a.jpg' is 0"),
    "a name twice": (CAMERA, IMAGE + IMAGE.replace("1 1 ", "2 1 ", 1), "two cameras have the name 'a.jpg'"),
    "a line of points where an image is due": (CAMERA, IMAGE + "1.5 2.5 -1\n", "images.txt:3: .* expected"),
    "a line that does not end": (CAMERA, "1 1 0 0 0 0 0 0 1 " + "a" * (8 << 20), "images.txt:1: .* expected"),
    "bytes of no text": ("\udcff\udcfe\0\n", IMAGE, "cameras.txt:1: .* expected"),
}


@pytest.mark.parametrize("name", TEXT)
def test_colmap_text(tmp_path: Path, name: str) -> None:
    cameras, images, words = TEXT[name]
    (tmp_path / "cameras.txt").write_text(cameras, encoding="utf-8", errors="surrogateescape")
    (tmp_path / "images.txt").write_text(images, encoding="utf-8")
    with pytest.raises(UnreadableRig, match=words) as caught:
        read_rig(tmp_path)
    assert len(caught.value.detail) < 500


def test_points_of_images_are_passed_over_whatever_their_length(tmp_path: Path) -> None:
    (tmp_path / "cameras.txt").write_text(CAMERA)
    (tmp_path / "images.txt").write_text("1 1 0 0 0 0 0 0 1 a.jpg\n" + "1.5 2.5 -1 " * 700_000 + "\n" + "\n# end\n")
    assert read_rig(tmp_path).names == ("a.jpg",)


_CAMERA = struct.pack("<IiQQ4d", 1, 1, 640, 480, 500, 500, 320, 240)
_IMAGE = struct.pack("<I7dI", 1, 1, 0, 0, 0, 0, 0, 0, 1) + b"a.jpg\0" + struct.pack("<Q", 0)
_ONE = struct.pack("<Q", 1)

BINARY = {
    "nothing": (b"", _ONE + _IMAGE, "cameras.bin: is empty"),
    "half a count": (b"\1\0", _ONE + _IMAGE, "cameras.bin: is cut off"),
    "more cameras than there are bytes": (b"\xff" * 8 + _CAMERA, _ONE + _IMAGE, "18446744073709551615 cameras do not"),
    "more images than there are bytes": (_ONE + _CAMERA, struct.pack("<Q", 2**40) + _IMAGE, "images do not fit"),
    "more points than there are bytes": (
        _ONE + _CAMERA,
        _ONE + _IMAGE[:-8] + struct.pack("<Q", 2**61 + 1) + bytes(100),
        "points do not fit",
    ),
    "a camera that is cut off": (_ONE + _CAMERA[:-1], _ONE + _IMAGE, "cameras.bin: .*(cut off|do not fit)"),
    "bytes after the end": (_ONE + _CAMERA + b"\0", _ONE + _IMAGE, "cameras.bin: 1 bytes follow"),
    "a model of no name": (_ONE + struct.pack("<Ii", 1, 99) + bytes(80), _ONE + _IMAGE, "model '99' is not known"),
    "a model that is not supported": (_ONE + struct.pack("<Ii", 1, 7) + bytes(80), _ONE + _IMAGE, "'FOV' is not supp"),
    "a negative model": (_ONE + struct.pack("<Ii", 1, -1) + bytes(80), _ONE + _IMAGE, "model '-1' is not known"),
    "a size of 0": (_ONE + struct.pack("<IiQQ4d", 1, 1, 0, 480, 1, 1, 1, 1), _ONE + _IMAGE, "has the size 0"),
    "NaN": (_ONE + struct.pack("<IiQQ4d", 1, 1, 4, 4, np.nan, 1, 1, 1), _ONE + _IMAGE, "not finite"),
    "a pose that is not finite": (
        _ONE + _CAMERA,
        _ONE + struct.pack("<I7dI", 1, 1, 0, 0, 0, np.inf, 0, 0, 1) + _IMAGE[64:],
        "the pose is not finite",
    ),
    "an image without a camera": (
        _ONE + _CAMERA,
        _ONE + struct.pack("<I7dI", 1, 1, *[0] * 6, 2) + _IMAGE[64:],
        "no camera 2",
    ),
    "a name without an end": (_ONE + _CAMERA, _ONE + _IMAGE[:64] + b"a" * 9000, "a name has no end"),
    "a camera twice": (struct.pack("<Q", 2) + 2 * _CAMERA, _ONE + _IMAGE, "camera 1 is there twice"),
}


@pytest.mark.parametrize("name", BINARY)
def test_colmap_binary(tmp_path: Path, name: str) -> None:
    cameras, images, words = BINARY[name]
    (tmp_path / "cameras.bin").write_bytes(cameras)
    (tmp_path / "images.bin").write_bytes(images)
    with pytest.raises(UnreadableRig, match=words):
        read_rig(tmp_path)


def test_the_files_that_the_others_are_made_from_are_good(tmp_path: Path) -> None:
    (tmp_path / "cameras.bin").write_bytes(_ONE + _CAMERA)
    (tmp_path / "images.bin").write_bytes(_ONE + _IMAGE)
    assert read_rig(tmp_path).names == ("a.jpg",)


DOCUMENT = {
    "names": ["a"],
    "pixel_center": "integer",
    "sizes": [[640, 480]],
    "intrinsics": [[[500, 0, 320], [0, 500, 240], [0, 0, 1]]],
    "rotations": [[[1, 0, 0], [0, 1, 0], [0, 0, 1]]],
    "translations": [[0, 0, 0]],
    "lens_models": ["none"],
    "lens_coefficients": [[]],
}

JSON = {
    "no JSON": (b"{", "is not JSON"),
    "a list": (b"[]", "is not a rig"),
    "deep nesting": (b"[" * 100_000, "is not JSON"),
    "a key twice": (b'{"names": [], "names": []}', "occurs twice"),
    "too little": (b'{"names": []}', "it needs the keys"),
    "names that are no list": ({"names": 3}, "/names must be"),
    "names that are no texts": ({"names": [3]}, "/names must be"),
    "an unknown word": ({"pixel_center": "corner"}, "/pixel_center"),
    "a size below 0": ({"sizes": [[-1, 5]]}, "/sizes"),
    "half a size": ({"sizes": [[1.5, 5]]}, "/sizes/0/0 must be a whole number"),
    "text for a number": ({"intrinsics": [[["x", 0, 0], [0, 1, 0], [0, 0, 1]]]}, "/intrinsics/0/0/0 must be a number"),
    "another number of cameras": ({"translations": []}, r"/translations has the shape \(0, 3\)"),
    "a mirror": ({"rotations": [[[-1, 0, 0], [0, 1, 0], [0, 0, 1]]]}, "'a' must be a rotation"),
    "no K": ({"intrinsics": [[[1, 0, 0], [1, 1, 0], [0, 0, 1]]]}, "intrinsics/0/1/0 of 'a' must be 0"),
    "an unknown lens": ({"lens_models": ["zoom"]}, "/lens_models/0 must be one of"),
    "a lens in another place": ({"lens_models": [["none"]]}, "/lens_models/0"),
    "coefficients too many": ({"lens_coefficients": [[1]]}, "/lens_coefficients/0 must be a list of 0"),
    "coefficients of no numbers": (
        {"lens_models": ["fisheye"], "lens_coefficients": [[True, 0, 0, 0]]},
        "/lens_coefficients/0 must hold numbers",
    ),
    "coefficients without an end": (
        {"lens_models": ["fisheye"], "lens_coefficients": [[float("nan"), 0, 0, 0]]},
        "coefficients must be finite",
    ),
    "lenses of no list": ({"lens_models": "none"}, "must be lists"),
}


@pytest.mark.parametrize("name", JSON)
def test_json(tmp_path: Path, name: str) -> None:
    content, words = JSON[name]
    data = content if isinstance(content, bytes) else json.dumps(DOCUMENT | content).encode()
    (tmp_path / "rig.json").write_bytes(data)
    with pytest.raises(UnreadableRig, match=words):
        read_rig(tmp_path / "rig.json")


def test_the_document_that_the_others_are_made_from_is_good(tmp_path: Path) -> None:
    (tmp_path / "rig.json").write_text(json.dumps(DOCUMENT))
    assert read_rig(tmp_path / "rig.json").names == ("a",)


STRECHA = "500 0 320\n0 500 240\n0 0 1\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 2 3\n640 480\n"

FILES = {
    "no numbers": ("a.camera", b"K R t", "a.camera:1: 'K' is not a finite number"),
    "too few numbers": ("a.camera", b"1 2 3", "a.camera: 26 numbers are expected, there are 3"),
    "too many numbers": ("a.camera", b"1 " * 4_000_000, "a.camera:1: .* is not a finite number"),
    "too many lines": ("a.camera", b"1\n" * 30, "a.camera: 26 numbers are expected, there are more"),
    "distortion": ("a.camera", STRECHA.replace("\n0 0 0", "\n0.1 0 0").encode(), "distortion is not understood"),
    "half a pixel": ("a.camera", STRECHA.replace("640", "640.5").encode(), "whole numbers above 0"),
    "a mirror": ("a.camera", STRECHA.replace("\n1 0 0", "\n-1 0 0").encode(), "of 'a' must be a rotation"),
    "an affine projection": ("a.P", b"1 0 0 0 0 1 0 0 0 0 0 1", "has no finite centre"),
    "a projection of rank 2": ("a.P", b"1 0 0 0 1 0 0 0 0 0 1 1", "rank below 3"),
    "a projection of eleven": ("a.P", b"1 0 0 0 0 1 0 0 0 0 0", "12 numbers are expected, there are 11"),
    "npy of no npy": ("a.npy", b"PK\3\4", "a.npy: is not an npy file"),
    "npy of objects": ("a.npy", npy(np.zeros(3)).replace(b"<f8", b"|O "), "a.npy: npy dtype|a.npy: is not an npy"),
    "npy of another shape": ("a.npy", npy(np.zeros((3, 4))), r"\(N, 3, 4\), this array has \(3, 4\)"),
    "npy of NaN": ("a.npy", npy(np.full((1, 3, 4), np.nan)), "must be a finite number"),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path: Path, name: str) -> None:
    title, content, words = FILES[name]
    (tmp_path / title).write_bytes(content)
    with pytest.raises(UnreadableRig, match=words):
        read_rig(tmp_path / title)


def test_pipes_and_links_to_nowhere_are_no_files(tmp_path: Path) -> None:

    os.mkfifo(tmp_path / "a.npy")
    (tmp_path / "b.npy").symlink_to(tmp_path / "nowhere")
    for title in ("a.npy", "b.npy"):
        with pytest.raises(UnreadableRig, match="no such file"):
            read_rig(tmp_path / title)


def _rig() -> RigCameras:
    K = np.array([[[500.0, 0, 320], [0, 500, 240], [0, 0, 1]]] * 2)
    lenses = (RigLens(), RigLens("brown", (0.1, 0, 0, 0)))
    return RigCameras(("a", "b"), K, np.array([np.eye(3)] * 2), np.eye(3)[:2], np.full((2, 2), 640), lenses)


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.integers(0, 400) | st.none())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("name", ["colmap-text", "colmap-binary", "json"])
def test_a_changed_byte_or_a_cut_is_a_rig_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: int, byte: int, cut: int | None
) -> None:
    folder = tmp_path_factory.mktemp("rig")
    path = folder / "rig.json" if name == "json" else folder
    write_rig(_rig(), path, name)
    for file in folder.iterdir():
        data = bytearray(file.read_bytes())
        if data:
            data[place % len(data)] = byte
        file.write_bytes(data[:cut])
    try:
        found = read_rig(path)
    except ServiceError:
        return
    assert np.isfinite(found.to_projections()).all()
