"""COLMAP's camera models: their parameters as K and distortion, and back.

COLMAP places the centre of the upper left pixel at (½, ½); K here has it at (0, 0), so principal points move by half a
pixel on the way in and back.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from geometry import projections_from_poses
from service.rigs.rig import Array, RigCameras, RigLens, UnreadableRig, UnwritableRig, checked_rig, moved


class CameraModel(NamedTuple):
    """A model that is understood: how many focal lengths it has, and what its further parameters are."""

    number: int
    focals: int
    lens: str
    terms: tuple[int, ...]
    """Places of the coefficients among k1 k2 p1 p2 k3 k4 k5 k6 (brown) or k1 k2 k3 k4 (fisheye)."""

    @property
    def parameters(self) -> int:
        return self.focals + 2 + len(self.terms)


MODELS = {
    "SIMPLE_PINHOLE": CameraModel(0, 1, "none", ()),
    "PINHOLE": CameraModel(1, 2, "none", ()),
    "SIMPLE_RADIAL": CameraModel(2, 1, "brown", (0,)),
    "RADIAL": CameraModel(3, 1, "brown", (0, 1)),
    "OPENCV": CameraModel(4, 2, "brown", (0, 1, 2, 3)),
    "OPENCV_FISHEYE": CameraModel(5, 2, "fisheye", (0, 1, 2, 3)),
    "FULL_OPENCV": CameraModel(6, 2, "brown", (0, 1, 2, 3, 4, 5, 6, 7)),
    "SIMPLE_RADIAL_FISHEYE": CameraModel(8, 1, "fisheye", (0,)),
    "RADIAL_FISHEYE": CameraModel(9, 1, "fisheye", (0, 1)),
    "SIMPLE_FISHEYE": CameraModel(14, 1, "fisheye", ()),
    "FISHEYE": CameraModel(15, 2, "fisheye", ()),
}
OTHER_MODELS = {
    7: "FOV",
    10: "THIN_PRISM_FISHEYE",
    11: "RAD_TAN_THIN_PRISM_FISHEYE",
    12: "SIMPLE_DIVISION",
    13: "DIVISION",
    16: "EUCM",
    17: "EQUIRECTANGULAR",
}
NUMBERS = {model.number: name for name, model in MODELS.items()}
_WRITTEN = {
    "none": ("SIMPLE_PINHOLE", "PINHOLE"),
    "brown": ("SIMPLE_RADIAL", "RADIAL", "OPENCV", "FULL_OPENCV"),
    "fisheye": ("SIMPLE_RADIAL_FISHEYE", "RADIAL_FISHEYE", "OPENCV_FISHEYE"),
}
_LENGTHS = {"none": (0,), "brown": (4, 8), "fisheye": (4,)}


class Camera(NamedTuple):
    """One entry of a cameras file."""

    model: str
    width: int
    height: int
    parameters: tuple[float, ...]


@dataclass
class Images:
    """The entries of an images file, column by column."""

    names: list[str] = field(default_factory=list)
    cameras: list[int] = field(default_factory=list)
    poses: list[tuple[float, ...]] = field(default_factory=list)
    """w, x, y, z, and the translation."""


def known_model(name: str, place: str) -> CameraModel:
    """The model of that name. Raises UnreadableRig."""
    if name in MODELS:
        return MODELS[name]
    what = "is not supported" if name in OTHER_MODELS.values() else "is not known"
    raise UnreadableRig(f"{place}: camera model {name[:40]!r} {what}; supported are {', '.join(MODELS)}")


def assemble(cameras: dict[int, Camera], images: Images, where: str) -> RigCameras:
    """A rig of one camera an image. Raises UnreadableRig."""
    K = {number: _intrinsics(camera) for number, camera in cameras.items()}
    lenses = {number: _lens(camera) for number, camera in cameras.items()}
    poses = np.array(images.poses).reshape(-1, 7)
    zero = ~poses[:, :4].any(axis=1)
    if zero.any():
        raise UnreadableRig(f"{where}: the quaternion of {images.names[int(np.argmax(zero))]!r} is 0")
    sizes = np.array([[cameras[c].width, cameras[c].height] for c in images.cameras]).reshape(-1, 2)
    return checked_rig(
        images.names,
        moved(np.array([K[c] for c in images.cameras]).reshape(-1, 3, 3), -0.5),
        rotation_matrices(poses[:, :4]),
        np.ascontiguousarray(poses[:, 4:]),
        sizes,
        [lenses[c] for c in images.cameras],
        where,
    )


def rotation_matrices(quaternions: Array) -> Array:
    """R (N, 3, 3) of w, x, y, z (N, 4), any length but 0."""
    zeros = np.zeros((len(quaternions), 3))
    return np.ascontiguousarray(projections_from_poses(np.eye(3), zeros, quaternions=quaternions)[:, :, :3])


def disassemble(rig: RigCameras) -> tuple[list[Camera], list[int], Array]:
    """Distinct cameras, which one each image has, and poses (N, 7) with w, x, y, z first. Raises UnwritableRig.

    Rotations that are orthonormal to a few digits become exact; the centres stay where they are.
    """
    if not rig.sizes.all():
        raise UnwritableRig("COLMAP cameras have the size of the image, which is not known; give it with --size")
    for name in rig.names:
        if not name or name != name.strip() or any(ord(letter) < 32 for letter in name):
            raise UnwritableRig(f"{name!r} cannot be the name of an image in COLMAP")
    intrinsics = moved(rig.intrinsics, 0.5)
    cameras: dict[Camera, int] = {}
    numbers = [
        cameras.setdefault(_camera(K, size, lens, name), len(cameras))
        for K, size, lens, name in zip(intrinsics, rig.sizes, rig.lenses, rig.names, strict=True)
    ]
    quaternions = rig.quaternions()
    translations = -np.einsum("nij,nj->ni", rotation_matrices(quaternions), rig.centers())
    return list(cameras), numbers, np.concatenate([quaternions, translations], axis=1)


def _intrinsics(camera: Camera) -> Array:
    focals = MODELS[camera.model].focals
    fx, fy = camera.parameters[0], camera.parameters[focals - 1]
    cx, cy = camera.parameters[focals : focals + 2]
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


def _lens(camera: Camera) -> RigLens:
    model = MODELS[camera.model]
    if model.lens == "none":
        return RigLens()
    coefficients = [0.0] * (8 if max(model.terms, default=0) > 3 else 4)
    for place, value in zip(model.terms, camera.parameters[model.focals + 2 :], strict=True):
        coefficients[place] = value
    return RigLens(model.lens, tuple(coefficients))


def _camera(K: Array, size: Array, lens: RigLens, name: str) -> Camera:
    """The simplest model that holds exactly this camera."""
    (fx, skew, cx), (_, fy, cy) = K[:2].tolist()
    if skew != 0:
        raise UnwritableRig(f"{name!r} has skew {skew:g}; no COLMAP model has skew")
    values = (*lens.coefficients, *[0.0] * (8 - len(lens.coefficients)))
    for title in _WRITTEN[lens.model]:
        model = MODELS[title]
        held = all(value == 0 or place in model.terms for place, value in enumerate(values))
        if held and (model.focals == 2 or fx == fy):
            focals = (fx,) if model.focals == 1 else (fx, fy)
            return Camera(
                title, int(size[0]), int(size[1]), (*focals, cx, cy, *(values[place] for place in model.terms))
            )
    raise AssertionError("the last model of every lens holds all of its coefficients")
