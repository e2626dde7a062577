"""Depth: readings as points in space, and as another camera would see them."""

from geometry.depth.points import DepthPoints, depth_to_points
from geometry.depth.reproject import reproject_depth
from geometry.depth.result import DEPTH_STATUS, Fates, ReprojectedDepth
from geometry.depth.surface import surface_count

__all__ = [
    "DEPTH_STATUS",
    "DepthPoints",
    "Fates",
    "ReprojectedDepth",
    "depth_to_points",
    "reproject_depth",
    "surface_count",
]
