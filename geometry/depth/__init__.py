"""Depth: readings as points in space, and as another camera would see them."""

from geometry.depth.points import DepthPoints, depth_to_points
from geometry.depth.reproject import DEPTH_STATUS, Fates, ReprojectedDepth, reproject_depth

__all__ = ["DEPTH_STATUS", "DepthPoints", "Fates", "ReprojectedDepth", "depth_to_points", "reproject_depth"]
