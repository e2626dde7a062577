"""COLMAP's `cameras.bin` and `images.bin`, little-endian; see `colmap_text` for the files beside them.

Counts are believed only as far as the file is long enough for them.
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from service.rigs.colmap import MODELS, NUMBERS, OTHER_MODELS, Camera, Images, assemble, disassemble, known_model
from service.rigs.rig import RigCameras, UnreadableRig
from service.rigs.text import opened, write_file

FILES = ("cameras.bin", "images.bin")

_COUNT = struct.Struct("<Q")
_CAMERA = struct.Struct("<IiQQ")
_IMAGE = struct.Struct("<I7dI")
_POINT_BYTES = 24
_LONGEST_NAME = 4096


class _Reader:
    """A file mapped into memory, read from its beginning to its end."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.name, self.data, self.at = path.name, data, 0

    def take(self, layout: struct.Struct) -> tuple[float, ...]:
        if len(self.data) - self.at < layout.size:
            raise UnreadableRig(f"{self.name}: is cut off at byte {len(self.data)}")
        self.at += layout.size
        return layout.unpack_from(self.data, self.at - layout.size)

    def count(self, least: int, what: str) -> int:
        """A count of entries of at least so many bytes each."""
        number = int(self.take(_COUNT)[0])
        if number > (len(self.data) - self.at) // least:
            raise UnreadableRig(
                f"{self.name}: at byte {self.at}: {number} {what} do not fit into {len(self.data)} bytes"
            )
        return number

    def text(self) -> str:
        end = self.data.find(b"\0", self.at, self.at + _LONGEST_NAME)
        if end < 0:
            raise UnreadableRig(f"{self.name}: at byte {self.at}: a name has no end")
        begin, self.at = self.at, end + 1
        return self.data[begin:end].decode("utf-8", errors="surrogateescape")

    def skip(self, size: int) -> None:
        self.at += size

    def finish(self) -> None:
        if self.at != len(self.data):
            raise UnreadableRig(f"{self.name}: {len(self.data) - self.at} bytes follow the last entry")


@contextmanager
def _mapped(path: Path) -> Iterator[_Reader]:
    with opened(path) as file:
        if path.stat().st_size == 0:
            raise UnreadableRig(f"{path.name}: is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield _Reader(path, data)


def read(folder: Path) -> RigCameras:
    """Read the cameras and images of a folder, in the order of the file. Raises UnreadableRig."""
    with _mapped(folder / "cameras.bin") as reader:
        cameras = _cameras(reader)
    with _mapped(folder / "images.bin") as reader:
        images = _images(reader, cameras)
    return assemble(cameras, images, folder.name)


def _cameras(reader: _Reader) -> dict[int, Camera]:
    found: dict[int, Camera] = {}
    for _ in range(reader.count(_CAMERA.size + 24, "cameras")):
        place = f"{reader.name}: at byte {reader.at}"
        identity, number, width, height = map(int, reader.take(_CAMERA))
        name = NUMBERS.get(number, OTHER_MODELS.get(number, str(number)))
        model = known_model(name, place)
        parameters = reader.take(struct.Struct(f"<{model.parameters}d"))
        if identity in found:
            raise UnreadableRig(f"{place}: camera {identity} is there twice")
        if not (1 <= width <= 2**31 and 1 <= height <= 2**31):
            raise UnreadableRig(f"{place}: camera {identity} has the size {width} × {height}")
        if not np.isfinite(parameters).all():
            raise UnreadableRig(f"{place}: camera {identity} has a parameter that is not finite")
        found[identity] = Camera(name, width, height, parameters)
    reader.finish()
    return found


def _images(reader: _Reader, cameras: dict[int, Camera]) -> Images:
    found = Images()
    for _ in range(reader.count(_IMAGE.size + 1 + _COUNT.size, "images")):
        place = f"{reader.name}: at byte {reader.at}"
        _, *pose, camera = reader.take(_IMAGE)
        if int(camera) not in cameras:
            raise UnreadableRig(f"{place}: there is no camera {int(camera)} in cameras.bin")
        if not np.isfinite(pose).all():
            raise UnreadableRig(f"{place}: the pose is not finite")
        found.names.append(reader.text())
        found.cameras.append(int(camera))
        found.poses.append(tuple(pose))
        reader.skip(_POINT_BYTES * reader.count(_POINT_BYTES, "points"))
    reader.finish()
    return found


def write(rig: RigCameras, folder: Path) -> None:
    """Write cameras.bin, images.bin, and a points3D.bin without points. Raises UnwritableRig, StorageFailed."""
    cameras, numbers, poses = disassemble(rig)
    content = bytearray(_COUNT.pack(len(cameras)))
    for n, camera in enumerate(cameras, 1):
        content += _CAMERA.pack(n, MODELS[camera.model].number, camera.width, camera.height)
        content += struct.pack(f"<{len(camera.parameters)}d", *camera.parameters)
    write_file(folder / "cameras.bin", bytes(content))
    content = bytearray(_COUNT.pack(len(rig.names)))
    for n, (pose, name) in enumerate(zip(poses.tolist(), rig.names, strict=True), 1):
        content += _IMAGE.pack(n, *pose, numbers[n - 1] + 1)
        content += name.encode("utf-8", errors="surrogateescape") + b"\0" + _COUNT.pack(0)
    write_file(folder / "images.bin", bytes(content))
    write_file(folder / "points3D.bin", _COUNT.pack(0))
