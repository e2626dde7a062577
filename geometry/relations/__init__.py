"""Relations of two and three views: fundamental matrices of pairs and rigs, epipolar geometry, trifocal tensors."""

from geometry.relations.between_views import PLANE_STATUS, ViewHomographies, homography_between_views
from geometry.relations.centres import PAIR_STATUS
from geometry.relations.epipolar_distance import DISTANCE_STATUS, EpipolarDistances, epipolar_distance
from geometry.relations.epipolar_lines import LINE_STATUS, EpipolarLines, epipolar_lines
from geometry.relations.essential import Essential, RelativePoses, decompose_essential, essential
from geometry.relations.flags import epipole_flags
from geometry.relations.from_pose import fundamental_from_pose
from geometry.relations.fundamental import (
    FundamentalAll,
    FundamentalBlock,
    FundamentalPairs,
    fundamental,
    fundamental_all,
    fundamental_block,
    fundamental_pairs,
)
from geometry.relations.rig import Rig
from geometry.relations.transfer import TRANSFER_STATUS, Transferred, trifocal_transfer
from geometry.relations.trifocal import TRIPLET_STATUS, TrifocalTensors, trifocal

__all__ = [
    "DISTANCE_STATUS",
    "LINE_STATUS",
    "PAIR_STATUS",
    "PLANE_STATUS",
    "TRANSFER_STATUS",
    "TRIPLET_STATUS",
    "EpipolarDistances",
    "EpipolarLines",
    "Essential",
    "FundamentalAll",
    "FundamentalBlock",
    "FundamentalPairs",
    "RelativePoses",
    "Rig",
    "Transferred",
    "TrifocalTensors",
    "ViewHomographies",
    "decompose_essential",
    "epipolar_distance",
    "epipolar_lines",
    "epipole_flags",
    "essential",
    "fundamental",
    "fundamental_all",
    "fundamental_block",
    "fundamental_from_pose",
    "fundamental_pairs",
    "homography_between_views",
    "trifocal",
    "trifocal_transfer",
]
