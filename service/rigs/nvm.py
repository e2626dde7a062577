"""VisualSFM's `.nvm` (N-View Match, NVM_V3): a focal length, a quaternion, a centre and a radial term each.

Poses are `X_c = R (X − C)` with y down, pixels count from the centre of the image. The radial term takes distorted
coordinates to undistorted ones, which no lens here does. Points are not read.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from service.rigs.centered import centered_intrinsics, check_centered, image_sizes
from service.rigs.colmap import rotation_matrices
from service.rigs.rig import RigCameras, RigLens, UnreadableRig, checked_rig
from service.rigs.text import number, numbered_lines, whole, write_file

SUFFIX = ".nvm"
_HEADER = "NVM_V3"
_WORDS = 11


def read(file: Path, size: tuple[int, int] | None, *, drop_distortion: bool) -> RigCameras:
    """Read the first model; cameras of further ones are named in `left_out`. Raises UnreadableRig."""
    lines = ((place, line) for place, line in numbered_lines(file) if line.strip())
    place, header = next(lines, (file.name, ""))
    if header.split() != [_HEADER]:
        what = "a fixed calibration is not understood" if header.startswith(_HEADER) else f"{_HEADER!r} is expected"
        raise UnreadableRig(f"{place}: {what}")
    names, data = _model(lines, file)
    if (data[:, 8] != 0).any() and not drop_distortion:
        raise UnreadableRig(
            f"{file.name}: {names[int(np.argmax(data[:, 8] != 0))]!r} has a radial term, which corrects what no lens "
            "here distorts; --drop-distortion leaves it out, which is right for undistorted images"
        )
    sizes = image_sizes(names, file.parent, size)
    zero = ~data[:, 1:5].any(axis=1)
    if zero.any():
        raise UnreadableRig(f"{file.name}: the quaternion of {names[int(np.argmax(zero))]!r} is 0")
    rotations = rotation_matrices(data[:, 1:5])
    translations = -np.einsum("nij,nj->ni", rotations, data[:, 5:8])
    rig = checked_rig(
        names,
        centered_intrinsics(data[:, 0].tolist(), sizes),
        rotations,
        translations,
        sizes,
        [RigLens()] * len(names),
        file.name,
    )
    others: list[str] = []
    while (found := _model(_after_points(lines), file, at_end=True))[0]:
        others += found[0]
    return rig.without(others)


def _model(lines: Iterator[tuple[str, str]], file: Path, *, at_end: bool = False) -> tuple[list[str], np.ndarray]:
    """Names, and (N, 10) f, w, x, y, z, centre, radial term, 0 of the cameras that are counted in the next line."""
    place, count = next(lines, (file.name, "0" if at_end else ""))
    names, rows = [], []
    for _ in range(whole(count.strip(), place)):
        place, line = next(lines, (file.name, ""))
        words = line.split()
        if len(words) != _WORDS:
            raise UnreadableRig(f"{place}: a name and {_WORDS - 1} numbers are expected")
        names.append(words[0].replace('"', " "))
        rows.append([number(word, place) for word in words[1:]])
    return names, np.array(rows).reshape(-1, _WORDS - 1)


def _after_points(lines: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    place, count = next(lines, ("", "0"))
    for _ in islice(lines, whole(count.strip(), place)):
        pass
    return lines


def write(rig: RigCameras, file: Path) -> None:
    """Write one model without points. Raises UnwritableRig, StorageFailed."""
    check_centered(rig, "nvm")
    lines = [_HEADER, "", str(len(rig.names))]
    quaternions, centers = rig.quaternions(), rig.centers()
    for n, name in enumerate(rig.names):
        numbers = (rig.intrinsics[n, 0, 0], *quaternions[n], *centers[n])
        lines.append(" ".join([name, *(repr(float(value)) for value in numbers), "0", "0"]))
    write_file(file, ("\n".join([*lines, "", "0", "", "0"]) + "\n").encode(errors="surrogateescape"))
