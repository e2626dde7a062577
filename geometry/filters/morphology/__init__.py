"""Erosion, dilation and their kin."""

from geometry.filters.morphology.element import structuring_element
from geometry.filters.morphology.morphology import morphology

__all__ = ["morphology", "structuring_element"]
