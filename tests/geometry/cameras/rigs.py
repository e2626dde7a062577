"""Cameras that the tests of this family share."""

import numpy as np

from geometry.cameras import projections_from_poses

U = 2.0**-53  # unit roundoff of float64
K = np.array([[1500.0, 0.5, 1010.0], [0.0, 1490.0, 770.0], [0.0, 0.0, 1.0]])
IDENTITY = np.eye(4)[:3]


def rotations(count, seed):
    quaternions = np.random.default_rng(seed).normal(size=(count, 4))
    return projections_from_poses(np.eye(3), np.zeros((count, 3)), quaternions=quaternions)[:, :, :3]


def rig(count, seed, offset=0.0, spread=10.0):
    rng = np.random.default_rng(seed)
    centers = offset + spread * rng.uniform(-1, 1, (count, 3))
    return projections_from_poses(K, rotations=rotations(count, seed), centers=centers)


def project(cameras, points):
    """Pixels (N, M, 2) of world points (M, 3)."""
    seen = np.einsum("nij,mj->nmi", cameras, np.c_[points, np.ones(len(points))])
    return seen[..., :2] / seen[..., 2:]
