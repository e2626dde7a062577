"""Points seen through a lens, and where they would be without it."""

from typing import NamedTuple

from numpy.typing import ArrayLike

from geometry.inputs import Array, real_array
from geometry.lenses.camera import lens_view


class LensPoints(NamedTuple):
    """Points on the other side of a lens."""

    points: Array
    """(M, 2) float64, px; NaN where the status is not `ok`."""
    status: Array
    """(M,) uint8, codes of `POINT_STATUS`."""


def undistort_points(
    points: ArrayLike,
    intrinsics: ArrayLike,
    distortion: ArrayLike,
    *,
    model: str = "brown",
    new_intrinsics: ArrayLike | None = None,
    rotation: ArrayLike | None = None,
) -> LensPoints:
    """Find where points of an image would be without the distortion of its lens.

    `u ~ K' R X` with `p = K (x_d, y_d, 1)`, (x_d, y_d) the distortion of the ray X (the equations stand at `Lens`).
    Newton's method with the analytic Jacobian, to 1e-14 in normalized coordinates.

    Parameters
    ----------
    points
        (M, 2), (x, y), px, finite.
    intrinsics
        (3, 3), K of the camera, px; upper triangular, may have skew.
    distortion
        Coefficients in OpenCV's order: k1 k2 p1 p2 [k3 [k4 k5 k6]] for `brown`, k1 k2 k3 k4 for `fisheye`.
    model
        `brown` (Brown–Conrady) or `fisheye` (Kannala–Brandt).
    new_intrinsics
        (3, 3), K' of the points returned; K by default, the identity for normalized coordinates.
    rotation
        (3, 3), R from the camera's frame to that of the points returned (rectification); none by default.

    Returns
    -------
    LensPoints
        Status `folded`: no point before the one where the model turns back is seen there; `behind_camera`: the ray
        is 90° or more from the axis of the view.

    Raises
    ------
    InvalidInput
        An argument is not as described above.

    References
    ----------
    Brown, Close-range camera calibration, 1971; Kannala, Brandt, A generic camera model and calibration method for
    conventional, wide-angle and fish-eye lenses, 2006.
    """
    view = lens_view(intrinsics, distortion, model=model, new_intrinsics=new_intrinsics, rotation=rotation)
    return LensPoints(*view.undistort(real_array(points, "points", ("M", 2))))


def distort_points(
    points: ArrayLike,
    intrinsics: ArrayLike,
    distortion: ArrayLike,
    *,
    model: str = "brown",
    new_intrinsics: ArrayLike | None = None,
    rotation: ArrayLike | None = None,
) -> LensPoints:
    """Find where a lens shows points: the inverse of `undistort_points`, with the same arguments.

    Parameters
    ----------
    points
        (M, 2), (x, y), px of `new_intrinsics`, after the rotation; finite.

    Returns
    -------
    LensPoints
        Status `folded`: the point is beyond the one where the model turns back; `behind_camera`: 90° or more from
        the axis (`brown`; a fisheye sees it).

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    """
    view = lens_view(intrinsics, distortion, model=model, new_intrinsics=new_intrinsics, rotation=rotation)
    return LensPoints(*view.distort(real_array(points, "points", ("M", 2))))
