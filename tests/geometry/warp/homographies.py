"""Homographies that the tests of warping share."""

import numpy as np

MILD = np.array([[1.02, 0.13, -1.3], [-0.07, 0.93, 1.7], [3e-3, -2e-3, 1.0]])


def rotation(degrees, centre):
    angle = np.deg2rad(degrees)
    c, s = np.cos(angle), np.sin(angle)
    x, y = centre
    return np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]])


def random_homography(rng, size):
    """Moves the corners of an image by up to 40 % of its size."""
    w, h = size
    source = np.array([[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]], float)
    target = source + rng.uniform(-0.4, 0.4, (4, 2)) * (w, h)
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    return np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)


def random_image(rng, shape, dtype):
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
