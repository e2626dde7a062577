"""Stereo pairs turned so that matching points lie on one row, from the fundamental matrix and matches alone."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.inputs import Array, choice, extent, real_array
from geometry.relations.epipolar import image_points

_SINGULAR = 2.0**-40  # of singular values beside the largest
_SWAP = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])


Axis = Literal["horizontal", "vertical"]


class UncalibratedRectification(NamedTuple):
    """Homographies that make matching points lie on one row (or in one column)."""

    left_homography: Array
    """(3, 3) float64: from pixels of the left image to its rectified one."""
    right_homography: Array
    """(3, 3) float64."""
    axis: Axis
    """`horizontal`: matches lie on one row; `vertical`: in one column."""
    error: float
    """Root mean square difference of the matches across that axis, px."""


def _cross(v: Array) -> Array:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def _corners(size: tuple[int, int], edge: float) -> Array:
    left, top, right, bottom = edge, edge, edge + size[0], edge + size[1]
    return np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]])


def _check_epipole(e: Array, box: Array, name: str) -> None:
    low, high = box[0, :2], box[2, :2]
    if e[2] != 0 and ((e[:2] / e[2] >= low) & (e[:2] / e[2] <= high)).all():
        x, y = e[:2] / e[2]
        raise Degenerate("epipole_in_image", f"the epipole of the {name} image lies inside it, at ({x:.1f}, {y:.1f})")


def _in_front(row: Array, corners: Array) -> float:
    """The sign that makes the last row of a homography positive at all corners."""
    depths = corners @ row
    if depths.min() <= 0 <= depths.max():
        raise Degenerate("horizon_in_image", "what goes to infinity with an epipole crosses an image")
    return float(np.sign(depths[0]))


def _rows(F: Array, e: Array, corners: Array, middle: Array, unit: float) -> tuple[Array, Array]:
    """The right homography (3, 3), which keeps the middle, and the lower two rows of the left one."""
    center = np.array([[1, 0, -middle[0]], [0, 1, -middle[1]], [0, 0, unit]]) / unit
    x, y, w = center @ e
    length = np.hypot(x, y) * (1.0 if x >= 0 else -1.0)
    turn = np.array([[x / length, y / length, 0], [-y / length, x / length, 0], [0, 0, 1]])
    bend = np.array([[1, 0, 0], [0, 1, 0], [-w / length, 0, 1]])
    right = np.linalg.inv(center) @ bend @ turn @ center
    right = right * _in_front(right[2], corners)
    left = (right @ _cross(e) @ F)[1:]
    return right, left * _in_front(left[1], corners)


def _first_row(lower: Array, left: Array, target: Array) -> Array:
    """The upper row that brings left points as near to the target's x as possible."""
    rows = left / (left @ lower[1])[:, np.newaxis]
    if not (np.isfinite(rows).all() and np.isfinite(target).all()):
        raise Degenerate("out_of_range", "points and matrix give numbers beyond what float64 holds")
    scale = np.abs(rows).max(axis=0)
    scale[scale == 0] = 1
    found, _, rank, _ = np.linalg.lstsq(rows / scale, target, rcond=_SINGULAR)
    if rank < 3:
        raise Degenerate("collinear_points", "the left points lie on one line: they do not say how to shear the image")
    row: Array = found / scale
    return row


def rectify_uncalibrated(
    fundamental: ArrayLike,
    left: ArrayLike,
    right: ArrayLike,
    size: Sequence[int],
    *,
    pixel_center: str = "integer",
) -> UncalibratedRectification:
    """Find homographies that make matching points lie on one row (or in one column), without calibration.

    The right image turns about its middle until its epipole lies on an axis, then the epipole goes to infinity; the
    left homography shares rows (columns) with it and brings the matches as near as possible along them.

    Parameters
    ----------
    fundamental
        (3, 3), of rank 2; the nearest such matrix is taken.
    left, right
        (M, 2), (x, y), px, M ≥ 3: matching points.
    size
        (width, height) of both images, px.
    pixel_center
        `integer`: an image covers −0.5 … width − 0.5; `half`: 0 … width.

    Returns
    -------
    UncalibratedRectification

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    Degenerate
        `epipole_in_image`; `horizon_in_image`: an epipole beside the image takes a part of it to infinity;
        `rank_deficient`: the matrix has rank 1; `collinear_points`; `out_of_range`: results beyond float64.

    References
    ----------
    Hartley, Theory and practice of projective rectification, 1999.
    """
    F = real_array(fundamental, "fundamental", (3, 3))
    points = image_points(left, "left")
    others = image_points(right, "right", len(points))
    if len(points) < 3:
        raise InvalidInput("left", f"must hold at least 3 points, came with {len(points)}")
    if not F.any():
        raise InvalidInput("fundamental", "must not be zero")
    own = extent(size)
    edge = -0.5 if choice(pixel_center, "pixel_center", ("integer", "half")) == "integer" else 0.0
    with np.errstate(all="ignore"):  # what overflows is refused in the end
        # Near coordinates of about 1 the singular values mean something.
        unit = (own[0] + own[1]) / 2
        middle = np.array(own) / 2 + edge
        place = np.array([[unit, 0, middle[0]], [0, unit, middle[1]], [0, 0, 1]])
        scaled = place.T @ (F / np.abs(F).max()) @ place
        U, s, Vt = np.linalg.svd(scaled / np.abs(scaled).max())
        if s[1] <= _SINGULAR * s[0]:
            raise Degenerate("rank_deficient", "the matrix has rank 1: it knows no epipoles")
        s[2] = 0
        back = np.linalg.inv(place)
        F = back.T @ ((U * s) @ Vt) @ back
        epipoles = place @ Vt[2], place @ U[:, 2]
        box = _corners(own, edge)
        for e, name in zip(epipoles, ("left", "right"), strict=True):
            _check_epipole(e, box, name)
        beyond = epipoles[1][:2] - epipoles[1][2] * middle
        vertical = bool(abs(beyond[1]) > abs(beyond[0]))
        swap = _SWAP if vertical else np.eye(3)
        e = swap @ epipoles[1]
        right_homography, lower = _rows(swap @ F @ swap, e / np.abs(e).max(), box @ swap, (swap[:2, :2] @ middle), unit)
        x = np.column_stack([points, np.ones(len(points))]) @ swap
        y = np.column_stack([others, np.ones(len(points))]) @ swap @ right_homography.T
        if not ((x @ lower[1] > 0).all() and (y[:, 2] > 0).all()):
            raise Degenerate("horizon_in_image", "a match lies beyond what goes to infinity with an epipole")
        left_homography = np.vstack([_first_row(lower, x, y[:, 0] / y[:, 2]), lower])
        difference = (x @ lower[0]) / (x @ lower[1]) - y[:, 1] / y[:, 2]
        left_homography = left_homography / float(lower[1] @ swap @ np.append(middle, 1))
        found = [swap @ H @ swap for H in (left_homography, right_homography)]
        error = float(np.sqrt(np.mean(difference**2)))
    if not (np.isfinite(found).all() and np.isfinite(error)):
        raise Degenerate("out_of_range", "points and matrix give numbers beyond what float64 holds")
    return UncalibratedRectification(
        found[0],
        found[1],
        "vertical" if vertical else "horizontal",
        error,
    )
