"""Cameras: projections from poses, and the two-view geometry of pairs and rigs."""

from geometry.cameras.between_views import PLANE_STATUS, ViewHomographies, homography_between_views
from geometry.cameras.centres import PAIR_STATUS
from geometry.cameras.decomposition import DECOMPOSITION_STATUS, DecomposedProjections, decompose_projection
from geometry.cameras.epipolar_distance import DISTANCE_STATUS, EpipolarDistances, epipolar_distance
from geometry.cameras.epipolar_lines import LINE_STATUS, EpipolarLines, epipolar_lines
from geometry.cameras.essential import Essential, RelativePoses, decompose_essential, essential
from geometry.cameras.flags import epipole_flags
from geometry.cameras.frusta import VIEW_STATUS
from geometry.cameras.fundamental import (
    FundamentalAll,
    FundamentalBlock,
    FundamentalPairs,
    fundamental,
    fundamental_all,
    fundamental_block,
    fundamental_pairs,
)
from geometry.cameras.poses import projections_from_poses
from geometry.cameras.rig import Rig
from geometry.cameras.sample_pairs import sample_pairs
from geometry.cameras.transfer import TRANSFER_STATUS, Transferred, trifocal_transfer
from geometry.cameras.triangulation import TRIANGULATION_STATUS, Triangulation, triangulate
from geometry.cameras.trifocal import TRIPLET_STATUS, TrifocalTensors, trifocal
from geometry.cameras.view_graph import ViewGraph, view_graph

__all__ = [
    "DECOMPOSITION_STATUS",
    "DISTANCE_STATUS",
    "LINE_STATUS",
    "PAIR_STATUS",
    "PLANE_STATUS",
    "TRANSFER_STATUS",
    "TRIANGULATION_STATUS",
    "TRIPLET_STATUS",
    "VIEW_STATUS",
    "DecomposedProjections",
    "EpipolarDistances",
    "EpipolarLines",
    "Essential",
    "FundamentalAll",
    "FundamentalBlock",
    "FundamentalPairs",
    "RelativePoses",
    "Rig",
    "Transferred",
    "Triangulation",
    "TrifocalTensors",
    "ViewGraph",
    "ViewHomographies",
    "decompose_essential",
    "decompose_projection",
    "epipolar_distance",
    "epipolar_lines",
    "epipole_flags",
    "essential",
    "fundamental",
    "fundamental_all",
    "fundamental_block",
    "fundamental_pairs",
    "homography_between_views",
    "projections_from_poses",
    "sample_pairs",
    "triangulate",
    "trifocal",
    "trifocal_transfer",
    "view_graph",
]
