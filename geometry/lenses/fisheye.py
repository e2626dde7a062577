"""Kernels of the fisheye model of Kannala and Brandt, from rays to the image; the equations stand at `Lens`."""

import math

import numpy as np

from geometry.kernel import kernel
from geometry.lanes import LANES, Operand, cast, interleave, lanes, load, multiply_add, ramp, select, square_root, store

CHUNK = 256

# (atan(t) / t − 1) / t² in powers of t² for |t| ≤ tan(π / 8), by interpolation in eleven Chebyshev nodes: to 5e-18.
_ARC = (
    -0.3333333333333333, 0.1999999999999552, -0.14285714284666542, 0.11111111015256361, -0.09090904578123903,
    0.07692183190826087, -0.06664511447381948, 0.0585814891280221, -0.0508544973794026, 0.03923165829558718,
    -0.01917688711906225,
)  # fmt: skip
_STEEP = math.tan(math.pi / 8)


def _angle(r: Operand, w: Operand) -> Operand:
    """atan2(r, w) of r ≥ 0 to a few roundings."""
    along = select(w < 0.0, w * -1.0, w)
    wide = r > along
    small, large = select(wide, along, r), select(wide, r, along)
    large = select(large > 0.0, large, 1.0)
    steep = small > large * _STEEP
    t = select(steep, small - large, small) / select(steep, small + large, large)
    square = t * t
    series = square * _ARC[-1] + _ARC[-2]
    for coefficient in _ARC[-3::-1]:
        series = multiply_add(series, square, coefficient)
    theta = select(steep, np.pi / 4, t * 0.0) + (t + t * (square * series))
    theta = select(wide, np.pi / 2 - theta, theta)
    return select(w < 0.0, np.pi - theta, theta)


def _image_points(
    p: Operand, q: Operand, rays: Operand, intrinsics: Operand, distortion: Operand, limit: Operand
) -> tuple[Operand, Operand]:
    """The source pixels of output points (p, q); NaN for none."""
    m = [load(rays, at, 1) for at in range(9)]
    fx, skew, cx, fy, cy = (load(intrinsics, at, 1) for at in (0, 1, 2, 4, 5))
    k1, k2, k3, k4 = (load(distortion, at, 1) for at in range(4))
    x, y, w = (p * m[row] + (q * m[row + 1] + m[row + 2]) for row in (0, 3, 6))
    r = square_root(x * x + y * y)
    theta = _angle(r, w)
    s = theta * theta
    distance = theta + theta * (s * (s * (s * (s * k4 + k3) + k2) + k1))
    factor = distance / select(r > 0.0, r, 1.0)
    x, y = x * factor, y * factor
    sound = theta < limit
    return select(sound, x * fx + (y * skew + cx), np.nan), select(sound, y * fy + cy, np.nan)


@lanes
def _pixel_block(
    column: Operand, row: Operand, at: Operand, rays: Operand, intrinsics: Operand, distortion: Operand,
    limit: Operand, out: Operand,
) -> None:  # fmt: skip
    p = cast(ramp(column), np.float64)
    store(out, at, interleave(_image_points(p, p * 0.0 + row, rays, intrinsics, distortion, limit)))


@lanes
def _point_block(
    i: Operand, ps: Operand, qs: Operand, rays: Operand, intrinsics: Operand, distortion: Operand, limit: Operand
) -> None:
    u, v = _image_points(load(ps, i), load(qs, i), rays, intrinsics, distortion, limit)
    store(ps, i, u)
    store(qs, i, v)


@kernel("void(f8[:,::1], f8[:,::1], f8[::1], f8, i8, i8, i8, f8[::1])")
def fisheye_rows(rays, intrinsics, distortion, limit, start, stop, width, out):  # type: ignore[no-untyped-def]
    """Write source pixels (u, v) of the pixels of output rows `start:stop`; NaN for none.

    `rays` maps output pixels to rays. `out` has room for LANES points more.
    """
    for row in range(start, stop):
        for column in range(0, width, LANES):
            at = 2 * ((row - start) * width + column)
            _pixel_block(column, float(row), at, rays, intrinsics, distortion, limit, out)


@kernel("void(f8[:,::1], f8[:,::1], f8[::1], f8, f8[:,::1], i8, i8, f8[:,::1], u1[::1])")
def fisheye_distort(rays, intrinsics, distortion, limit, points, start, stop, out, status):  # type: ignore[no-untyped-def]
    """The same for any points, with codes of POINT_STATUS."""
    us, vs = np.zeros(CHUNK), np.zeros(CHUNK)
    for left in range(start, stop, CHUNK):
        count = min(CHUNK, stop - left)
        for i in range(count):
            us[i], vs[i] = points[left + i, 0], points[left + i, 1]
        for i in range(0, count, LANES):
            _point_block(i, us, vs, rays, intrinsics, distortion, limit)
        for i in range(count):
            status[left + i] = 0 if us[i] == us[i] else 1
            out[left + i, 0], out[left + i, 1] = us[i], vs[i]
