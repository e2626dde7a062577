"""Stereo pairs, and what maps and matrices do to points."""

import numpy as np

K_LEFT = np.array([[100.0, 0, 64], [0, 101, 36], [0, 0, 1]])
K_RIGHT = np.array([[95.0, 0.15, 65], [0, 96, 35], [0, 0, 1]])
SIZE = (128, 72)


def turn(x, y, z):
    """A rotation by Euler angles, radians."""
    (cx, cy, cz), (sx, sy, sz) = np.cos([x, y, z]), np.sin([x, y, z])
    return (
        np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    )


def project(K, points):
    x = points @ np.asarray(K).T
    return x[:, :2] / x[:, 2:]


def apply(H, points):
    x = np.c_[points, np.ones(len(points))] @ np.asarray(H).T
    return x[:, :-1] / x[:, -1:]


def scene(seed, count=60):
    rng = np.random.default_rng(seed)
    return np.c_[rng.uniform(-1, 1, (count, 2)), rng.uniform(3, 6, count)]


def relation(R, t, left=K_LEFT, right=K_RIGHT):
    cross = np.array([[0, -t[2], t[1]], [t[2], 0, -t[0]], [-t[1], t[0], 0]])
    return np.linalg.inv(right).T @ cross @ R @ np.linalg.inv(left)
