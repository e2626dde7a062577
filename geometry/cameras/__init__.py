"""Cameras: projections from intrinsics and poses, and back."""

from geometry.cameras.decomposition import DECOMPOSITION_STATUS, DecomposedProjections, decompose_projection
from geometry.cameras.poses import projections_from_poses

__all__ = ["DECOMPOSITION_STATUS", "DecomposedProjections", "decompose_projection", "projections_from_poses"]
