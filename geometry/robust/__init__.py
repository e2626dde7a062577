"""Estimation from data of which a part is wrong."""

from geometry.robust.ransac import Consensus, Problem, lo_ransac

__all__ = ["Consensus", "Problem", "lo_ransac"]
