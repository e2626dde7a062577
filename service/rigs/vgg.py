"""VGG's `.P` files, one a camera: the twelve numbers of the projection matrix, row by row.

They say neither where pixel centres lie nor how large the image is.
"""

from pathlib import Path

import numpy as np

from service.rigs.rig import RigCameras, rig_from_projections
from service.rigs.text import all_numbers, write_file

SUFFIX = ".P"


def read(files: list[Path]) -> RigCameras:
    """Read one camera a file. Raises UnreadableRig."""
    projections = np.array([all_numbers(file, (12,)) for file in files]).reshape(-1, 3, 4)
    return rig_from_projections(projections, [file.name.removesuffix(SUFFIX) for file in files], files[0].parent.name)


def write(rig: RigCameras, folder: Path) -> None:
    """Write `name.P` for every camera. Raises StorageFailed."""
    for name, projection in zip(rig.names, rig.to_projections(), strict=True):
        text = "".join(" ".join(repr(float(value)) for value in row) + "\n" for row in projection)
        write_file(folder / f"{name}{SUFFIX}", text.encode())
