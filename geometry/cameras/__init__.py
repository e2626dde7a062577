"""Cameras: projections from poses, and the two-view geometry of pairs and rigs."""

from geometry.cameras.centres import PAIR_STATUS
from geometry.cameras.fundamental import (
    FundamentalAll,
    FundamentalPairs,
    fundamental,
    fundamental_all,
    fundamental_pairs,
)
from geometry.cameras.poses import projections_from_poses
from geometry.cameras.rig import Rig

__all__ = [
    "PAIR_STATUS",
    "FundamentalAll",
    "FundamentalPairs",
    "Rig",
    "fundamental",
    "fundamental_all",
    "fundamental_pairs",
    "projections_from_poses",
]
