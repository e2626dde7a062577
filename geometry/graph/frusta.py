"""Frusta: what each camera of a rig sees between two depths, prepared for comparing cameras in pairs."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from geometry.errors import InvalidInput
from geometry.inputs import Array, real_array

VIEW_STATUS = ("ok", "rank_deficient_camera", "centre_at_infinity", "out_of_range")
"""What the codes of cameras mean: only those that are `ok` have a frustum."""

CENTRE, RAYS, IMAGE, NEAR, FAR, MIDDLE, FOCAL, BALL, RADIUS, AXIS, BLUR = 0, 3, 12, 21, 22, 23, 24, 25, 28, 29, 32
"""Where a camera's row of `Frusta.cameras` holds what."""

_WIDTH = 33
# Rows scaled to length 1 carry errors of κ = 4 roundings an entry (a product K [R | t]); a 3×3 determinant has 6 terms
# of 3 entries, and its evaluation adds less than 24 roundings.
_SINGULAR = (18 * 4 + 24) * 2.0**-53
ROUNDING = 2.0**-46
"""128 roundings: more than lie between a projection and its centre or a direction, relative to their sizes."""
_LARGEST = 1e60  # powers of it up to the fifth occur in pairs


class Frusta(NamedTuple):
    """N cameras as pyramids cut off at their near and far depths.

    A point of the image is (s, t), from −1 to 1 across its width and height; a world point is `C + z D (s, t, 1)` at
    depth z, and `D⁻¹ (X − C) = (z s, z t, z)`.
    """

    cameras: Array
    """(N, 33): centre, D row by row, D⁻¹ row by row, near, far, √(near far), focal length in pixels, centre and radius
    of a ball around the frustum, unit direction through the middle of the image, how far roundings may have moved the
    centre."""
    status: Array
    """(N,) uint8, codes of `VIEW_STATUS`; rows of cameras that are not ok are 0."""


def _each(value: ArrayLike, name: str, cameras: int, least: float = 0.0) -> Array:
    """(2,) for all or (N, 2), positive and at least so large, as (N, 2)."""
    numbers = real_array(value, name, (2,) if np.ndim(value) == 1 else (cameras, 2))
    good = (numbers > 0) & (numbers >= least)
    if not good.all():
        place = "/".join(map(str, np.argwhere(~good)[0]))
        raise InvalidInput(f"{name}/{place}", f"must be at least {least:g}" if least else "must be above 0")
    return np.broadcast_to(numbers, (cameras, 2))


def camera_frusta(
    projections: ArrayLike,
    sizes: ArrayLike,
    depth_range: ArrayLike,
    pixel_center: Literal["integer", "half"],
) -> Frusta:
    """Decompose projections (N, 3, 4) with image sizes (width, height) and depths (near, far), for all or one each.

    Raises
    ------
    InvalidInput
        Wrong shape, not finite, a size below 1, a depth that is not positive, far ≤ near.
    """
    P = real_array(projections, "projections", ("N", 3, 4))
    cameras = len(P)
    sizes, depths = _each(sizes, "sizes", cameras, 1.0), _each(depth_range, "depth_range", cameras)
    if not (depths[:, 0] < depths[:, 1]).all():
        wrong = int(np.argmin(depths[:, 0] < depths[:, 1]))
        raise InvalidInput(
            f"depth_range/{wrong}" if np.ndim(depth_range) == 2 else "depth_range", "near must be less than far"
        )
    with np.errstate(all="ignore"):
        return _decompose(P, sizes, depths, 0.5 if pixel_center == "integer" else 0.0)


def _decompose(P: Array, sizes: Array, depths: Array, offset: float) -> Frusta:
    cameras = len(P)
    # rows of length 1: what is compared with roundings must not depend on the unit of any row
    P = np.ldexp(P, -np.frexp(np.abs(P).max(axis=(1, 2)))[1][:, np.newaxis, np.newaxis])
    M, last = P[:, :, :3], P[:, :, 3]
    lengths = np.sqrt((M * M).sum(axis=2))
    rows = np.where(lengths > 0, lengths, 1.0)
    unit = M / rows[:, :, np.newaxis]
    determinant = np.linalg.det(unit)
    singular = ~(np.abs(determinant) > _SINGULAR)
    status = np.zeros(cameras, np.uint8)
    status[singular] = _rank_status(unit[singular], (last / rows)[singular])
    unit = np.where(singular[:, np.newaxis, np.newaxis], np.eye(3), unit)

    centres = -np.linalg.solve(unit, (last / rows)[:, :, np.newaxis])[:, :, 0]
    depth_scale = rows[:, 2] * np.sign(determinant)
    focal = np.sqrt(np.abs(determinant) * (rows[:, 0] / rows[:, 2]) * (rows[:, 1] / rows[:, 2]))
    pixels = np.zeros((cameras, 3, 3))
    pixels[:, 0, 0], pixels[:, 1, 1], pixels[:, 2, 2] = sizes[:, 0] / 2, sizes[:, 1] / 2, 1.0
    pixels[:, :2, 2] = sizes / 2 - offset
    rays = np.linalg.solve(unit, pixels / rows[:, :, np.newaxis]) * depth_scale[:, np.newaxis, np.newaxis]
    image = np.linalg.solve(pixels, unit * rows[:, :, np.newaxis]) / depth_scale[:, np.newaxis, np.newaxis]

    middle = np.sqrt(depths[:, 0]) * np.sqrt(depths[:, 1])
    corners = np.array([(s, t, 1.0) for s in (-1.0, 1.0) for t in (-1.0, 1.0)])
    edges = np.einsum("nij,kj->nki", rays, corners)
    points = np.concatenate([edges * depths[:, :1, np.newaxis], edges * depths[:, 1:, np.newaxis]], axis=1)
    ball = points.mean(axis=1)
    radius = np.sqrt(((points - ball[:, np.newaxis]) ** 2).sum(axis=2)).max(axis=1, initial=0.0)
    axis = rays[:, :, 2] / np.sqrt((rays[:, :, 2] ** 2).sum(axis=1))[:, np.newaxis]

    found = np.empty((cameras, _WIDTH))
    found[:, CENTRE : CENTRE + 3] = centres
    found[:, RAYS : RAYS + 9] = rays.reshape(-1, 9)
    found[:, IMAGE : IMAGE + 9] = image.reshape(-1, 9)
    found[:, NEAR], found[:, FAR], found[:, MIDDLE], found[:, FOCAL] = depths[:, 0], depths[:, 1], middle, focal
    found[:, BALL : BALL + 3] = ball + centres
    found[:, RADIUS] = radius
    found[:, AXIS : AXIS + 3] = axis
    found[:, BLUR] = ROUNDING * np.abs(centres).max(axis=1, initial=0.0)
    found[status != 0] = 0.0
    wild = ~(np.abs(found).max(axis=1, initial=0.0) < _LARGEST)
    found[wild] = 0.0
    status[wild] = VIEW_STATUS.index("out_of_range")
    return Frusta(found, status)


def _rank_status(unit: Array, last: Array) -> Array:
    """Tell affine cameras from projections of rank below 3, by singular values with every column of size 1 at most."""
    largest = np.abs(last).max(axis=1)
    matrices = np.concatenate(
        [unit, (last / np.where(largest > 0, largest, 1.0)[:, np.newaxis])[:, :, np.newaxis]], axis=2
    )
    values = np.linalg.svd(np.where(np.isfinite(matrices), matrices, 0.0), compute_uv=False)
    deficient = ~(values[:, 2] > _SINGULAR * values[:, 0])
    return np.where(deficient, VIEW_STATUS.index("rank_deficient_camera"), VIEW_STATUS.index("centre_at_infinity"))
