"""Cameras around a scene, and where they see it."""

import numpy as np

from geometry.cameras import projections_from_poses

K = np.array([[1000.0, 2.0, 510.0], [0.0, 990.0, 380.0], [0.0, 0.0, 1.0]])


def cross(v):
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])


def relation(left, right):
    """F by the epipole: F = [e']ₓ P' P⁺."""
    center = np.linalg.svd(left)[2][-1]
    return cross(right @ center) @ right @ np.linalg.pinv(left)


def cameras(rng, count, origin=(0, 0, 0), spread=1.0):
    """Projections (count, 3, 4) of cameras that look along z, roughly."""
    quaternions = np.c_[np.ones(count), rng.normal(0, 0.05, (count, 3))]
    centers = rng.normal(0, spread, (count, 3)) * (1, 1, 0.2) + origin
    return projections_from_poses(K, quaternions=quaternions, centers=centers)


def scene(rng, count, origin=(0, 0, 0)):
    return np.c_[rng.uniform(-2, 2, (count, 2)), rng.uniform(4, 9, count)] + origin


def images(projections, points):
    """(N, M, 2)."""
    x = np.einsum("nij,mj->nmi", np.asarray(projections), np.c_[points, np.ones(len(points))])
    return x[..., :2] / x[..., 2:]
