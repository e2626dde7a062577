"""What rectified views show of their sources: how far to zoom, and which rectangle is filled."""

import numpy as np

from geometry.errors import Degenerate
from geometry.inputs import Array
from geometry.lenses.camera import LensView
from geometry.lenses.lens import POINT_STATUS

_EDGE = 2.0**-31  # pixels by which a point may miss the image's edge: half of what masks allow
_BISECTIONS = 50
_LARGEST_ZOOM = 2.0**20

Size = tuple[int, int]


def outline(size: Size) -> Array:
    """Pixels along the four sides of an image, (2 width + 2 height, 2)."""
    width, height = size
    x, y = np.arange(float(width)), np.arange(float(height))
    return np.concatenate(
        [
            np.stack([x, 0 * x], axis=1),
            np.stack([x, 0 * x + height - 1], axis=1),
            np.stack([0 * y, y], axis=1),
            np.stack([0 * y + width - 1, y], axis=1),
        ]
    )


def zoomed(K: Array, factor: float) -> Array:
    """K with focal lengths (and skew) times a factor."""
    out = K.copy()
    out[:2, :2] *= factor
    return out


def _shows_only_source(view: LensView, points: Array, source: Size) -> bool:
    """Whether the camera sees all of these points of a view inside its image; the middle of its view is its own."""
    seen, status = view.distort(points)
    return bool((status == 0).all() and ((seen >= -_EDGE) & (seen <= np.array(source) - 1 + _EDGE)).all())


def filling_zoom(views: tuple[LensView, LensView], source: Size, size: Size) -> float:
    """Find the smallest zoom at which both views of `size` show nothing but their sources.

    Raises
    ------
    Degenerate
        `empty_view`: no zoom does.
    """
    edge = outline(size)

    def filled(factor: float) -> bool:
        return all(
            _shows_only_source(view._replace(new_intrinsics=zoomed(view.new_intrinsics, factor)), edge, source)
            for view in views
        )

    large = 1.0
    while not filled(large):
        large *= 2
        if large > _LARGEST_ZOOM:
            raise Degenerate("empty_view", "no zoom makes both views show only what their cameras see")
    small = large / 2
    while large <= 1.0 and filled(small) and small > 1 / _LARGEST_ZOOM:
        small, large = small / 2, small
    for _ in range(_BISECTIONS):
        middle = (small + large) / 2
        small, large = (small, middle) if filled(middle) else (middle, large)
    return large


def holding_zoom(views: tuple[LensView, LensView], source: Size, size: Size) -> float:
    """Find the largest zoom at which both views of `size` show all pixels of their sources.

    Raises
    ------
    Degenerate
        `folded`, `behind_camera`, `no_convergence`: what keeps a source's edge from having a place in a flat view.
    """
    factor = np.inf
    for view in views:
        placed, status = view.undistort(outline(source))
        if status.any():
            reason = POINT_STATUS[int(status[status != 0][0])]
            raise Degenerate(reason, "the image's edge has no place in a flat view; choose alpha 0 or none")
        middle = view.new_intrinsics[:2, 2]
        offsets = placed - middle
        room = np.where(offsets > 0, np.array(size) - 1 - middle, -middle)
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = np.where(offsets == 0, np.inf, room / offsets)
        factor = min(factor, float(factors.min()))
    return factor


def _outline_of(box: list[int]) -> Array:
    left, top, right, bottom = box
    edge: Array = outline((right - left + 1, bottom - top + 1)) + np.array([left, top])
    return edge


def filled_box(view: LensView, source: Size, size: Size) -> tuple[int, int, int, int]:
    """Find a large box (x, y, width, height) of whole pixels of the view that all come from inside the source.

    Grown from where the middle of the source is seen, first in proportion to the view, then side by side. All 0 if
    there is none.
    """
    middle, status = view.undistort((np.array([source], float) - 1) / 2)
    if status[0] != 0:
        return 0, 0, 0, 0
    ends = [0, 0, size[0] - 1, size[1] - 1]
    x, y = (int(min(max(np.floor(at + 0.5), 0), end)) for at, end in zip(middle[0], ends[2:], strict=True))

    def filled(box: list[int]) -> bool:
        return _shows_only_source(view, _outline_of(box), source)

    box = [x, y, x, y]
    if not filled(box):
        return 0, 0, 0, 0
    small, large, tried = 0.0, 1.0, 1.0
    for _ in range(max(size).bit_length() + 1):
        grown = [round(at + tried * (end - at)) for at, end in zip((x, y, x, y), ends, strict=True)]
        if filled(grown):
            small, box = tried, grown
        else:
            large = tried
        if small == 1.0:
            break
        tried = (small + large) / 2
    for side in range(4):
        near, far = box[side], ends[side]
        while near != far:
            step = (far - near + 1) // 2 if far > near else -((near - far + 1) // 2)
            grown = [near + step if at == side else edge for at, edge in enumerate(box)]
            if filled(grown):
                near, box = near + step, grown
            else:
                far = near + step + (1 if step < 0 else -1)
    return box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1
