"""Operations on cameras and relations between them."""

from typing import Any

from service.operation import Operation
from service.operations.cameras.decompose_projection import DECOMPOSE_PROJECTION
from service.operations.cameras.epipolar_distance import EPIPOLAR_DISTANCE
from service.operations.cameras.epipolar_lines import EPIPOLAR_LINES
from service.operations.cameras.essential import DECOMPOSE_ESSENTIAL, ESSENTIAL
from service.operations.cameras.fundamental import FUNDAMENTAL
from service.operations.cameras.fundamental_all import FUNDAMENTAL_ALL
from service.operations.cameras.fundamental_block import FUNDAMENTAL_BLOCK
from service.operations.cameras.fundamental_from_pose import FUNDAMENTAL_FROM_POSE
from service.operations.cameras.fundamental_pairs import FUNDAMENTAL_PAIRS
from service.operations.cameras.homography_between_views import HOMOGRAPHY_BETWEEN_VIEWS
from service.operations.cameras.projections_from_poses import PROJECTIONS_FROM_POSES
from service.operations.cameras.rectify_stereo import RECTIFY_STEREO
from service.operations.cameras.rectify_uncalibrated import RECTIFY_UNCALIBRATED
from service.operations.cameras.sample_pairs import SAMPLE_PAIRS
from service.operations.cameras.triangulate import TRIANGULATE
from service.operations.cameras.trifocal import TRIFOCAL
from service.operations.cameras.trifocal_transfer import TRIFOCAL_TRANSFER
from service.operations.cameras.view_graph import VIEW_GRAPH

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    FUNDAMENTAL,
    FUNDAMENTAL_PAIRS,
    FUNDAMENTAL_ALL,
    FUNDAMENTAL_BLOCK,
    FUNDAMENTAL_FROM_POSE,
    ESSENTIAL,
    DECOMPOSE_ESSENTIAL,
    TRIFOCAL,
    TRIFOCAL_TRANSFER,
    HOMOGRAPHY_BETWEEN_VIEWS,
    PROJECTIONS_FROM_POSES,
    DECOMPOSE_PROJECTION,
    EPIPOLAR_LINES,
    EPIPOLAR_DISTANCE,
    TRIANGULATE,
    RECTIFY_STEREO,
    RECTIFY_UNCALIBRATED,
    VIEW_GRAPH,
    SAMPLE_PAIRS,
)
