"""Views with depth maps and poses: what the operations on many views are told, checked."""

from collections.abc import Iterable, Iterator, Sized
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import check_rotation
from geometry.depth.optics import Optics, camera_optics
from geometry.errors import InvalidInput
from geometry.inputs import Array, real_array

DepthMaps = ArrayLike | Iterable[ArrayLike]
"""(N, H, W), or anything that goes through N arrays (H, W), which need not be of one size."""


class PosedView(NamedTuple):
    """A camera in the world: `X_c = R X_w + t`."""

    optics: Optics
    rotation: Array
    """(3, 3) float64, the rotation that is nearest to the given one."""
    translation: Array
    """(3,) float64, world units."""

    def motion_to(self, other: "PosedView") -> tuple[Array, Array]:
        """R (3, 3) and t (3,) with `X_other = R X_self + t`; exactly none between equal poses."""
        same = np.array_equal(self.rotation, other.rotation) and np.array_equal(self.translation, other.translation)
        if same:
            return np.eye(3), np.zeros(3)
        R = other.rotation @ self.rotation.T
        return R, other.translation - R @ self.translation


def _rigid(poses: Array, names: list[str]) -> tuple[Array, Array]:
    """Rotations (N, 3, 3) and translations (N, 3) of poses (N, 4, 4)."""
    for pose, name in zip(poses, names, strict=True):
        if not np.array_equal(pose[3], (0, 0, 0, 1)):
            raise InvalidInput(f"{name}/3", f"the last row of a rigid transform is 0, 0, 0, 1; came as {pose[3]}")
        check_rotation(pose[:3, :3], name)
    left, _, right = np.linalg.svd(poses[:, :3, :3])
    exact = (poses[:, :3, :3] @ poses[:, :3, :3].transpose(0, 2, 1) == np.eye(3)).all(axis=(1, 2))
    rotations = np.where(exact[:, np.newaxis, np.newaxis], poses[:, :3, :3], left @ right)
    return rotations, poses[:, :3, 3]


def posed_view(intrinsics: ArrayLike, pose: ArrayLike, distortion: ArrayLike | None, model: str) -> PosedView:
    """Check the view that others are brought to: `target_intrinsics`, `target_pose` and so on.

    Raises
    ------
    InvalidInput
        Not an intrinsic matrix, not a rigid transform, not a lens; names it.
    """
    optics = camera_optics(intrinsics, distortion, model, prefix="target_")
    rotations, translations = _rigid(real_array(pose, "target_pose", (4, 4))[np.newaxis], ["target_pose"])
    return PosedView(optics, rotations[0], translations[0])


def posed_views(intrinsics: ArrayLike, poses: ArrayLike, distortion: ArrayLike | None, model: str) -> list[PosedView]:
    """Check N cameras.

    Parameters
    ----------
    intrinsics
        (3, 3) for all, or (N, 3, 3).
    poses
        (N, 4, 4), camera from world, N ≥ 1.
    distortion
        (K,) for all, or (N, K); None: no lens.
    model
        Of all lenses.

    Raises
    ------
    InvalidInput
        Names the argument and, with a number for each view, the view.
    """
    matrices = real_array(poses, "poses", ("N", 4, 4))
    count = len(matrices)
    if count == 0:
        raise InvalidInput("poses", "must have at least one view")
    rotations, translations = _rigid(matrices, [f"poses/{number}" for number in range(count)])
    each = {"intrinsics": np.ndim(intrinsics) == 3, "distortion": distortion is not None and np.ndim(distortion) == 2}
    K = real_array(intrinsics, "intrinsics", (count, 3, 3) if each["intrinsics"] else (3, 3))
    lenses = None
    if distortion is not None:
        lenses = real_array(distortion, "distortion", (count, "K") if each["distortion"] else ("K",))

    def optics(number: int) -> Optics:
        lens = lenses[number] if lenses is not None and each["distortion"] else lenses
        try:
            return camera_optics(K[number] if each["intrinsics"] else K, lens, model)
        except InvalidInput as error:
            name, *place = error.argument.split("/")
            numbered = [str(number)] if each.get(name) else []
            raise InvalidInput("/".join([name, *numbered, *place]), error.detail) from None

    cameras = [optics(number) for number in range(count)] if any(each.values()) else [optics(0)] * count
    return [PosedView(*view) for view in zip(cameras, rotations, translations, strict=True)]


class DepthSource:
    """N depth maps, taken one at a time, as often as the caller's object can be gone through."""

    def __init__(self, depths: DepthMaps, count: int) -> None:
        """Look at the first map.

        Raises
        ------
        InvalidInput
            Not three axes, not `count` maps.
        """
        if isinstance(depths, np.ndarray) and depths.ndim != 3:
            raise InvalidInput("depths", f"must have shape (N, H, W), came as {depths.shape}")
        self._depths, self._count = depths, count
        try:
            begun: Iterator[ArrayLike] = iter(depths)  # type: ignore[arg-type]  # asked whether it can
        except TypeError:
            came = type(depths).__name__
            raise InvalidInput("depths", f"must be (N, H, W) or a sequence of (H, W), came as {came}") from None
        if isinstance(depths, Sized) and len(depths) != count:
            raise InvalidInput("depths", f"must hold as many depth maps as poses, {count}; came with {len(depths)}")
        self.once = begun is depths
        """Whether the maps come only once."""
        self.first = np.asarray(next(begun, None))
        self._begun: Iterator[ArrayLike] | None = chain([self.first], begun)

    def maps(self) -> Iterator[Array]:
        """Go through the depth maps from the first.

        Raises
        ------
        InvalidInput
            There are more or fewer than promised; they have been gone through and come only once.
        """
        if self._begun is not None:
            following, self._begun = self._begun, None
        elif self.once:
            raise InvalidInput(
                "depths", "must be read more than once for so many pixels; give a sequence instead of an iterator"
            )
        else:
            following = iter(self._depths)  # type: ignore[arg-type]
        number = 0
        for number, depth in enumerate(following, 1):
            if number > self._count:
                break
            yield np.asarray(depth)
        if number != self._count:
            came = f"more than {self._count}" if number > self._count else str(number)
            raise InvalidInput("depths", f"must hold as many depth maps as poses, {self._count}; came with {came}")


def numbered(error: InvalidInput, name: str, renamed: str, number: int) -> InvalidInput:
    """The error about `name` as one about the entry of `renamed` that belongs to a view."""
    head, *place = error.argument.split("/")
    return InvalidInput("/".join([renamed, str(number), *place]), error.detail) if head == name else error
