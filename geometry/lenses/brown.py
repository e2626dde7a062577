"""Kernels of the Brown–Conrady model, from ideal points to the image; the equations stand at `Lens`."""

import numpy as np

from geometry.kernel import inline, kernel
from geometry.lanes import LANES, Operand, cast, interleave, lanes, load, ramp, select, store

CHUNK = 256


def brown_displacement(
    x: Operand, y: Operand, k: tuple[Operand, ...]
) -> tuple[Operand, Operand, Operand, Operand, Operand]:
    """(x_d − x, y_d − y), and the symmetric Jacobian [[a, b], [b, c]] of (x_d, y_d)."""
    k1, k2, p1, p2, k3, k4, k5, k6 = k
    s = x * x + y * y
    above = s * ((k1 - k4) + s * ((k2 - k5) + s * (k3 - k6)))
    inverse = 1.0 / (1.0 + s * (k4 + s * (k5 + s * k6)))
    g = above * inverse
    above_slope = (k1 - k4) + s * (2.0 * (k2 - k5) + s * (3.0 * (k3 - k6)))
    slope = 2.0 * (above_slope - g * (k4 + s * (2.0 * k5 + s * (3.0 * k6)))) * inverse
    dx = x * g + 2.0 * p1 * (x * y) + p2 * (s + 2.0 * (x * x))
    dy = y * g + p1 * (s + 2.0 * (y * y)) + 2.0 * p2 * (x * y)
    a = 1.0 + g + x * x * slope + 2.0 * p1 * y + 6.0 * p2 * x
    b = x * y * slope + 2.0 * p1 * x + 2.0 * p2 * y
    c = 1.0 + g + y * y * slope + 6.0 * p1 * y + 2.0 * p2 * x
    return dx, dy, a, b, c


def brown_coefficients(distortion: Operand) -> tuple[Operand, ...]:
    """k1 k2 p1 p2 k3 k4 k5 k6 out of memory."""
    return tuple(load(distortion, at, 1) for at in range(8))


def _image_points(
    p: Operand, q: Operand, rays: Operand, plain: Operand, intrinsics: Operand, distortion: Operand, limit: Operand
) -> tuple[Operand, Operand]:
    """The source pixels of output points (p, q); NaN for none."""
    r, h = [load(rays, at, 1) for at in range(9)], [load(plain, at, 1) for at in range(6)]
    fx, skew, fy = load(intrinsics, 0, 1), load(intrinsics, 1, 1), load(intrinsics, 4, 1)
    w = p * r[6] + (q * r[7] + r[8])
    inverse = 1.0 / select(w > 0.0, w, 1.0)
    x, y = (p * r[0] + (q * r[1] + r[2])) * inverse, (p * r[3] + (q * r[4] + r[5])) * inverse
    dx, dy, a, b, c = brown_displacement(x, y, brown_coefficients(distortion))
    sound = (w > 0.0) & (x * x + y * y < limit) & (a * c - b * b > 0.0)
    u = (p * h[0] + (q * h[1] + h[2])) * inverse + (dx * fx + dy * skew)
    v = (p * h[3] + (q * h[4] + h[5])) * inverse + dy * fy
    return select(sound, u, np.nan), select(sound, v, np.nan)


@lanes
def _pixel_block(
    column: Operand, row: Operand, at: Operand, rays: Operand, plain: Operand, intrinsics: Operand,
    distortion: Operand, limit: Operand, out: Operand,
) -> None:  # fmt: skip
    p = cast(ramp(column), np.float64)
    store(out, at, interleave(_image_points(p, p * 0.0 + row, rays, plain, intrinsics, distortion, limit)))


@lanes
def _point_block(
    i: Operand, ps: Operand, qs: Operand, rays: Operand, plain: Operand, intrinsics: Operand, distortion: Operand,
    limit: Operand,
) -> None:  # fmt: skip
    u, v = _image_points(load(ps, i), load(qs, i), rays, plain, intrinsics, distortion, limit)
    store(ps, i, u)
    store(qs, i, v)


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[::1], f8, i8, i8, i8, f8[::1])")
def brown_rows(rays, plain, intrinsics, distortion, limit, start, stop, width, out):  # type: ignore[no-untyped-def]
    """Write source pixels (u, v) of the pixels of output rows `start:stop`; NaN for none.

    `rays` maps output pixels to the camera's rays, `plain` to source pixels without distortion. `out` has room for
    LANES points more.
    """
    for row in range(start, stop):
        for column in range(0, width, LANES):
            _pixel_block(
                column, float(row), 2 * ((row - start) * width + column), rays, plain, intrinsics, distortion, limit,
                out,
            )  # fmt: skip


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[::1], f8, f8[:,::1], i8, i8, f8[:,::1], u1[::1])")
def brown_distort(rays, plain, intrinsics, distortion, limit, points, start, stop, out, status):  # type: ignore[no-untyped-def]
    """The same for any points, with codes of POINT_STATUS."""
    us, vs = np.zeros(CHUNK), np.zeros(CHUNK)
    for left in range(start, stop, CHUNK):
        count = min(CHUNK, stop - left)
        for i in range(count):
            us[i], vs[i] = points[left + i, 0], points[left + i, 1]
        for i in range(0, count, LANES):
            _point_block(i, us, vs, rays, plain, intrinsics, distortion, limit)
        for i in range(count):
            p, q = points[left + i, 0], points[left + i, 1]
            in_front = rays[2, 0] * p + (rays[2, 1] * q + rays[2, 2]) > 0.0
            status[left + i] = 0 if us[i] == us[i] else (1 if in_front else 2)
            out[left + i, 0], out[left + i, 1] = us[i], vs[i]


displacement = inline(brown_displacement)
