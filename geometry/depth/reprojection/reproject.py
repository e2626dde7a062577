"""Depth as another camera would see it."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from geometry.depth.jumps import MAX_JUMP, jump_share
from geometry.depth.optics import Optics, camera_optics
from geometry.depth.reprojection.colour import Colours
from geometry.depth.reprojection.general import Request, reproject_between
from geometry.depth.reprojection.positions import Passage
from geometry.depth.reprojection.result import ReprojectedDepth
from geometry.depth.views import (
    MOST_PIXELS,
    DepthKind,
    Motion,
    depth_readings,
    inverse_intrinsics,
    representable_range,
    rigid_motion,
    unit_length,
)
from geometry.errors import InvalidInput
from geometry.inputs import choice, extent, finite_number

Splat = Literal["nearest", "bilinear", "triangle"]
HoleFill = Literal["none", "footprint"]

DEPTH_TOLERANCE = MAX_JUMP
"""What may be averaged in a pixel differs by no more than neighbours on one surface may."""


def reproject_depth(
    depth: ArrayLike,
    source_intrinsics: ArrayLike,
    target_intrinsics: ArrayLike,
    transform: ArrayLike,
    *,
    image: ArrayLike | None = None,
    size: Sequence[int] | None = None,
    splat: Splat = "nearest",
    source_distortion: ArrayLike | None = None,
    source_model: str = "brown",
    target_distortion: ArrayLike | None = None,
    target_model: str = "brown",
    depth_kind: DepthKind = "z",
    depth_scale: float = 1.0,
    no_reading: Sequence[float] = (),
    depth_tolerance: float = DEPTH_TOLERANCE,
    max_jump: float = MAX_JUMP,
    fill_holes: HoleFill = "none",
    fill: ArrayLike = 0.0,
    source_status: bool = False,
) -> ReprojectedDepth:
    """Move every depth reading into another camera's image and keep the nearest surface at each pixel.

    `X = R r z + t` with the ray r = (x, y, 1) that the source sees at a pixel, `K_s⁻¹` of it without a lens; z' is the
    third coordinate of X, and (u, v) where the target sees X, `K_t X / z'` without a lens. Positions within 2^-30 px of
    a whole number are whole. Readings with z' ≤ 0 are behind the camera. A motion of nothing changes nothing, to the
    last bit, whatever the splat.

    Parameters
    ----------
    depth
        (H, W), uint8, uint16, int16, int32, float32 or float64. 0, negative values, NaN and infinity mean no reading.
    source_intrinsics, target_intrinsics
        (3, 3), pixels, upper triangular with positive focal lengths; skew is allowed. Pixel centres at integers.
    transform
        (4, 4), rigid, from source to target camera; its rotation is orthonormal to 1e-3.
    image
        (H, W) or (H, W, C), any supported dtype: what the source sees, to be carried along.
    size
        (width, height) of the target, pixels; default: the source's.
    splat
        `"nearest"`: each reading fills the pixel `floor(u + 0.5), floor(v + 0.5)`; of several in a pixel the one with
        the least resulting depth stays, as float32 if the input is float32, otherwise as float64; of equal ones the
        first in row-major order.
        `"bilinear"`: each reading counts in the four pixels around (u, v) with the weights of bilinear interpolation,
        as far as they are above 0; a pixel has the weighted mean of those readings that are at most `1 +
        depth_tolerance` times as far as its nearest one.
        `"triangle"`: neighbouring readings of one surface (`max_jump`) span triangles; a pixel has the depth of the
        nearest triangle at its centre, exact on planes without lenses. Those seen from behind are dropped; a
        reading of no triangle fills its pixel.
    source_distortion, target_distortion
        Lens coefficients in OpenCV's order: k1 k2 p1 p2 [k3 [k4 k5 k6]] for `brown`, k1 k2 k3 k4 for `fisheye`.
        Default: no lens.
    source_model, target_model
        `"brown"` (Brown–Conrady) or `"fisheye"` (Kannala–Brandt); a fisheye's rays of 90° and more are no readings.
    depth_kind
        `"z"`: along the optical axis; `"ray"`: along the ray of the pixel, in input and result. With `nearest` and
        `bilinear` the result measures the points themselves, with `triangle` the surface at the pixel's centre.
    depth_scale
        Length of one depth unit in units of the translation: 0.001 for millimetres with poses in metres. > 0.
    no_reading
        More values that mean no reading, such as 65535.
    depth_tolerance
        ≥ 0, a share of the nearest depth.
    max_jump
        ≥ 0, a share of the depth: neighbours differ by at most so much where they belong to one surface, unless their
        steps continue those of a plane.
    fill_holes
        `"footprint"`: a pixel in which no reading fell gets the depth of the triangle between readings that covers it,
        as `splat="triangle"` would give it, and the status `filled`. A triangle is as large as the footprints of
        its readings are in the target, so that no hole is filled that magnification does not explain, and there is
        none from one surface to another.
    fill
        Of `image` in holes: a number, or one per channel.
    source_status
        Tell the fate of every source pixel.

    Returns
    -------
    ReprojectedDepth
        Integers are rounded half to even. Colours have the weights that depths have: of the nearest reading, of the
        readings that are averaged, of a triangle's corners in space. Fates are those of the splat: what is only
        part of a filled hole is not visible.

    Raises
    ------
    InvalidInput
        A shape, dtype, intrinsic matrix, lens, transform or option that is not as above; more than 2^31 − 1 pixels.
    """
    choice(splat, "splat", get_args(Splat))
    ray = choice(depth_kind, "depth_kind", get_args(DepthKind)) == "ray"
    filling = choice(fill_holes, "fill_holes", get_args(HoleFill)) != "none"
    tolerance = finite_number(depth_tolerance, "depth_tolerance")
    if tolerance < 0:
        raise InvalidInput("depth_tolerance", f"must not be negative, came as {tolerance:g}")
    readings = depth_readings(depth, no_reading)
    source = camera_optics(source_intrinsics, source_distortion, source_model, prefix="source_")
    target = camera_optics(target_intrinsics, target_distortion, target_model, prefix="target_")
    rotation, translation = rigid_motion(transform)
    lines, columns = readings.depth.shape
    width, height = (columns, lines) if size is None else extent(size)
    if width * height > MOST_PIXELS:
        raise InvalidInput("size", f"must not have more than {MOST_PIXELS} pixels, came as {width} × {height}")
    colours = None if image is None else Colours(image, readings.depth.shape, fill)
    unit = unit_length(depth_scale)
    shift = translation / unit
    if not any(shift.tolist()) and np.array_equal(rotation, np.eye(3)) and _same(source, target):
        # Nothing moves: everything stays as it is, to the last bit only if not converted there and back.
        ray, source, target = False, Optics(source.intrinsics, None), Optics(target.intrinsics, None)
    inverses = np.empty((2, 3, 3))
    inverses[0], inverses[1] = inverse_intrinsics(source.intrinsics), inverse_intrinsics(target.intrinsics)
    A, b = target.intrinsics @ rotation @ inverses[0], target.intrinsics @ translation / unit
    motion = Motion(A, b, inverses, ray, width, height, *representable_range(readings.dtype))
    passage = Passage(source, target, rotation, shift, motion)
    request = Request(splat, tolerance, jump_share(max_jump), filling, colours, source_status)
    return reproject_between(readings, passage, request)


def _same(one: Optics, other: Optics) -> bool:
    if not np.array_equal(one.intrinsics, other.intrinsics):
        return False
    if one.lens is None or other.lens is None:
        return one.lens is other.lens
    return one.lens.model == other.lens.model and np.array_equal(one.lens.coefficients, other.lens.coefficients)
