"""The cameras of a rig as every format gives them, and what a format may refuse."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geometry import InvalidInput, decompose_projection, projections_from_poses
from service.errors import NotAcceptable, UnreadableBody

Array = NDArray[Any]


class UnreadableRig(UnreadableBody):
    """A file is not what its format says; the detail names the file and the line."""

    title = "The rig cannot be read"


class UnwritableRig(NotAcceptable):
    """A format cannot hold what the rig has."""

    title = "The rig cannot be written"


class RigLens(NamedTuple):
    """The distortion of one camera, in normalized coordinates; see `geometry.distort_points` for the models."""

    model: str = "none"
    """`none`, `brown` (k1 k2 p1 p2 [k3 [k4 k5 k6]]) or `fisheye` (k1 k2 k3 k4)."""
    coefficients: tuple[float, ...] = ()


@dataclass(frozen=True)
class RigCameras:
    """N cameras, pixel centres at integers, poses camera-from-world `X_c = R X_w + t`.

    Attributes
    ----------
    names
        One each; a file name as a rule.
    intrinsics
        (N, 3, 3) K, upper triangular, K[2, 2] = 1, pixels.
    rotations, translations
        (N, 3, 3) and (N, 3).
    sizes
        (N, 2) int64, width and height in pixels; 0 where the format does not say.
    lenses
        One each.
    left_out
        Names of images in the file that have no camera in this rig: not registered, or of another model.
    """

    names: tuple[str, ...]
    intrinsics: Array
    rotations: Array
    translations: Array
    sizes: Array
    lenses: tuple[RigLens, ...]
    left_out: tuple[str, ...] = ()

    def without(self, names: Iterable[str]) -> "RigCameras":
        """The same, with the names of images that have no camera here."""
        return replace(self, left_out=tuple(names))

    def to_projections(self) -> Array:
        """P = K [R | t] (N, 3, 4), of the images without their distortion."""
        return projections_from_poses(self.intrinsics, self.translations, rotations=self.rotations)

    def centers(self) -> Array:
        """C (N, 3) with R C + t = 0."""
        solved: Array = -np.linalg.solve(self.rotations, self.translations[:, :, np.newaxis])[:, :, 0]
        return solved

    def quaternions(self) -> Array:
        """w, x, y, z (N, 4) of the rotations, made exact where they were printed with a few digits."""
        poses = np.concatenate([self.rotations, np.zeros((len(self.names), 3, 1))], axis=2)
        found: Array = decompose_projection(poses).quaternions
        return found

    def distorted(self) -> list[str]:
        """Names of the cameras whose lens is not a plain pinhole."""
        lenses = zip(self.names, self.lenses, strict=True)
        return [name for name, lens in lenses if lens.model == "fisheye" or any(lens.coefficients)]


def checked_rig(
    names: list[str],
    intrinsics: Array,
    rotations: Array,
    translations: Array,
    sizes: Array,
    lenses: list[RigLens],
    where: str,
) -> RigCameras:
    """A rig whose numbers are those of cameras: finite, K upper triangular, R rotations, names distinct.

    Raises UnreadableRig, which begins with `where`.
    """
    if len(set(names)) != len(names):
        twice, _ = Counter(names).most_common(1)[0]
        raise UnreadableRig(f"{where}: two cameras have the name {twice!r}")
    for at, lens in enumerate(lenses):
        if not np.isfinite(lens.coefficients).all():
            raise UnreadableRig(f"{where}: lens of {names[at]!r}: coefficients must be finite")
    try:
        projections_from_poses(intrinsics, translations, rotations=rotations)
    except InvalidInput as error:
        index = error.argument.split("/")[1:2]
        whose = f" of {names[int(index[0])]!r}" if index else ""
        raise UnreadableRig(f"{where}: {error.argument}{whose} {error.detail}") from None
    return RigCameras(
        tuple(names), intrinsics / intrinsics[:, 2:, 2:], rotations, translations, sizes.astype(np.int64), tuple(lenses)
    )


def rig_from_projections(projections: Array, names: list[str], where: str) -> RigCameras:
    """Take projections (N, 3, 4) apart; sizes are unknown, lenses plain. Raises UnreadableRig."""
    try:
        found = decompose_projection(projections)
    except InvalidInput as error:
        raise UnreadableRig(f"{where}: {error}") from None
    if found.status.any():
        first = int(np.argmax(found.status != 0))
        raise UnreadableRig(
            f"{where}: camera {names[first]!r} has no finite centre, or its projection has a rank below 3"
        )
    lenses = [RigLens()] * len(names)
    return checked_rig(
        names, found.intrinsics, found.rotations, found.translations, np.zeros((len(names), 2)), lenses, where
    )


def numbered(count: int) -> list[str]:
    """Names for cameras that have none: 0000, 0001, …"""
    digits = max(4, len(str(max(0, count - 1))))
    return [f"{number:0{digits}d}" for number in range(count)]


def moved(intrinsics: Array, pixels: float) -> Array:
    """K with the origin of the pixel coordinates moved by so many pixels to the upper left."""
    found = intrinsics.copy()
    found[:, :2, 2] += pixels
    return found
