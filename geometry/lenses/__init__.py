"""Lenses: distortion models and their inverses."""

from geometry.lenses.camera import LensView, lens_view
from geometry.lenses.lens import LENS_MODELS, POINT_STATUS, Lens, lens_model
from geometry.lenses.points import LensPoints, distort_points, undistort_points

__all__ = [
    "LENS_MODELS",
    "POINT_STATUS",
    "Lens",
    "LensPoints",
    "LensView",
    "distort_points",
    "lens_model",
    "lens_view",
    "undistort_points",
]
