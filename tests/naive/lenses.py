"""Lens models by their definition, one point at a time, in plain floats."""

from math import atan2, cos, hypot, isinf, nan, pi, sin, sqrt


def brown(x, y, k):
    """Normalized coordinates with distortion."""
    k1, k2, p1, p2, k3, k4, k5, k6 = [*k, 0, 0, 0, 0][:8]
    s = x * x + y * y
    radial = (1 + k1 * s + k2 * s**2 + k3 * s**3) / (1 + k4 * s + k5 * s**2 + k6 * s**3)
    return (
        x * radial + 2 * p1 * x * y + p2 * (s + 2 * x * x),
        y * radial + p1 * (s + 2 * y * y) + 2 * p2 * x * y,
    )


def fisheye(x, y, z, k):
    """Normalized coordinates of a ray with distortion."""
    r = hypot(x, y)
    theta = atan2(r, z)
    distance = theta + sum(k[n] * theta ** (2 * n + 3) for n in range(4))
    return (x * distance / r, y * distance / r) if r > 0 else (0.0, 0.0)


def radial(r, model, k):
    """The distance from the axis that radius r (brown) or angle r (fisheye) is moved to, without tangential parts."""
    if model == "fisheye":
        return r + sum(k[n] * r ** (2 * n + 3) for n in range(4))
    s = r * r
    k1, k2, _, _, k3, k4, k5, k6 = [*k, 0, 0, 0, 0][:8]
    below = 1 + k4 * s + k5 * s**2 + k6 * s**3
    return r * (1 + k1 * s + k2 * s**2 + k3 * s**3) / below if below > 0 else nan


def last_radius(model, k, end=4.0, steps=40_000):
    """The radius up to which the radial part grows, to a step; infinite (fisheye: π) if it grows to the end."""
    before = 0.0
    end = pi if model == "fisheye" else end
    for n in range(1, steps + 1):
        value = radial(end * n / steps, model, k)
        if not value > before:
            return end * (n - 1) / steps
        before = value
    return pi if model == "fisheye" else float("inf")


def solved(matrix, x, y):
    """The inverse of an upper triangular matrix times (x, y, 1)."""
    (fx, skew, cx), (_, fy, cy), _ = matrix
    b = (y - cy) / fy
    return (x - cx - skew * b) / fx, b


def distort(points, K, k, model="brown", new_K=None, R=None):
    """Image points of points of the view; None behind the camera or beyond the last radius."""
    new_K = K if new_K is None else new_K
    last = last_radius(model, k)
    found = []
    for p, q in points:
        x, y = solved(new_K, p, q)
        z = 1.0
        if R is not None:
            # R⁻¹ = Rᵀ
            x, y, z = (sum(R[j][i] * value for j, value in enumerate((x, y, 1.0))) for i in range(3))
        if model == "fisheye":
            beyond = atan2(hypot(x, y), z) >= last
            seen = fisheye(x, y, z, k)
        else:
            beyond = z <= 0 or (not isinf(last) and hypot(x, y) / z >= last)
            seen = (nan, nan) if z <= 0 else brown(x / z, y / z, k)
        (fx, skew, cx), (_, fy, cy), _ = K
        found.append(None if beyond else (fx * seen[0] + skew * seen[1] + cx, fy * seen[1] + cy))
    return found


def ray(theta, phi):
    return sin(theta) * cos(phi), sin(theta) * sin(phi), cos(theta)


def turn(axis, angle):
    """The rotation about an axis (Rodrigues)."""
    n = sqrt(sum(a * a for a in axis))
    x, y, z = (a / n for a in axis)
    c, s = cos(angle), sin(angle)
    d = 1 - c
    return [
        [c + x * x * d, x * y * d - z * s, x * z * d + y * s],
        [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
        [z * x * d - y * s, z * y * d + x * s, c + z * z * d],
    ]
