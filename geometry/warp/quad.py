"""Cropping of a quadrangle: the picture of a page, straightened."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import Degenerate, InvalidInput
from geometry.homographies.four import homography_from_four_points
from geometry.homographies.position import check_general_position
from geometry.homographies.rectangle import rectangle_seen_as
from geometry.inputs import Array, choice, extent, finite_number, real_array
from geometry.warp.perspective import warp_perspective

_LONGEST = 2**31 - 1


class CroppedQuad(NamedTuple):
    """A quadrangle of an image as a picture of its own."""

    image: Array
    """(h, w) or (h, w, C), the dtype of the source."""
    homography: Array
    """(3, 3), source to crop, unit Frobenius norm, w > 0 inside."""
    mask: Array
    """(h, w) bool: where a pixel came wholly from inside the source."""
    size: tuple[int, int]
    """(width, height), px."""
    reordered: bool
    """Whether `order="sort"` changed the order of the corners."""
    aspect: str
    """Where the aspect ratio came from: `size`, `edges` or `rectangle`."""
    fallback: str
    """Why `aspect="rectangle"` used the edges: `parallel_edges`, `no_real_focal_length`; else empty."""
    focal_length: float | None
    """As given, or found for `aspect="rectangle"`, px."""


class QuadLayout(NamedTuple):
    """Corners in order, and the picture that they get."""

    corners: Array
    size: tuple[int, int]
    reordered: bool
    aspect: str
    fallback: str
    focal_length: float | None


def _sorted(corners: Array) -> Array:
    """Clockwise as seen, y downwards, from the corner nearest to the top left."""
    x, y = (corners - corners.mean(axis=0)).T
    around = corners[np.argsort(np.arctan2(y, x), kind="stable")]
    first = min(range(4), key=lambda k: (around[k].sum(), around[k][1]))
    return np.roll(around, -first, axis=0)


def _check_order(corners: Array) -> None:
    edges = np.roll(corners, -1, axis=0) - corners
    after = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    if (turns < 0).all():
        raise Degenerate("mirrored_quad", "the corners go round the other way: the crop would be mirrored")
    if not (turns > 0).all():
        raise Degenerate("non_convex_quad", "the corners do not go round a convex quadrangle")


def _pixel_count(length: float, corners_at: str) -> int:
    if length > _LONGEST - 1:
        raise InvalidInput("corners", f"an edge of {length:.3g} px is too long; give a size")
    return max(2, round(length) + 1) if corners_at == "centers" else max(1, round(length))


def quad_layout(
    corners: ArrayLike,
    source: tuple[int, int],
    *,
    size: Sequence[int] | None = None,
    aspect: str = "edges",
    focal_length: float | None = None,
    corners_at: str = "centers",
    order: str = "given",
    pixel_center: str = "integer",
) -> QuadLayout:
    """Check and order the corners, and find the size of their crop, as `crop_quad` does; `source` is (width, height).

    Raises
    ------
    InvalidInput, Degenerate
        As `crop_quad` does.
    """
    choice(aspect, "aspect", ("edges", "rectangle"))
    choice(corners_at, "corners_at", ("centers", "edges"))
    choice(order, "order", ("given", "sort"))
    choice(pixel_center, "pixel_center", ("integer", "half"))
    if focal_length is not None and not finite_number(focal_length, "focal_length") > 0:
        raise InvalidInput("focal_length", "must be > 0")
    given = real_array(corners, "corners", (4, 2))
    check_general_position(given, "corners")
    quad = _sorted(given) if order == "sort" else given
    _check_order(np.ldexp(quad, -int(np.frexp(np.abs(quad).max())[1])))
    reordered = not np.array_equal(quad, given)
    if size is not None:
        width, height = extent(size)
        if corners_at == "centers" and min(width, height) < 2:
            raise InvalidInput("size", "corners at pixel centres need two columns and two rows at least")
        return QuadLayout(quad, (width, height), reordered, "size", "", focal_length)
    top, right, bottom, left = (float(np.hypot(*(np.roll(quad, -1, axis=0) - quad)[k])) for k in range(4))
    across, down, used, fallback = max(top, bottom), max(left, right), "edges", ""
    if aspect == "rectangle":
        middle = np.array(source) / 2 - (0.5 if pixel_center == "integer" else 0.0)
        seen = rectangle_seen_as(quad, middle, focal_length)
        fallback, focal_length = seen.fallback, seen.focal_length
        if not fallback:
            used = "rectangle"
            across, down = max(across, down * seen.ratio), max(down, across / seen.ratio)
    return QuadLayout(
        quad,
        (_pixel_count(across, corners_at), _pixel_count(down, corners_at)),
        reordered,
        used,
        fallback,
        focal_length,
    )


def crop_quad(
    image: ArrayLike,
    corners: ArrayLike,
    *,
    size: Sequence[int] | None = None,
    aspect: str = "edges",
    focal_length: float | None = None,
    corners_at: str = "centers",
    order: str = "given",
    interpolation: str = "linear",
    border: str = "constant",
    fill: ArrayLike = 0,
    pixel_center: str = "integer",
) -> CroppedQuad:
    """Cut a quadrangle out of an image and straighten it to a rectangle: a page, a whiteboard, a number plate.

    The homography takes the corners to those of the crop: with `corners_at="centers"` to the centres of its corner
    pixels, (0, 0), (w − 1, 0), (w − 1, h − 1), (0, h − 1); with `"edges"` to its outer edge, (−½, −½), (w − ½, −½),
    (w − ½, h − ½), (−½, h − ½).

    Parameters
    ----------
    image
        (H, W) or (H, W, C), as for `warp_perspective`.
    corners
        (4, 2), px: top left, top right, bottom right, bottom left; they may lie outside the image.
    size
        (width, height) of the crop, px. Default: the longer of two opposite edges, rounded (and one more where the
        corners are pixel centres).
    aspect
        `edges`: the default size has the edges' lengths. `rectangle`: one of them is enlarged to the aspect ratio of
        the rectangle that a camera with square pixels and its axis through the image's centre has seen. Where that is
        not determined the edges are used, and `fallback` says why.
    focal_length
        > 0, px: of that camera. Default: found from the corners.
    corners_at
        `centers` or `edges`: which points of the crop the corners become.
    order
        `given`: refuse corners in another order. `sort`: clockwise from the corner with the least x + y.
    interpolation, border, fill
        As for `warp_perspective`.
    pixel_center
        `integer` or `half`: where corners and homography have the centre of the first pixel.

    Returns
    -------
    CroppedQuad
        image, homography, mask, size, reordered, aspect, fallback, focal_length.

    Raises
    ------
    InvalidInput
        An argument is not as described above.
    Degenerate
        `coincident_points`, `collinear_points`: the corners span no area. `non_convex_quad`; `mirrored_quad`: they go
        round the other way.
    """
    height, width = np.shape(image)[:2] if np.ndim(image) >= 2 else (1, 1)
    layout = quad_layout(
        corners,
        (width, height),
        size=size,
        aspect=aspect,
        focal_length=focal_length,
        corners_at=corners_at,
        order=order,
        pixel_center=pixel_center,
    )
    inset = (0.0 if pixel_center == "integer" else 0.5) - (0.5 if corners_at == "edges" else 0.0)
    outset = 1 if corners_at == "centers" else 0
    x, y = layout.size[0] - outset + inset, layout.size[1] - outset + inset
    H = homography_from_four_points(layout.corners, np.array([[inset, inset], [x, inset], [x, y], [inset, y]]))
    warped = warp_perspective(
        image,
        H,
        size=layout.size,
        interpolation=interpolation,
        border=border,
        fill=fill,
        pixel_center=pixel_center,
    )
    return CroppedQuad(
        warped.image,
        H,
        warped.mask,
        layout.size,
        layout.reordered,
        layout.aspect,
        layout.fallback,
        layout.focal_length,
    )
