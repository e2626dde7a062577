"""Kernels of the Brown–Conrady model, from the image to ideal points: Newton's method with the analytic Jacobian."""

import numpy as np

from geometry.kernel import inline, kernel, routine
from geometry.lanes import LANES, Operand, lanes, load, select, store
from geometry.lenses.brown import CHUNK, brown_coefficients, brown_displacement, displacement

_STEPS = 10
_SETTLED = 1e-12  # step after which Newton's next one would be below the rounding
_SOLVED = 1e-14  # error in normalized coordinates up to which a solution counts as one
_BISECTIONS = 60
_DAMPED_STEPS = 60
_RETREATS = 100  # by a quarter each, towards the axis, where every lens is one-to-one
_SMALLEST_PART = 2.0**-20  # of a step


@lanes
def _step(
    i: Operand, seen_x: Operand, seen_y: Operand, distortion: Operand, limit: Operand, xs: Operand, ys: Operand,
    excess: Operand,
) -> None:  # fmt: skip
    """One step for a block, and how much too large it was to be the last; points whose last one is done stay.

    Out of range there is no step. What happens to a point does not depend on the others of its block.
    """
    x, y, before = load(xs, i), load(ys, i), load(excess, i)
    dx, dy, a, b, c = brown_displacement(x, y, brown_coefficients(distortion))
    e, f = x + dx - load(seen_x, i), y + dy - load(seen_y, i)
    determinant = a * c - b * b
    sound = (x * x + y * y < limit) & (determinant > 0.0)
    inverse = select(sound & (before > 0.0), 1.0 / select(sound, determinant, 1.0), 0.0)
    across, down = (b * f - c * e) * inverse, (b * e - a * f) * inverse
    store(xs, i, x + across)
    store(ys, i, y + down)
    now = across * across + down * down - (x * x + y * y + 1.0) * _SETTLED**2
    store(excess, i, select(before > 0.0, now, before))


@lanes
def _check(
    i: Operand, seen_x: Operand, seen_y: Operand, distortion: Operand, limit: Operand, xs: Operand, ys: Operand,
    excess: Operand,
) -> None:  # fmt: skip
    """How much too large the errors of a block are for solutions; 1 out of range."""
    x, y, xd, yd = load(xs, i), load(ys, i), load(seen_x, i), load(seen_y, i)
    dx, dy, a, b, c = brown_displacement(x, y, brown_coefficients(distortion))
    e, f = x + dx - xd, y + dy - yd
    sound = (x * x + y * y < limit) & (a * c - b * b > 0.0)
    store(excess, i, select(sound, e * e + f * f - (xd * xd + yd * yd + 1.0) * _SOLVED**2, 1.0))


@inline
def _residual(x, y, xd, yd, k, limit):  # type: ignore[no-untyped-def]
    """Newton's step from (x, y) to the point that is seen at (xd, yd); squared error; whether (x, y) is in range."""
    dx, dy, a, b, c = displacement(x, y, k)
    e, f = x + dx - xd, y + dy - yd
    determinant = a * c - b * b
    sound = x * x + y * y < limit and determinant > 0.0
    inverse = 1.0 / determinant if sound else 0.0
    return (b * f - c * e) * inverse, (b * e - a * f) * inverse, e * e + f * f, sound


@inline
def _falls_short(r, distance, k):  # type: ignore[no-untyped-def]
    """Whether the radial part moves radius r to less than `distance`."""
    s = r * r
    above = 1.0 + s * (k[0] + s * (k[1] + s * k[4]))
    below = 1.0 + s * (k[5] + s * (k[6] + s * k[7]))
    return r * above < distance * below


@inline
def _radius(distance, k, limit):  # type: ignore[no-untyped-def]
    """The radius that the radial part alone moves to `distance`, and whether there is one; if not, the last one."""
    low, high = 0.0, np.sqrt(limit) * (1.0 - 2.0**-50)
    if limit < np.inf:
        if _falls_short(high, distance, k):
            return high, False
    else:
        high = max(distance, 1.0)
        while _falls_short(high, distance, k):
            low, high = high, 2.0 * high
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if _falls_short(middle, distance, k):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high), True


@routine
def _solve(xd, yd, k, limit):  # type: ignore[no-untyped-def]
    """The point that is seen at (xd, yd), from the radial solution by steps that stay in range; its status."""
    distance = np.sqrt(xd * xd + yd * yd)
    r, reached = _radius(distance, k, limit)
    if not reached and k[2] == 0.0 and k[3] == 0.0:
        return xd, yd, 1
    factor = r / distance if distance > 0.0 else 1.0
    x, y = xd * factor, yd * factor
    tolerance = _SOLVED * _SOLVED * (1.0 + distance * distance)
    across, down, error, sound = _residual(x, y, xd, yd, k, limit)
    for _ in range(_RETREATS):
        if sound:
            break
        x, y = 0.75 * x, 0.75 * y
        across, down, error, sound = _residual(x, y, xd, yd, k, limit)
    if not sound:
        return x, y, 3
    for _ in range(_DAMPED_STEPS):
        part, moved = 1.0, False
        while part > _SMALLEST_PART and not moved:
            p, q = x + part * across, y + part * down
            next_across, next_down, next_error, inside = _residual(p, q, xd, yd, k, limit)
            moved = inside and next_error < error
            part *= 0.5
        if not moved:
            # At the end of the range no step leads on: nothing before the fold is seen there.
            return x, y, 0 if error <= tolerance else 1
        x, y, across, down, error = p, q, next_across, next_down, next_error
    return x, y, 0 if error <= tolerance else 3


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[::1], f8, f8[:,::1], i8, i8, f8[:,::1], u1[::1])")
def brown_undistort(rays, plain, intrinsics, distortion, limit, points, start, stop, out, status):  # type: ignore[no-untyped-def]
    """Write output points of source points, with codes of POINT_STATUS.

    `rays` maps the camera's rays to output pixels, `plain` source pixels without distortion.
    """
    k = (
        distortion[0], distortion[1], distortion[2], distortion[3], distortion[4], distortion[5], distortion[6],
        distortion[7],
    )  # fmt: skip
    fx, skew, cx, fy, cy = intrinsics[0, 0], intrinsics[0, 1], intrinsics[0, 2], intrinsics[1, 1], intrinsics[1, 2]
    seen_x, seen_y, xs, ys = np.zeros(CHUNK), np.zeros(CHUNK), np.zeros(CHUNK), np.zeros(CHUNK)
    excess = np.zeros(CHUNK)
    for left in range(start, stop, CHUNK):
        count = min(CHUNK, stop - left)
        for i in range(count):
            yd = (points[left + i, 1] - cy) / fy
            xd = (points[left + i, 0] - cx - skew * yd) / fx
            seen_x[i], seen_y[i], xs[i], ys[i] = xd, yd, xd, yd
        excess[:] = 1.0
        for block in range(0, count, LANES):
            for _ in range(_STEPS):
                _step(block, seen_x, seen_y, distortion, limit, xs, ys, excess)
                pending = False
                for i in range(block, block + LANES):
                    pending |= not excess[i] <= 0.0
                if not pending:
                    break
            _check(block, seen_x, seen_y, distortion, limit, xs, ys, excess)
        for i in range(count):
            at = left + i
            code = 0
            if not excess[i] <= 0.0:
                xs[i], ys[i], code = _solve(seen_x[i], seen_y[i], k, limit)
            p, q, dx, dy = points[at, 0], points[at, 1], xs[i] - seen_x[i], ys[i] - seen_y[i]
            w = plain[2, 0] * p + plain[2, 1] * q + plain[2, 2] + (rays[2, 0] * dx + rays[2, 1] * dy)
            u = plain[0, 0] * p + plain[0, 1] * q + plain[0, 2] + (rays[0, 0] * dx + rays[0, 1] * dy)
            v = plain[1, 0] * p + plain[1, 1] * q + plain[1, 2] + (rays[1, 0] * dx + rays[1, 1] * dy)
            if code == 0 and not w > 0.0:
                code = 2
            status[at] = code
            out[at, 0] = u / w if code == 0 else np.nan
            out[at, 1] = v / w if code == 0 else np.nan
