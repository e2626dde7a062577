"""COLMAP's `cameras.txt` and `images.txt`; other files beside them (`points3D.txt`, `rigs.txt`, `frames.txt`) are not
needed: images hold their full poses in every version.
"""

from collections.abc import Iterator
from pathlib import Path

from service.rigs.colmap import Camera, Images, assemble, disassemble, known_model
from service.rigs.rig import RigCameras, UnreadableRig, UnwritableRig
from service.rigs.text import MOST_BYTES, number, numbered_lines, whole, write_file

FILES = ("cameras.txt", "images.txt")


def read(folder: Path) -> RigCameras:
    """Read the cameras and images of a folder, in the order of the file. Raises UnreadableRig."""
    cameras = _cameras(folder / "cameras.txt")
    return assemble(cameras, _images(folder / "images.txt", cameras), folder.name)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    return ((place, line) for place, line in numbered_lines(path) if not line.startswith("#"))


def _cameras(path: Path) -> dict[int, Camera]:
    found: dict[int, Camera] = {}
    for place, line in _lines(path):
        words = line.split()
        if not words:
            continue
        if len(words) < 5:
            raise UnreadableRig(f"{place}: CAMERA_ID, MODEL, WIDTH, HEIGHT and parameters are expected")
        model = known_model(words[1], place)
        if len(words) != 4 + model.parameters:
            raise UnreadableRig(f"{place}: {words[1]} has {model.parameters} parameters, there are {len(words) - 4}")
        identity = whole(words[0], place)
        if identity in found:
            raise UnreadableRig(f"{place}: camera {identity} is there twice")
        width, height = (whole(word, place, 1, 2**31) for word in words[2:4])
        found[identity] = Camera(words[1], width, height, tuple(number(word, place) for word in words[4:]))
    return found


def _images(path: Path, cameras: dict[int, Camera]) -> Images:
    found = Images()
    lines = _lines(path)
    for place, line in lines:
        if not line.strip():
            continue
        words = line.split(maxsplit=9)
        if len(words) != 10 or len(line) > MOST_BYTES // 2:
            raise UnreadableRig(f"{place}: IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID and NAME are expected")
        whole(words[0], place)
        camera = whole(words[8], place)
        if camera not in cameras:
            raise UnreadableRig(f"{place}: there is no camera {camera} in cameras.txt")
        found.names.append(words[9].rstrip())
        found.cameras.append(camera)
        found.poses.append(tuple(number(word, place) for word in words[1:8]))
        next(lines, None)  # the line of points, empty where there are none
    return found


def write(rig: RigCameras, folder: Path) -> None:
    """Write cameras.txt, images.txt, and a points3D.txt without points. Raises UnwritableRig, StorageFailed."""
    cameras, numbers, poses = disassemble(rig)
    for name in rig.names:
        if any(letter.isspace() for letter in name):
            raise UnwritableRig(f"{name!r}: COLMAP reads names in text up to the first space; write colmap-binary")
    lines = [
        f"{n} {camera.model} {camera.width} {camera.height} {_joined(camera.parameters)}\n"
        for n, camera in enumerate(cameras, 1)
    ]
    write_file(folder / "cameras.txt", "".join(lines).encode())
    images = [
        f"{n} {_joined(pose)} {numbers[n - 1] + 1} {name}\n\n"
        for n, (pose, name) in enumerate(zip(poses.tolist(), rig.names, strict=True), 1)
    ]
    write_file(folder / "images.txt", "".join(images).encode("utf-8", errors="surrogateescape"))
    write_file(folder / "points3D.txt", b"")


def _joined(values: tuple[float, ...] | list[float]) -> str:
    return " ".join(repr(float(value)) for value in values)
