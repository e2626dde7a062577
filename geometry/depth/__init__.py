"""Depth: readings as points in space, and as another camera would see them."""

from geometry.depth.multiview.comparison import CONSISTENCY_REASONS
from geometry.depth.multiview.consistency import PAIR_STATUS, DepthConsistency, depth_consistency
from geometry.depth.multiview.fusion import FUSION_STATUS, FusedDepth, fuse_depth, stack_rows
from geometry.depth.reprojection.reproject import reproject_depth
from geometry.depth.reprojection.result import DEPTH_STATUS, SOURCE_STATUS, Fates, ReprojectedDepth
from geometry.depth.reprojection.surface import surface_count
from geometry.depth.scattering.scatter import PointFates, ScatteredPoints, scatter_points, scattered_dtype
from geometry.depth.surfaces.discontinuities import DISCONTINUITY_STATUS, DepthDiscontinuities, depth_discontinuities
from geometry.depth.surfaces.normals import NORMAL_STATUS, DepthNormals, depth_normals
from geometry.depth.surfaces.points import DepthPoints, depth_to_points

__all__ = [
    "CONSISTENCY_REASONS",
    "DEPTH_STATUS",
    "DISCONTINUITY_STATUS",
    "FUSION_STATUS",
    "NORMAL_STATUS",
    "PAIR_STATUS",
    "SOURCE_STATUS",
    "DepthConsistency",
    "DepthDiscontinuities",
    "DepthNormals",
    "DepthPoints",
    "Fates",
    "FusedDepth",
    "PointFates",
    "ReprojectedDepth",
    "ScatteredPoints",
    "depth_consistency",
    "depth_discontinuities",
    "depth_normals",
    "depth_to_points",
    "fuse_depth",
    "reproject_depth",
    "scatter_points",
    "scattered_dtype",
    "stack_rows",
    "surface_count",
]
