"""Which views cannot see anything of each other's readings: every one of them is behind the other or outside."""

import numpy as np

from geometry.depth.multiview.inverse import InverseDepth
from geometry.inputs import Array

_ROUNDING = 1e-9  # of the length of a product that must be negative to count


def _corners(view: InverseDepth) -> Array:
    """(4, 3) directions X / Z, Y / Z, 1 of a quadrangle that holds all rays of the image, pixels to their borders."""
    lines, columns = view.nearness.shape
    optics = view.view.optics
    if optics.lens is None:
        borders = np.array([(x, y, 1.0) for y in (-0.5, lines - 0.5) for x in (-0.5, columns - 0.5)])
        return np.linalg.solve(optics.intrinsics, borders.T).T
    rays = optics.rays(lines, columns)
    known = rays[np.isfinite(rays).all(axis=2)]
    if len(known) == 0:
        return np.array([(x, y, 1.0) for y in (-1e9, 1e9) for x in (-1e9, 1e9)])
    steps = [np.abs(np.diff(rays, axis=axis)).reshape(-1, 2) for axis in (0, 1)]
    widest = np.nanmax(np.concatenate([*steps, np.zeros((1, 2))]), axis=0, initial=0.0)
    widest += 1 / np.diag(optics.intrinsics)[:2]
    (left, top), (right, bottom) = known.min(axis=0) - widest, known.max(axis=0) + widest
    return np.array([(x, y, 1.0) for y in (top, bottom) for x in (left, right)])


def _sides(corners: Array) -> Array:
    """(5, 3) normals n, n · X ≥ 0 within the pyramid over the corners, and before the camera."""
    top_left, top_right, bottom_left, bottom_right = corners
    edges = [(top_left, top_right), (top_right, bottom_right), (bottom_right, bottom_left), (bottom_left, top_left)]
    return np.array([*(np.cross(one, other) for one, other in edges), (0.0, 0.0, 1.0)])


def blind_pairs(views: list[InverseDepth]) -> Array:
    """(N, N) bool: where it is sure that view j sees no reading of view i; True throughout if i has none.

    Between its nearest and furthest reading, view i is a pyramid cut off; j is blind to it if all of its corners lie
    beyond one side of j's pyramid.
    """
    corners = np.stack([_corners(view) for view in views])
    sides = np.stack([_sides(quadrangle) for quadrangle in corners])
    rotations = np.stack([view.view.rotation for view in views])
    translations = np.stack([view.view.translation for view in views])
    normals = np.einsum("jsk,jkl->jsl", sides, rotations)
    offsets = np.einsum("jsk,jk->js", sides, translations)
    blind = np.ones((len(views), len(views)), bool)
    for number, view in enumerate(views):
        if view.furthest == 0.0:
            continue
        ends = np.concatenate([corners[number] * view.nearest, corners[number] * view.furthest])
        world = (ends - translations[number]) @ rotations[number]
        distances = np.einsum("jsl,kl->jsk", normals, world) + offsets[:, :, np.newaxis]
        lengths = np.sqrt((normals**2).sum(axis=2))[:, :, np.newaxis]
        sizes = lengths * np.sqrt((world**2).sum(axis=1)) + np.abs(offsets)[:, :, np.newaxis]
        blind[number] = (distances < -_ROUNDING * sizes).all(axis=2).any(axis=1)
    return blind
