"""Rays of pixels: what relates those of two cameras, where two meet, and the angles between them."""

import numpy as np

from geometry.kernel import inline, routine


@inline
def fundamental_of_rays(rays, centers, left, right, F):  # type: ignore[no-untyped-def]
    """F = M_right⁻ᵀ [C_left − C_right]ₓ M_left⁻¹."""
    x, y, z = (
        centers[left, 0] - centers[right, 0],
        centers[left, 1] - centers[right, 1],
        centers[left, 2] - centers[right, 2],
    )
    for j in range(3):
        a, b, c = rays[left, 0, j], rays[left, 1, j], rays[left, 2, j]
        p, q, r = y * c - z * b, z * a - x * c, x * b - y * a
        for i in range(3):
            F[i, j] = rays[right, 0, i] * p + rays[right, 1, i] * q + rays[right, 2, i] * r


@inline
def meeting_point(rays, centers, left, right, near, X):  # type: ignore[no-untyped-def]
    """Write the homogeneous point where two rays meet: C + d (b × d')·(d × d') / |d × d'|², b = C' − C."""
    along, size = 0.0, 0.0
    d = (
        rays[left, 0, 0] * near[0, 0] + rays[left, 0, 1] * near[0, 1] + rays[left, 0, 2],
        rays[left, 1, 0] * near[0, 0] + rays[left, 1, 1] * near[0, 1] + rays[left, 1, 2],
        rays[left, 2, 0] * near[0, 0] + rays[left, 2, 1] * near[0, 1] + rays[left, 2, 2],
    )
    e = (
        rays[right, 0, 0] * near[1, 0] + rays[right, 0, 1] * near[1, 1] + rays[right, 0, 2],
        rays[right, 1, 0] * near[1, 0] + rays[right, 1, 1] * near[1, 1] + rays[right, 1, 2],
        rays[right, 2, 0] * near[1, 0] + rays[right, 2, 1] * near[1, 1] + rays[right, 2, 2],
    )
    b = (
        centers[right, 0] - centers[left, 0],
        centers[right, 1] - centers[left, 1],
        centers[right, 2] - centers[left, 2],
    )
    for k in range(3):
        j, m = (k + 1) % 3, (k + 2) % 3
        cross = d[j] * e[m] - d[m] * e[j]
        size += cross * cross
        along += cross * (b[j] * e[m] - b[m] * e[j])
    for k in range(3):
        X[k] = size * centers[left, k] + along * d[k]
    X[3] = size


@routine
def widest_angle(centers, views, count, X, directions):  # type: ignore[no-untyped-def]
    """The widest angle between two rays of a finite point."""
    sine, cosine = 0.0, 1.0  # squared, times the same
    for i in range(count):
        for k in range(3):
            directions[i, k] = X[k] - centers[views[i], k]
        for h in range(i):
            across, along = 0.0, 0.0
            for k in range(3):
                j, m = (k + 1) % 3, (k + 2) % 3
                cross = directions[h, j] * directions[i, m] - directions[h, m] * directions[i, j]
                across += cross * cross
                along += directions[h, k] * directions[i, k]
            if across * cosine > sine * (along * along):
                sine, cosine = across, along * along
    return np.arctan2(np.sqrt(sine), np.sqrt(cosine))
