"""Everything the service can do, family by family. Every surface is a loop over this tuple."""

from typing import Any

from service.errors import NotFound
from service.operation import Operation
from service.operations import arrays, cameras, depth, filters, warp

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    *warp.OPERATIONS,
    *cameras.OPERATIONS,
    *depth.OPERATIONS,
    *filters.OPERATIONS,
    *arrays.OPERATIONS,
)


def operation_named(name: str) -> Operation[Any, Any]:
    """The operation of that name. Raises NotFound."""
    for operation in OPERATIONS:
        if operation.name == name:
            return operation
    raise NotFound(f"there is no operation {name!r}; GET /v1/operations lists them")
