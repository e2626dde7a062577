"""Operations on cameras and relations between them."""

from typing import Any

from service.operation import Operation
from service.operations.cameras.fundamental import FUNDAMENTAL
from service.operations.cameras.fundamental_all import FUNDAMENTAL_ALL
from service.operations.cameras.fundamental_pairs import FUNDAMENTAL_PAIRS
from service.operations.cameras.projections_from_poses import PROJECTIONS_FROM_POSES

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    FUNDAMENTAL,
    FUNDAMENTAL_PAIRS,
    FUNDAMENTAL_ALL,
    PROJECTIONS_FROM_POSES,
)
