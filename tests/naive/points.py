"""Points, lines and cameras by their definitions: plain loops, singular vectors, polynomials."""

import itertools
import math

import numpy as np


def line_of(F, point, points_in):
    x = (*point, 1.0)
    return [sum((F[i][j] if points_in == "left" else F[j][i]) * x[j] for j in range(3)) for i in range(3)]


def distances(F, left, right):
    """All distances of one pair: left, right, symmetric, sampson."""
    n, o = line_of(F, left, "left"), line_of(F, right, "right")
    residual = abs(n[0] * right[0] + n[1] * right[1] + n[2])
    to_right, to_left = math.hypot(n[0], n[1]), math.hypot(o[0], o[1])
    return {
        "left": residual / to_left,
        "right": residual / to_right,
        "symmetric": math.hypot(residual / to_left, residual / to_right),
        "sampson": residual / math.hypot(n[0], n[1], o[0], o[1]),
    }


def crossings(line, box):
    """Where a line meets the four sides of a box (left, top, right, bottom)."""
    a, b, c = line
    left, top, right, bottom = box
    found = []
    for x in (left, right):
        if b != 0 and top <= -(a * x + c) / b <= bottom:
            found.append((x, -(a * x + c) / b))
    for y in (top, bottom):
        if a != 0 and left <= -(b * y + c) / a <= right:
            found.append((-(b * y + c) / a, y))
    return found


def nearest_pair(F, left, right):
    """Hartley and Sturm 1997: the smallest sum of squared moves onto the constraint, by a polynomial of degree 6."""
    F = np.asarray(F, float)
    T, S = np.eye(3), np.eye(3)
    T[:2, 2], S[:2, 2] = left, right
    moved = S.T @ F @ T
    U, _, Vt = np.linalg.svd(moved)
    e, f = Vt[2] / np.hypot(*Vt[2, :2]), U[:, 2] / np.hypot(*U[:2, 2])
    R = np.array([[e[0], e[1], 0], [-e[1], e[0], 0], [0, 0, 1]])
    Q = np.array([[f[0], f[1], 0], [-f[1], f[0], 0], [0, 0, 1]])
    G = Q @ moved @ R.T
    p, q, a, b, c, d = e[2], f[2], G[1, 1], G[1, 2], G[2, 1], G[2, 2]
    poly = np.polynomial.Polynomial
    t, ab, cd = poly([0, 1]), poly([b, a]), poly([d, c])
    g = t * (ab**2 + q**2 * cd**2) ** 2 - (a * d - b * c) * (1 + p**2 * t**2) ** 2 * ab * cd

    def cost(t):
        return t**2 / (1 + p**2 * t**2) + (c * t + d) ** 2 / ((a * t + b) ** 2 + q**2 * (c * t + d) ** 2)

    stationary = [cost(root.real) for root in g.roots()]
    return min([*stationary, 1 / p**2 + c**2 / (a**2 + q**2 * c**2)] if p != 0 else stationary)


def linear_point(projections, seen):
    """The right singular vector of the smallest singular value of the stacked equations x P₃ − P₁, y P₃ − P₂."""
    rows = []
    for P, (x, y) in zip(projections, seen, strict=True):
        length = np.linalg.norm(P[2][:3])
        rows += [(x * np.array(P[2]) - P[0]) / length, (y * np.array(P[2]) - P[1]) / length]
    return np.linalg.svd(np.array(rows))[2][-1]


def image(P, point):
    x = np.asarray(P) @ np.append(point, 1.0)
    return x[:2] / x[2]


def squared_error(projections, seen, point):
    return sum(float(((image(P, point) - x) ** 2).sum()) for P, x in zip(projections, seen, strict=True))


def covariance(projections, point, sigma, step=1e-6):
    """σ² (Jᵀ J)⁻¹ with J by central differences."""
    rows = []
    for P in projections:
        columns = [(image(P, point + step * axis) - image(P, point - step * axis)) / (2 * step) for axis in np.eye(3)]
        rows.append(np.array(columns).T)
    J = np.concatenate(rows)
    return sigma**2 * np.linalg.inv(J.T @ J)


def widest_angle(centers, point):
    angles = []
    for a, b in itertools.combinations(centers, 2):
        u, v = np.asarray(point) - a, np.asarray(point) - b
        cosine = float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
        angles.append(math.acos(min(1.0, abs(cosine))))
    return max(angles)


def decomposition(P):
    """P = s K [R | t], row by row from below (Gram and Schmidt)."""
    P = np.asarray(P, float)
    M = P[:, :3] * (1 if np.linalg.det(P[:, :3]) > 0 else -1)
    r3 = M[2] / np.linalg.norm(M[2])
    r2 = M[1] - (M[1] @ r3) * r3
    r2 = r2 / np.linalg.norm(r2)
    r1 = np.cross(r2, r3)
    R = np.stack([r1, r2, r3])
    K = np.triu(M @ R.T)
    scale = K[2, 2] * (1 if np.linalg.det(P[:, :3]) > 0 else -1)
    return K / K[2, 2], R, np.linalg.solve(K / K[2, 2], P[:, 3] / scale), scale
