"""How near splats come to the true depth of the target."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from geometry import reproject_depth
from tests.scenes.raytraced import PLANES, SPHERES, Traced, View, motion, near_silhouettes, project

SPLATS = ("nearest", "bilinear", "triangle")


class Splatted(NamedTuple):
    """A reprojection beside the truth; all (H, W) of the target."""

    error: np.ndarray
    """Depth over true depth − 1; NaN in holes."""
    filled: np.ndarray
    right: np.ndarray
    """Filled from the surface that is there."""
    planes: np.ndarray
    """On a flat surface, further than 2 px from any silhouette."""
    spheres: np.ndarray
    """On a round one, as far."""
    edges: np.ndarray
    """Within 2 px of a silhouette."""
    whole: np.ndarray
    """Filled from a reading whose neighbours are all on its surface."""
    visible: np.ndarray
    """The source sees that surface there, too."""
    carried: np.ndarray
    """(H, W, 3): colours, as far as they are filled."""


def splatted(source: View, seen: Traced, target: View, truth: Traced, splat: str, *, depth_kind: str = "z") -> Splatted:
    """Reproject exact depth and compare."""
    depth, true_depth = (seen.depth, truth.depth) if depth_kind == "z" else (seen.ray_depth, truth.ray_depth)
    lenses = {
        f"{side}_{name}": value
        for side, view in (("source", source), ("target", target))
        if view.model is not None
        for name, value in (("model", view.model), ("distortion", view.distortion))
    }
    found = reproject_depth(
        depth,
        source.intrinsics,
        target.intrinsics,
        motion(source, target),
        image=seen.colours,
        size=(target.width, target.height),
        splat=splat,
        depth_kind=depth_kind,
        **lenses,
    )
    assert found.image is not None
    filled = found.source_index >= 0
    index = np.maximum(found.source_index, 0)
    thing, edges = truth.surface // 8, near_silhouettes(truth.surface)
    return Splatted(
        found.depth / true_depth - 1,
        filled,
        filled & (seen.surface.ravel()[index] == truth.surface),
        np.isin(thing, list(PLANES)) & ~edges,
        np.isin(thing, list(SPHERES)) & ~edges,
        edges,
        filled & ~near_silhouettes(seen.surface, 1).ravel()[index],
        visible_from(source, seen, truth),
        found.image,
    )


def visible_from(source: View, seen: Traced, truth: Traced) -> np.ndarray:
    """Whether the source, in its nearest pixel, sees the surface that the target sees at each of its own."""
    pixels, z = project(source, truth.points)
    column, row = (np.floor(pixels[..., axis] + 0.5) for axis in (0, 1))
    inside = (z > 0) & (column >= 0) & (column < source.width) & (row >= 0) & (row < source.height)
    x, y = (np.where(inside, a, 0).astype(int) for a in (column, row))
    return inside & (seen.surface[y, x] == truth.surface)


def summary(results: list[Splatted]) -> dict[str, float]:
    """Figures over several pairs: shares, and quantiles of relative errors where the source sees the surface, too."""
    filled, right, visible, error = (
        np.concatenate([getattr(one, name).ravel() for one in results])
        for name in ("filled", "right", "visible", "error")
    )
    figures = {"filled": filled[visible].mean(), "wrong": (filled & ~right).sum() / filled.sum()}
    for name in ("planes", "spheres", "edges"):
        where = right & visible & np.concatenate([getattr(one, name).ravel() for one in results])
        figures[name], figures[f"{name} 99 %"] = np.quantile(np.abs(error[where]), [0.5, 0.99])
    return {name: float(figure) for name, figure in figures.items()}


def neighbours(views: tuple[View, ...]) -> Iterator[tuple[int, int]]:
    """Each camera of a ring to the next on either side."""
    for number in range(len(views)):
        yield number, (number + 1) % len(views)
        yield number, (number - 1) % len(views)
