"""Kernels of the fisheye model, from the image to ideal points: Newton's method on the angle."""

import math

import numpy as np

from geometry.kernel import inline, kernel, routine
from geometry.lanes import LANES, Operand, lanes, load, select, store
from geometry.lenses.fisheye import CHUNK

_STEPS = 10
_SETTLED = 1e-12  # step after which Newton's next one would be below the rounding
_SOLVED = 1e-14  # error in radians up to which a solution counts as one
_BISECTIONS = 60


def _distance(theta: Operand, k: tuple[Operand, ...]) -> Operand:
    s = theta * theta
    return theta + theta * (s * (s * (s * (s * k[3] + k[2]) + k[1]) + k[0]))


_scalar_distance = inline(_distance)


@lanes
def _step(i: Operand, seen: Operand, distortion: Operand, limit: Operand, thetas: Operand, excess: Operand) -> None:
    """One step for a block, and how much too large it was to be the last; points whose last one is done stay.

    Out of range there is no step. What happens to a point does not depend on the others of its block.
    """
    k = tuple(load(distortion, at, 1) for at in range(4))
    theta, before = load(thetas, i), load(excess, i)
    s = theta * theta
    slope = s * (s * (s * (s * (9.0 * k[3]) + 7.0 * k[2]) + 5.0 * k[1]) + 3.0 * k[0]) + 1.0
    sound = (theta < limit) & (slope > 0.0) & (before > 0.0)
    step = (load(seen, i) - _distance(theta, k)) / select(sound, slope, 1.0)
    store(thetas, i, select(sound, theta + step, theta))
    store(excess, i, select(sound, step * step - _SETTLED**2, 0.0))


@routine
def _solve(distance, k, limit):  # type: ignore[no-untyped-def]
    """θ of θ_d by bisection, and its status."""
    low, high = 0.0, limit
    if not _scalar_distance(high, k) > distance:
        return high, 1
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if _scalar_distance(middle, k) < distance:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high), 0


@kernel("void(f8[:,::1], f8[:,::1], f8[::1], f8, f8[:,::1], i8, i8, f8[:,::1], u1[::1])")
def fisheye_undistort(rays, intrinsics, distortion, limit, points, start, stop, out, status):  # type: ignore[no-untyped-def]
    """Write output points of source points, with codes of POINT_STATUS. `rays` maps rays to output pixels."""
    k = (distortion[0], distortion[1], distortion[2], distortion[3])
    fx, skew, cx, fy, cy = intrinsics[0, 0], intrinsics[0, 1], intrinsics[0, 2], intrinsics[1, 1], intrinsics[1, 2]
    seen_x, seen_y, seen, thetas = np.zeros(CHUNK), np.zeros(CHUNK), np.zeros(CHUNK), np.zeros(CHUNK)
    excess = np.zeros(CHUNK)
    for left in range(start, stop, CHUNK):
        count = min(CHUNK, stop - left)
        for i in range(count):
            yd = (points[left + i, 1] - cy) / fy
            xd = (points[left + i, 0] - cx - skew * yd) / fx
            seen_x[i], seen_y[i], seen[i] = xd, yd, np.sqrt(xd * xd + yd * yd)
            thetas[i] = min(seen[i], 0.5 * limit)
        excess[:] = 1.0
        for block in range(0, count, LANES):
            for _ in range(_STEPS):
                _step(block, seen, distortion, limit, thetas, excess)
                pending = False
                for i in range(block, block + LANES):
                    pending |= not excess[i] <= 0.0
                if not pending:
                    break
        for i in range(count):
            at = left + i
            theta, code = thetas[i], 0
            error = abs(_scalar_distance(theta, k) - seen[i])
            if not (0.0 <= theta < limit and error <= _SOLVED * (1.0 + seen[i])):
                theta, code = _solve(seen[i], k, limit)
            sine, z = math.sin(theta), math.cos(theta)
            factor = sine / seen[i] if seen[i] > 0.0 else 1.0
            x, y = seen_x[i] * factor, seen_y[i] * factor
            w = rays[2, 0] * x + rays[2, 1] * y + rays[2, 2] * z
            u = rays[0, 0] * x + rays[0, 1] * y + rays[0, 2] * z
            v = rays[1, 0] * x + rays[1, 1] * y + rays[1, 2] * z
            if code == 0 and not w > 0.0:
                code = 2
            status[at] = code
            out[at, 0] = u / w if code == 0 else np.nan
            out[at, 1] = v / w if code == 0 else np.nan
