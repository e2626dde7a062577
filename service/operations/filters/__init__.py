"""Operations that filter images."""

from typing import Any

from service.operation import Operation
from service.operations.filters.convolve import CONVOLVE
from service.operations.filters.convolve_at import CONVOLVE_AT

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    CONVOLVE,
    CONVOLVE_AT,
)
