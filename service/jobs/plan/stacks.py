"""Arrays made of many files or assets: `{"stack": […]}`, or `{"stack": "room://frame-{frame:06d}.depth.png"}`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geometry.bands import interrupt_point
from service.arrays.pending import Array, PendingArray
from service.arrays.reference import References
from service.errors import Fault, InvalidParams, ServiceError
from service.jobs.access import Access
from service.jobs.plan.listing import list_items
from service.jobs.plan.pattern import Pattern
from service.media import npy

_MOST = 100_000


def spelled_out(params: Mapping[str, Any], access: Access, *, look: int | None = None) -> dict[str, Any]:
    """The parameters with the file names of every stack listed. Raises InvalidParams where one is not understood."""
    return {name: _listed(name, value, access, look) if _is_stack(value) else value for name, value in params.items()}


def stacked_arrays(params: Mapping[str, Any], references: References, *, thorough: bool = False) -> dict[str, Any]:
    """The parameters with every stack as an array whose header is known.

    Raises InvalidParams where its parts are no arrays of one shape and dtype; only `thorough` looks at each of them.
    """
    return {
        name: _opened(name, value["stack"], references, thorough) if _is_stack(value) else value
        for name, value in params.items()
    }


def _is_stack(value: Any) -> bool:
    return isinstance(value, dict) and "stack" in value


def _listed(name: str, value: dict[str, Any], access: Access, look: int | None) -> dict[str, Any]:
    pointer = f"/params/{name}"
    stack, where = value["stack"], value.get("where", {})
    if set(value) - {"stack", "where"} or not isinstance(where, dict):
        raise InvalidParams([Fault(pointer, "a stack has `stack` and, with a pattern, `where`")])
    if isinstance(stack, list):
        if not stack or len(stack) > _MOST or where:
            detail = f"must be 1 to {_MOST} assets or files, without `where`"
            raise InvalidParams([Fault(f"{pointer}/stack", detail)])
        return value
    if not isinstance(stack, str):
        raise InvalidParams([Fault(f"{pointer}/stack", "must be a list of assets and files, or a pattern of names")])
    pattern = Pattern(stack, f"{pointer}/stack")
    found = list_items([pattern], where, access.roots, most=_MOST, look=look, pointer=pointer)
    return {"stack": [{"uri": pattern.uri(found.fields(number))} for number in range(len(found.rows))]}


def _opened(name: str, stack: Sequence[Any], references: References, thorough: bool) -> PendingArray:
    def part(number: int) -> PendingArray:
        place = f"/params/{name}/stack/{number}"
        try:
            entry = stack[number]
            opened = references.open_reference(entry if isinstance(entry, dict) else {})
        except InvalidParams as error:
            raise InvalidParams([Fault(place + fault.pointer, fault.detail) for fault in error.faults]) from None
        except ServiceError as error:
            raise InvalidParams([Fault(place, error.detail)]) from None
        if number and (opened.shape, opened.dtype) != (first.shape, first.dtype):
            detail = f"is {opened.shape} {opened.dtype}, the first of the stack is {first.shape} {first.dtype}"
            raise InvalidParams([Fault(place, detail)])
        return opened

    first = part(0)
    if thorough:
        for number in range(1, len(stack)):
            interrupt_point()
            part(number)

    def load() -> Array:
        whole = np.empty((len(stack), *first.shape), first.dtype)
        for number in range(len(stack)):
            interrupt_point()
            whole[number] = part(number).load()
        return whole

    return PendingArray((len(stack), *first.shape), first.dtype, npy.MEDIA_TYPE, load)
