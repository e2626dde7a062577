"""A camera with a lens, and an ideal view of what it sees: points and rows of pixels from one to the other."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.bands import run_bands
from geometry.cameras.poses import check_rotation, intrinsic_matrix
from geometry.inputs import Array, kernel_view, real_array
from geometry.lanes import LANES
from geometry.lenses.brown import brown_distort, brown_rows
from geometry.lenses.brown_inverse import brown_undistort
from geometry.lenses.fisheye import fisheye_distort, fisheye_rows
from geometry.lenses.fisheye_inverse import fisheye_undistort
from geometry.lenses.lens import Lens, lens_model

_GRAIN_POINTS = 1 << 12


def _inverse(K: Array) -> Array:
    fx, skew, cx, fy, cy = K[0, 0], K[0, 1], K[0, 2], K[1, 1], K[1, 2]
    return np.array([[1 / fx, -skew / fx / fy, (skew * cy / fy - cx) / fx], [0, 1 / fy, -cy / fy], [0, 0, 1]])


class LensView(NamedTuple):
    """Intrinsics K and lens of a camera, and a view of it by `u ~ K' R K⁻¹ x`, K' and R of its own."""

    lens: Lens
    intrinsics: Array
    new_intrinsics: Array
    rotation: Array | None

    def _to_rays(self) -> tuple[Array, Array]:
        """From pixels of the view to rays, and to pixels of the camera without its lens."""
        if self.rotation is None:
            same = np.array_equal(self.intrinsics, self.new_intrinsics)
            rays = _inverse(self.new_intrinsics)
            return rays, np.eye(3) if same else self.intrinsics @ rays
        rays = np.linalg.inv(self.rotation) @ _inverse(self.new_intrinsics)
        return kernel_view(rays), self.intrinsics @ rays

    def source_rows(self, start: int, stop: int, width: int) -> Array:
        """(stop - start, width, 2): where the camera sees the pixels of rows `start:stop`; NaN where it cannot."""
        rays, plain = self._to_rays()
        rows = stop - start
        out = np.empty(2 * (rows * width + LANES))
        _model, coefficients, limit = self.lens
        if self.lens.model == "brown":
            brown_rows(rays, plain, self.intrinsics, coefficients, limit, start, stop, width, out)
        else:
            fisheye_rows(rays, self.intrinsics, coefficients, limit, start, stop, width, out)
        return out[: 2 * rows * width].reshape(rows, width, 2)

    def distort(self, points: Array) -> tuple[Array, Array]:
        """Points (M, 2) of the view in the camera's image, and codes of POINT_STATUS; NaN where it is not `ok`."""
        rays, plain = self._to_rays()
        out, status = np.empty((len(points), 2)), np.empty(len(points), np.uint8)
        _model, coefficients, limit = self.lens

        def work(start: int, stop: int) -> None:
            if self.lens.model == "brown":
                brown_distort(rays, plain, self.intrinsics, coefficients, limit, points, start, stop, out, status)
            else:
                fisheye_distort(rays, self.intrinsics, coefficients, limit, points, start, stop, out, status)

        run_bands(work, len(points), grain=_GRAIN_POINTS)
        return out, status

    def undistort(self, points: Array) -> tuple[Array, Array]:
        """Points (M, 2) of the camera's image in the view, and codes of POINT_STATUS; NaN where it is not `ok`."""
        rays = self.new_intrinsics if self.rotation is None else self.new_intrinsics @ self.rotation
        same = self.rotation is None and np.array_equal(self.intrinsics, self.new_intrinsics)
        plain = np.eye(3) if same else rays @ _inverse(self.intrinsics)
        out, status = np.empty((len(points), 2)), np.empty(len(points), np.uint8)
        _model, coefficients, limit = self.lens

        def work(start: int, stop: int) -> None:
            if self.lens.model == "brown":
                brown_undistort(rays, plain, self.intrinsics, coefficients, limit, points, start, stop, out, status)
            else:
                fisheye_undistort(rays, self.intrinsics, coefficients, limit, points, start, stop, out, status)

        run_bands(work, len(points), grain=_GRAIN_POINTS)
        return out, status


def lens_view(
    intrinsics: ArrayLike,
    distortion: ArrayLike,
    *,
    model: str,
    new_intrinsics: ArrayLike | None,
    rotation: ArrayLike | None,
) -> LensView:
    """Check the arguments of a view; new intrinsics are the camera's by default.

    Raises
    ------
    InvalidInput
        Names the argument.
    """
    lens = lens_model(model, distortion)
    K = kernel_view(intrinsic_matrix(intrinsics, "intrinsics"))
    new = K if new_intrinsics is None else kernel_view(intrinsic_matrix(new_intrinsics, "new_intrinsics"))
    R = None
    if rotation is not None:
        R = real_array(rotation, "rotation", (3, 3))
        check_rotation(R, "rotation")
    return LensView(lens, K, new, R)
