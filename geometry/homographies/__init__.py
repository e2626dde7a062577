"""Homographies from points, planes and parameters."""

from geometry.homographies.parameters import homography_from_parameters
from geometry.homographies.plane import homography_from_plane
from geometry.homographies.points import HomographyFit, homography_from_points

__all__ = ["HomographyFit", "homography_from_parameters", "homography_from_plane", "homography_from_points"]
