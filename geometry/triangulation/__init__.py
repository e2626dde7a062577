"""Points in space from where cameras see them."""

from geometry.triangulation.points import TRIANGULATION_STATUS, Triangulation, triangulate

__all__ = ["TRIANGULATION_STATUS", "Triangulation", "triangulate"]
