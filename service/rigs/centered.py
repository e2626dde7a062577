"""Formats that count pixels from the centre of the image, and so need sizes that they do not hold.

The centre is that of the picture, ((W − 1) / 2, (H − 1) / 2) where pixel centres lie at integers.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from service.rigs.rig import Array, RigCameras, UnreadableRig, UnwritableRig

_NEAR = 1e-6  # px: the last digits that taking half of a size and adding it back may cost a principal point


def image_sizes(names: Sequence[str], folder: Path, size: tuple[int, int] | None) -> Array:
    """(N, 2) width and height: as told, or of the image files, as stored. Raises UnreadableRig."""
    if size is not None:
        return np.full((len(names), 2), size, np.int64)
    found = np.zeros((len(names), 2), np.int64)
    for n, name in enumerate(names):
        try:
            with Image.open(folder / name) as picture:
                found[n] = picture.size
        except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
            raise UnreadableRig(
                f"{folder.name}: the size of image {name!r} is not known, and this format counts pixels from its "
                "centre; keep the images beside the file, or give one size for all with --size WIDTH HEIGHT"
            ) from None
    return found


def centered_intrinsics(focals: Sequence[float], sizes: Array) -> Array:
    """K (N, 3, 3) of focal lengths and sizes."""
    K = np.zeros((len(focals), 3, 3))
    K[:, 0, 0] = K[:, 1, 1] = focals
    K[:, :2, 2] = (sizes - 1) / 2
    K[:, 2, 2] = 1
    return K


def check_centered(rig: RigCameras, format_name: str) -> None:
    """Raises UnwritableRig where a camera has two focal lengths, skew, or its principal point elsewhere."""
    if not rig.sizes.all():
        raise UnwritableRig(
            f"{format_name} counts pixels from the centre of the image, whose size is not known; give it with --size"
        )
    wanted = centered_intrinsics(rig.intrinsics[:, 0, 0].tolist(), rig.sizes)
    for n in np.flatnonzero((np.abs(rig.intrinsics - wanted) > _NEAR).any(axis=(1, 2))):
        raise UnwritableRig(
            f"{rig.names[n]!r} has two focal lengths, skew, or its principal point off the centre of the image, for "
            f"which {format_name} has no place"
        )
    for name in rig.names:
        if not name.isprintable() or '"' in name or not name or " " in name:
            raise UnwritableRig(f"{name!r} cannot be the name of an image in {format_name}")
