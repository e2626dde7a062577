"""Warping of images."""

from geometry.warp.patches import CroppedPatches, crop_patches
from geometry.warp.perspective import warp_affine, warp_perspective
from geometry.warp.quad import CroppedQuad, QuadLayout, crop_quad, quad_layout
from geometry.warp.remap import remap
from geometry.warp.stack import InterpolatedStack, interpolate_stack
from geometry.warp.undistort import Undistorted, undistort
from geometry.warp.vectors import rotate_vectors
from geometry.warp.warped import Warped

__all__ = [
    "CroppedPatches",
    "CroppedQuad",
    "InterpolatedStack",
    "QuadLayout",
    "Undistorted",
    "Warped",
    "crop_patches",
    "crop_quad",
    "interpolate_stack",
    "quad_layout",
    "remap",
    "rotate_vectors",
    "undistort",
    "warp_affine",
    "warp_perspective",
]
