"""Stereo pairs whose rows match: by calibration, or from point matches alone."""

from geometry.stereo.rectification import RectifiedStereo, rectify_stereo
from geometry.stereo.uncalibrated import UncalibratedRectification, rectify_uncalibrated

__all__ = [
    "RectifiedStereo",
    "UncalibratedRectification",
    "rectify_stereo",
    "rectify_uncalibrated",
]
