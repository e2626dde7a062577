"""Calibrated stereo pairs, turned so that matching points lie on one row."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from geometry.cameras.poses import check_rotation
from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, choice, extent, finite_number, real_array
from geometry.lenses.camera import LensView, lens_view
from geometry.lenses.lens import LENS_MODELS
from geometry.stereo.uncalibrated import Axis
from geometry.stereo.views import filled_box, filling_zoom, holding_zoom, outline, zoomed


class RectifiedStereo:
    """A rectified stereo pair: what turns each image, and what the turned images mean.

    Attributes
    ----------
    left_rotation, right_rotation
        (3, 3) float64: from each camera's frame to the rectified one.
    left_projection, right_projection
        (3, 4) float64, px: K' [I | 0] and K'' [I | t'], from the rectified left frame; t' has one component.
    disparity_to_depth
        (4, 4) float64: Q, with `Q (x, y, d, 1) ~ (X, Y, Z, 1)` in the rectified left frame; d = x_left − x_right, or
        y_left − y_right of a vertical pair.
    left_homography, right_homography
        (3, 3) float64: from pixels of each source to its rectified image; exact where there is no distortion.
    left_roi, right_roi
        (x, y, width, height): a large box of pixels that all come from inside the source.
    axis
        `horizontal`: matches lie on one row; `vertical`: in one column.
    baseline
        World units: the right centre's coordinate along that axis in the rectified left frame; negative where the
        right camera is the left (or upper) one.
    """

    def __init__(self, views: tuple[LensView, LensView], t: Array, vertical: bool, sizes: Sequence[tuple[int, int]],
                 shift: float) -> None:  # fmt: skip
        self._views, self._shift = views, shift
        source, self.size = sizes
        self.axis: Axis = "vertical" if vertical else "horizontal"
        self.baseline = float(-t[int(vertical)])
        rotations = [np.array(view.rotation) for view in views]
        self.left_rotation, self.right_rotation = rotations
        inner = [view.new_intrinsics for view in views]
        self.left_homography, self.right_homography = (
            _moved(K @ R @ np.linalg.inv(view.intrinsics), shift)
            for K, R, view in zip(inner, rotations, views, strict=True)
        )
        left, right = (_principal(K, shift) for K in inner)
        self.left_projection = np.hstack([left, np.zeros((3, 1))])
        self.right_projection = np.hstack([right, right @ (t * (np.arange(3) == int(vertical)))[:, np.newaxis]])
        offset = left[int(vertical), 2] - right[int(vertical), 2]
        self.disparity_to_depth = np.array(
            [
                [1, 0, 0, -left[0, 2]],
                [0, 1, 0, -left[1, 2]],
                [0, 0, 0, left[0, 0]],
                [0, 0, 1 / self.baseline, -offset / self.baseline],
            ]
        )
        matrices = (*self, self.left_homography, self.right_homography)
        if not all(np.isfinite(matrix).all() for matrix in matrices):
            raise Degenerate("out_of_range", "the rectified cameras have numbers beyond what float64 holds")
        self.left_roi, self.right_roi = (filled_box(view, source, self.size) for view in views)

    def map_rows(self, side: str, start: int, stop: int) -> Array:
        """(stop − start, width, 2) float64: the source points (x, y) that rows of a rectified image show; NaN for none.

        Parameters
        ----------
        side
            `left` or `right`.
        start, stop
            0 ≤ start ≤ stop ≤ height.
        """
        view = self._views[("left", "right").index(choice(side, "side", ("left", "right")))]
        return view.source_rows(start, stop, self.size[0]) + self._shift

    @property
    def left_map(self) -> Array:
        """(H, W, 2) float64, for `remap` of the left image with the same `pixel_center`; made when asked for."""
        return self.map_rows("left", 0, self.size[1])

    @property
    def right_map(self) -> Array:
        """(H, W, 2) float64, for `remap` of the right image."""
        return self.map_rows("right", 0, self.size[1])

    def __iter__(self) -> Iterator[Array]:
        yield from (self.left_rotation, self.right_rotation, self.left_projection, self.right_projection)
        yield self.disparity_to_depth


def _moved(H: Array, shift: float) -> Array:
    """A homography between images whose pixel centres lie `shift` further."""
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = shift, -shift
    moved: Array = there @ H @ back if shift else H
    return moved


def _principal(K: Array, shift: float) -> Array:
    return K + shift * np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])


def _rodrigues(vector: Array) -> Array:
    """The rotation about a vector by its length, radians."""
    angle = float(np.sqrt(vector @ vector))
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned: Array = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    return turned


def _half_turn(R: Array) -> Array:
    """The rotation about the same axis by half the angle, of less than 180°: (R + I) made orthogonal."""
    if np.trace(R) <= -1 + 1e-6:
        raise Degenerate("opposite_views", "one camera is turned by 180° against the other")
    U, _, Vt = np.linalg.svd(R + np.eye(3))
    half: Array = U @ Vt
    return half


def _turns(R: Array, t: Array) -> tuple[Array, Array, Array, bool]:
    """Rotations of the left and right camera that share the turn between them, the baseline then, and its axis."""
    half = _half_turn(R)
    along = half.T @ t
    vertical = bool(abs(along[1]) > abs(along[0]))
    target = np.zeros(3)
    target[int(vertical)] = 1.0 if along[int(vertical)] > 0 else -1.0
    axis = np.cross(along, target)
    sine = np.sqrt(axis @ axis)
    turn = _rodrigues(axis / sine * np.arctan2(sine, along @ target)) if sine > 0 else np.eye(3)
    left, right = turn @ half, turn @ half.T
    return left, right, right @ t, vertical


def _check_epipoles(views: tuple[LensView, LensView], vertical: bool, source: tuple[int, int]) -> None:
    """An epipole inside an image would have to go to infinity, with its surroundings."""
    for view, name in zip(views, ("left", "right"), strict=True):
        direction = np.array(view.rotation)[int(vertical)]
        if direction[2] == 0:
            continue
        plain = view._replace(new_intrinsics=np.eye(3), rotation=None)
        seen, status = plain.distort((direction[:2] / direction[2])[np.newaxis])
        if status[0] == 0 and ((seen[0] >= -0.5) & (seen[0] <= np.array(source) - 0.5)).all():
            raise Degenerate(
                "epipole_in_image",
                f"the {name} camera sees the other one's centre, at ({seen[0, 0]:.1f}, {seen[0, 1]:.1f})",
            )


def _natural(views: tuple[LensView, LensView], vertical: bool, source: tuple[int, int], size: tuple[int, int],
             zero_disparity: bool) -> tuple[LensView, LensView]:  # fmt: skip
    """Give both views the mean focal length across the baseline, and the middle of their corners in the middle."""
    across = 1 - int(vertical)
    focal = (
        (views[0].intrinsics[across, across] + views[1].intrinsics[across, across]) / 2 * size[across] / source[across]
    )
    scale = np.diag([focal, focal, 1.0])
    middle = (np.array(size) - 1) / 2
    corners = outline(source)[[0, source[0] - 1, source[0], 2 * source[0] - 1]]
    points = []
    for view in views:
        placed, status = view._replace(new_intrinsics=scale).undistort(corners)
        if status.any():
            placed, status = view._replace(new_intrinsics=scale).undistort(np.array([view.intrinsics[:2, 2]]))
        points.append(middle - placed.mean(axis=0) if not status.any() else middle)
    shared = (points[0] + points[1]) / 2
    made = []
    for view, point in zip(views, points, strict=True):
        K = scale.copy()
        # Across the baseline both must agree; along it they may not.
        K[:2, 2] = shared if zero_disparity else np.where(np.arange(2) == int(vertical), point, shared)
        made.append(view._replace(new_intrinsics=K))
    return made[0], made[1]


def _turned_cameras(
    intrinsics: tuple[ArrayLike, ArrayLike],
    distortions: tuple[ArrayLike | None, ArrayLike | None],
    model: str,
    R: Array,
    t: Array,
    shift: float,
) -> tuple[tuple[LensView, LensView], Array, bool]:
    """Both cameras with the rotations that rectify them, the baseline then, and whether it is vertical."""
    length = float(np.abs(t).max())
    left, right, along, vertical = _turns(R, t / length)
    cameras = []
    for K, distortion, turn, side in zip(intrinsics, distortions, (left, right), ("left", "right"), strict=True):
        # No distortion is a plain camera; a fisheye with coefficients of zero is not.
        lens, given = ("brown", np.zeros(4)) if distortion is None else (model, distortion)
        try:
            view = lens_view(K, given, model=lens, new_intrinsics=None, rotation=turn)
        except InvalidInput as error:
            raise InvalidInput(f"{side}_{error.argument}", error.detail) from None
        cameras.append(view._replace(intrinsics=_principal(view.intrinsics, -shift)))
    return (cameras[0], cameras[1]), along * length, vertical


def rectify_stereo(
    left_intrinsics: ArrayLike,
    right_intrinsics: ArrayLike,
    rotation: ArrayLike,
    translation: ArrayLike,
    size: Sequence[int],
    *,
    left_distortion: ArrayLike | None = None,
    right_distortion: ArrayLike | None = None,
    model: str = "brown",
    alpha: float | None = None,
    zero_disparity: bool = True,
    new_size: Sequence[int] | None = None,
    pixel_center: str = "integer",
) -> RectifiedStereo:
    """Turn a calibrated stereo pair so that matching points lie on one row (or in one column).

    `X_right = R X_left + t`. Each camera takes half of R; then both turn by the smallest angle that brings the
    baseline to the nearer of the x- and y-axis. Rectified images have one focal length f, and share the principal
    point across the baseline.

    Parameters
    ----------
    left_intrinsics, right_intrinsics
        (3, 3), px, upper triangular, positive focal lengths.
    rotation, translation
        (3, 3) and (3,), R and t: from the left camera's frame to the right one's; R orthonormal to 1e-3.
    size
        (width, height) of both images, px.
    left_distortion, right_distortion
        Coefficients of `model`, in OpenCV's order; none by default.
    model
        `brown` or `fisheye`, of both lenses.
    alpha
        0 … 1: between the zoom at which both views are filled (0) and that at which all source pixels are shown (1).
        None: the focal length is the mean of the two across the baseline, in proportion to the size.
    zero_disparity
        Share the whole principal point, so that points at infinity have disparity 0; else each view is centred.
    new_size
        (width, height) of the rectified images; `size` by default.
    pixel_center
        `integer` or `half`: where all matrices and maps have pixel centres.

    Returns
    -------
    RectifiedStereo

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    Degenerate
        `same_centre`: t is zero; `epipole_in_image`: one camera sees the other's centre; `opposite_views`: R turns by
        180°; `out_of_range`: results beyond float64; with alpha `empty_view`, `folded`, `behind_camera`,
        `no_convergence`: no such view.

    Notes
    -----
    The steps are those of OpenCV's `stereoRectify`, but alpha looks at every pixel along the edges instead of 9 × 9
    points.
    """
    source = extent(size)
    target = source if new_size is None else extent(new_size, "new_size")
    shift = 0.5 if choice(pixel_center, "pixel_center", ("integer", "half")) == "half" else 0.0
    choice(model, "model", LENS_MODELS)
    R = real_array(rotation, "rotation", (3, 3))
    check_rotation(R, "rotation")
    U, _, Vt = np.linalg.svd(R)
    R = U @ Vt
    t = real_array(translation, "translation", (3,))
    if not t.any():
        raise Degenerate("same_centre", "the translation is zero: there is no baseline")
    if alpha is not None and not 0 <= finite_number(alpha, "alpha") <= 1:
        raise InvalidInput("alpha", f"must be from 0 to 1, came as {alpha:g}")
    with np.errstate(all="ignore"):  # what overflows is refused in the end
        views, along, vertical = _turned_cameras(
            (left_intrinsics, right_intrinsics), (left_distortion, right_distortion), model, R, t, shift
        )
        _check_epipoles(views, vertical, source)
        views = _natural(views, vertical, source, target, zero_disparity)
        if alpha is not None:
            factor = filling_zoom(views, source, target) if alpha < 1 else 0.0
            if alpha > 0:
                factor = (1 - alpha) * factor + alpha * holding_zoom(views, source, target)
            one, other = (view._replace(new_intrinsics=zoomed(view.new_intrinsics, factor)) for view in views)
            views = one, other
        return RectifiedStereo(views, along, vertical, (source, target), shift)
