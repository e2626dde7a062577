"""Operations that move pixels."""

from typing import Any

from service.operation import Operation
from service.operations.warp.perspective import WARP_PERSPECTIVE

OPERATIONS: tuple[Operation[Any, Any], ...] = (WARP_PERSPECTIVE,)
