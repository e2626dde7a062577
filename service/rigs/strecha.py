"""Strecha's `.camera` files, one a camera: K, three zeros, R (world-from-camera), C, width and height.

Pixel centres lie at integers. The three numbers after K are 0 in every published file; what others would mean is not
known, so they are refused.
"""

from pathlib import Path

import numpy as np

from service.rigs.rig import RigCameras, RigLens, UnreadableRig, UnwritableRig, checked_rig
from service.rigs.text import all_numbers, write_file

SUFFIX = ".camera"


def read(files: list[Path]) -> RigCameras:
    """Read one camera a file. Raises UnreadableRig."""
    rows = []
    for file in files:
        numbers = np.array(all_numbers(file, (26,)))
        if numbers[9:12].any():
            raise UnreadableRig(f"{file.name}: the three numbers after K are not 0; distortion is not understood here")
        if (numbers[24:] < 1).any() or (numbers[24:] > 2**31).any() or (numbers[24:] % 1).any():
            raise UnreadableRig(f"{file.name}: width and height must be whole numbers above 0")
        rows.append(numbers)
    data = np.array(rows).reshape(-1, 26)
    rotations = np.ascontiguousarray(data[:, 12:21].reshape(-1, 3, 3).transpose(0, 2, 1))
    translations = -np.einsum("nij,nj->ni", rotations, data[:, 21:24])
    names = [file.name.removesuffix(SUFFIX) for file in files]
    intrinsics = data[:, :9].reshape(-1, 3, 3)
    lenses = [RigLens()] * len(files)
    return checked_rig(names, intrinsics, rotations, translations, data[:, 24:], lenses, files[0].parent.name)


def write(rig: RigCameras, folder: Path) -> None:
    """Write `name.camera` for every camera. Raises UnwritableRig without sizes, StorageFailed."""
    if not rig.sizes.all():
        raise UnwritableRig(".camera files hold the size of the image, which is not known; give it with --size")
    centers = rig.centers()
    for n, name in enumerate(rig.names):
        lines = [*rig.intrinsics[n], [0, 0, 0], *rig.rotations[n].T, centers[n]]
        text = "".join(" ".join(repr(float(value)) for value in line) + "\n" for line in lines)
        size = " ".join(str(int(length)) for length in rig.sizes[n])
        write_file(folder / f"{name}{SUFFIX}", f"{text}{size}\n".encode())
