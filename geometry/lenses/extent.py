"""Intrinsics of undistorted views: of everything that a camera sees, or of the largest rectangle in it."""

import numpy as np

from geometry.errors import Degenerate
from geometry.inputs import Array
from geometry.lenses.camera import LensView
from geometry.lenses.lens import POINT_STATUS

VIEWS = ("same", "all", "valid")

_EDGE = 2.0**-31  # pixels by which a point of a view may miss the image's edge: half of what masks allow
_BISECTIONS = 50
_BEHIND = POINT_STATUS.index("behind_camera")


def _sides(width: int, height: int) -> list[Array]:
    """Pixels along the left, right, top and bottom side, corners included."""
    x, y = np.arange(float(width)), np.arange(float(height))
    left, top = np.stack([0 * y, y], axis=1), np.stack([x, 0 * x], axis=1)
    return [left, left + np.array([width - 1, 0]), top, top + np.array([0, height - 1])]


def _intrinsics(box: Array, size: tuple[int, int]) -> Array:
    """K' that moves a box (left, top, right, bottom) of normalized coordinates to the outermost pixel centres."""
    low, high = box[:2], box[2:]
    if not (high > low).all():
        raise Degenerate("empty_view", "the view would have no extent")
    scale = np.maximum(np.array(size) - 1.0, 1.0) / (high - low)
    middle = (np.array(size) - 1) / 2 - scale * (low + high) / 2
    return np.array([[scale[0], 0, middle[0]], [0, scale[1], middle[1]], [0, 0, 1]])


def _fold_radius(view: LensView) -> float:
    """Radius in normalized coordinates up to which the lens is one-to-one; infinite where it is up to 90°."""
    limit = view.lens.limit
    if view.lens.model == "brown":
        return float(np.sqrt(limit))
    return float(np.tan(limit)) if limit < np.pi / 2 else np.inf


def _placed(view: LensView, pixels: Array, whole: bool) -> Array:
    """Normalized coordinates of pixels along a side; if not all are needed, of those that have a place."""
    points, status = view._replace(new_intrinsics=np.eye(3)).undistort(pixels)
    lost = status != 0
    endless = _fold_radius(view) == np.inf
    if (lost.any() and whole) or (lost.all() and (endless or (status == _BEHIND).any())):
        reason = POINT_STATUS[_BEHIND if endless and view.lens.model == "fisheye" else status[lost][0]]
        raise Degenerate(reason, "the image's edge has no place in a flat view; choose new_intrinsics instead")
    placed: Array = points[~lost]
    return placed


def _inside(view: LensView, box: Array, source: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether the camera sees all along the edge of a view."""
    if not (box[2:] > box[:2]).all():
        return False
    edge = np.concatenate(_sides(*size))
    points, _ = view._replace(new_intrinsics=_intrinsics(box, size)).distort(edge)
    return bool(((points >= -_EDGE) & (points <= np.array(source) - 1 + _EDGE)).all())


def view_intrinsics(view: LensView, extent: str, source: tuple[int, int], size: tuple[int, int]) -> Array:
    """Choose K' so that a view of (width, height) `size` shows what it can of an image of size `source`.

    `all`: the outermost pixel centres of the view are the bounds of the image's undistorted edge. `valid`: the view is
    the largest box between the undistorted sides, made smaller about its centre, where they bend strongly, until the
    camera sees all of its edge. Either chooses the two focal lengths independently, as OpenCV does.

    Raises
    ------
    Degenerate
        `folded`, `behind_camera`, `no_convergence`: what keeps the image's edge from having a place in a view;
        `empty_view`: no view of this kind.
    """
    left, right, top, bottom = sides = [_placed(view, side, extent == "all") for side in _sides(*source)]
    edge = np.concatenate(sides)
    if extent == "all":
        return _intrinsics(np.concatenate([edge.min(axis=0), edge.max(axis=0)]), size)
    end = _fold_radius(view)
    box = np.array(
        [
            left[:, 0].max(initial=-end),
            top[:, 1].max(initial=-end),
            right[:, 0].min(initial=end),
            bottom[:, 1].min(initial=end),
        ]
    )
    if _inside(view, box, source, size):
        return _intrinsics(box, size)
    if len(edge) and not (box[2:] > box[:2]).all():
        box = np.concatenate([edge.min(axis=0), edge.max(axis=0)])
    middle = np.tile((box[:2] + box[2:]) / 2, 2)
    small, large = 0.0, 1.0
    for _ in range(_BISECTIONS):
        factor = (small + large) / 2
        if _inside(view, middle + factor * (box - middle), source, size):
            small = factor
        else:
            large = factor
    if small == 0:
        raise Degenerate("empty_view", "no view around the middle shows only what the camera sees")
    return _intrinsics(middle + small * (box - middle), size)
