"""Correspondences that the tests of homographies share."""

import numpy as np

PERSPECTIVE = np.array([[0.97, -0.06, 120.0], [0.05, 0.99, -60.0], [6e-5, 4e-5, 1.0]])


def mapped(h, points):
    """The points (N, 2) through the homography h."""
    image = np.column_stack([points, np.ones(len(points))]) @ np.asarray(h).T
    return image[:, :2] / image[:, 2:]


def unit(h):
    """The matrix with unit Frobenius norm."""
    return h / np.linalg.norm(h)


def correspondences(count, *, wrong=0, noise=0.3, seed=0):
    """Points of a full HD picture and their noisy images; the first `wrong` images are anywhere."""
    rng = np.random.default_rng(seed)
    source = rng.uniform(0, 1, (count, 2)) * (1920, 1080)
    target = mapped(PERSPECTIVE, source) + rng.normal(0, noise, (count, 2))
    target[:wrong] = rng.uniform(0, 1, (wrong, 2)) * (1920, 1080)
    return source, target
