"""Warping of images."""

from geometry.warp.perspective import Warped, warp_perspective

__all__ = ["Warped", "warp_perspective"]
