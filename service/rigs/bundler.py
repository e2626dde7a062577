"""Bundler's `bundle.out` (v0.3), and the list of images beside it.

`X_c = R X + t` looks along −z with y up, `p = −(X, Y) / Z`, `p' = f (1 + k1 |p|² + k2 |p|⁴) p` from the centre of the
image: the second and third rows of R and t change their signs on the way in and back. Points are not read.
"""

from pathlib import Path

import numpy as np

from service.rigs.centered import centered_intrinsics, check_centered, image_sizes
from service.rigs.rig import RigCameras, RigLens, UnreadableRig, UnwritableRig, checked_rig, numbered
from service.rigs.text import number, numbered_lines, whole, write_file

SUFFIX = ".out"
_HEADER = "# Bundle file v0.3"
_FLIP = np.array([1.0, -1.0, -1.0])
_NUMBERS = 15


def read(file: Path, size: tuple[int, int] | None) -> RigCameras:
    """Read the cameras that have a focal length; those that could not be registered are named in `left_out`.

    Raises UnreadableRig.
    """
    data = np.array(_cameras(file)).reshape(-1, _NUMBERS)
    names = _names(file, len(data))
    kept = data[:, 0] > 0
    if (data[:, 0] < 0).any():
        raise UnreadableRig(f"{file.name}: the focal length of {names[int(np.argmin(data[:, 0]))]!r} is below 0")
    found, given = data[kept], [name for name, there in zip(names, kept, strict=True) if there]
    sizes = image_sizes(given, file.parent, size)
    rig = checked_rig(
        given,
        centered_intrinsics(found[:, 0].tolist(), sizes),
        found[:, 3:12].reshape(-1, 3, 3) * _FLIP[:, np.newaxis],
        found[:, 12:] * _FLIP,
        sizes,
        [RigLens("brown", (k1, k2, 0.0, 0.0)) if k1 or k2 else RigLens() for k1, k2 in found[:, 1:3].tolist()],
        file.name,
    )
    return rig.without(name for name, there in zip(names, kept, strict=True) if not there)


def _cameras(file: Path) -> list[float]:
    """15 numbers a camera, however they are laid out in lines."""
    lines = numbered_lines(file)
    place, header = next(lines, (file.name, ""))
    if header.strip() != _HEADER:
        raise UnreadableRig(f"{place}: {_HEADER!r} is expected")
    place, counts = next(lines, (file.name, ""))
    if len(counts.split()) != 2:
        raise UnreadableRig(f"{place}: the numbers of cameras and of points are expected")
    cameras, _points = (whole(word, place) for word in counts.split())
    found: list[float] = []
    for place, line in lines:
        if len(found) >= _NUMBERS * cameras:
            break
        found += [number(word, place) for word in line.split()]
    if len(found) < _NUMBERS * cameras:
        raise UnreadableRig(f"{file.name}: ends before its {cameras} cameras do")
    return found[: _NUMBERS * cameras]


def _list_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.list.txt")


def _names(file: Path, cameras: int) -> list[str]:
    """Of `bundle.out.list.txt` or `list.txt`: lines of a name, or a name, 0 and a focal length."""
    there = [path for path in (_list_of(file), file.with_name("list.txt")) if path.is_file()]
    if not there:
        return numbered(cameras)
    names = []
    for _place, line in numbered_lines(there[0]):
        words = line.split()
        if words:
            names.append(words[0] if len(words) in (1, 3) and words[1:2] in ([], ["0"]) else line.strip())
    if len(names) != cameras:
        raise UnreadableRig(f"{there[0].name}: names {len(names)} images, {file.name} has {cameras} cameras")
    return names


def write(rig: RigCameras, file: Path) -> None:
    """Write `bundle.out` without points, and the list of images. Raises UnwritableRig, StorageFailed."""
    check_centered(rig, "bundler")
    lines = [_HEADER, f"{len(rig.names)} 0"]
    for n, name in enumerate(rig.names):
        lens = rig.lenses[n]
        if any(lens.coefficients[2:]) or lens.model == "fisheye":
            raise UnwritableRig(f"the lens of {name!r} has more than the k1 and k2 that bundler has a place for")
        k1, k2 = (*lens.coefficients, 0.0, 0.0)[:2]
        rows = [
            [rig.intrinsics[n, 0, 0], k1, k2],
            *(rig.rotations[n] * _FLIP[:, np.newaxis]),
            rig.translations[n] * _FLIP,
        ]
        lines += [" ".join(repr(float(value)) for value in row) for row in rows]
    write_file(file, ("\n".join(lines) + "\n").encode())
    write_file(_list_of(file), "".join(f"{name}\n" for name in rig.names).encode(errors="surrogateescape"))
