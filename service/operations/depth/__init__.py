"""Operations on depth maps."""

from typing import Any

from service.operation import Operation
from service.operations.depth.depth_consistency import DEPTH_CONSISTENCY
from service.operations.depth.depth_discontinuities import DEPTH_DISCONTINUITIES
from service.operations.depth.depth_normals import DEPTH_NORMALS
from service.operations.depth.depth_to_points import DEPTH_TO_POINTS
from service.operations.depth.fuse_depth import FUSE_DEPTH
from service.operations.depth.reproject_depth import REPROJECT_DEPTH
from service.operations.depth.scatter_points import SCATTER_POINTS

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    REPROJECT_DEPTH,
    FUSE_DEPTH,
    DEPTH_CONSISTENCY,
    DEPTH_TO_POINTS,
    SCATTER_POINTS,
    DEPTH_NORMALS,
    DEPTH_DISCONTINUITIES,
)
