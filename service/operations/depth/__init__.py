"""Operations on depth maps."""

from typing import Any

from service.operation import Operation
from service.operations.depth.depth_to_points import DEPTH_TO_POINTS
from service.operations.depth.reproject_depth import REPROJECT_DEPTH

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    REPROJECT_DEPTH,
    DEPTH_TO_POINTS,
)
