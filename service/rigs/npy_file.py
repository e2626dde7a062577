"""A rig as one npy file: projections (N, 3, 4), and nothing else."""

from pathlib import Path

import numpy as np

from service.errors import ServiceError
from service.media.npy import npy_header, open_npy
from service.rigs.rig import RigCameras, UnreadableRig, numbered, rig_from_projections
from service.rigs.text import opened, write_file


def read(path: Path) -> RigCameras:
    """Read the projections and take them apart. Raises UnreadableRig."""
    with opened(path) as file:
        data = file.read()
    try:
        pending = open_npy(memoryview(data))
    except ServiceError as error:
        raise UnreadableRig(f"{path.name}: {error.detail}") from None
    if len(pending.shape) != 3 or pending.shape[1:] != (3, 4):
        raise UnreadableRig(f"{path.name}: projections have the shape (N, 3, 4), this array has {pending.shape}")
    projections = np.asarray(pending.load(), np.float64)
    return rig_from_projections(projections, numbered(len(projections)), path.name)


def write(rig: RigCameras, path: Path) -> None:
    """Write the projections in float64. Raises StorageFailed."""
    projections = np.ascontiguousarray(rig.to_projections())
    write_file(path, npy_header(projections.shape, projections.dtype) + projections.tobytes())
