"""From a document to a result: validate, price, compute. The same three steps for every face."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from geometry.errors import Degenerate, InvalidInput
from service.arrays.reference import References
from service.documents import Document
from service.errors import DegenerateInput, Fault, InvalidParams, TooLarge
from service.operation import Cost, Operation
from service.settings import Settings


@dataclass(frozen=True)
class Call:
    """A validated request: arrays described but not decoded, cost known, nothing allocated."""

    operation: Operation[Any, Any]
    params: Document
    cost: Cost

    @property
    def nbytes(self) -> int:
        """Memory that the call takes: decoded inputs, outputs, scratch."""
        return self.params.input_bytes() + self.cost.output_bytes + self.cost.scratch


def validate(operation: Operation[Any, Any], document: Mapping[str, Any], references: References) -> Document:
    """The parameters that `document` and the attachments of `references` spell out.

    Raises InvalidParams that names every wrong place.
    """
    twice = sorted(set(document) & set(references.attachments))
    if twice:
        raise InvalidParams(
            [Fault(f"/{name}", "is given both in the JSON document and as an attachment") for name in twice]
        )
    unknown = sorted(set(references.attachments) - set(operation.params.array_fields()))
    if unknown:
        known = ", ".join(operation.params.array_fields())
        raise InvalidParams(
            [Fault(f"/{name}", f"is not an array of {operation.name}; it has: {known}") for name in unknown]
        )
    try:
        params: Document = operation.params.model_validate({**document, **references.attachments}, context=references)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        if isinstance(cause, TooLarge):
            raise cause from None
        raise InvalidParams(_faults(error)) from None
    return params


def price(operation: Operation[Any, Any], params: Document, settings: Settings) -> Call:
    """What the call will cost, refused here where it is beyond the limits. Raises InvalidParams and TooLarge."""
    try:
        cost = operation.cost(params)
    except InvalidInput as error:
        raise InvalidParams([_fault(error)]) from None
    if cost.output_bytes > settings.max_output_bytes:
        raise TooLarge(
            f"the result would take {cost.output_bytes} bytes, more than the {settings.max_output_bytes} allowed "
            f"(EPIPOLE_MAX_OUTPUT_BYTES)"
        )
    if cost.flops > settings.max_flops:
        raise TooLarge(
            f"this would take about {cost.flops:.1e} arithmetic operations, more than the "
            f"{settings.max_flops:.1e} allowed "
            "in one call (EPIPOLE_MAX_FLOPS); ask for less at once"
        )
    return Call(operation, params, cost)


def compute(call: Call) -> Document:
    """Decode the arrays and run the operation. Raises InvalidParams, DegenerateInput, and what a decoder found."""
    try:
        result: Document = call.operation.run(call.params.decoded())
    except InvalidInput as error:
        raise InvalidParams([_fault(error)]) from None
    except Degenerate as error:
        raise DegenerateInput(error.reason, error.detail) from None
    return result


def _fault(error: InvalidInput) -> Fault:
    return Fault("/" + error.argument.replace(".", "/"), error.detail)


def _faults(error: ValidationError) -> list[Fault]:
    """One fault a place; a union's attempts on the same place are joined."""
    found: dict[str, list[str]] = {}
    for entry in error.errors(include_url=False, include_input=False):
        steps = [str(step) for step in entry["loc"] if not _is_branch(step)]
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps) + entry.get(
            "ctx", {}
        ).get("place", "")
        details = found.setdefault(pointer, [])
        if entry["msg"] not in details:
            details.append(entry["msg"])
    return [Fault(pointer, "; or ".join(details)) for pointer, details in found.items()]


def _is_branch(step: Any) -> bool:
    """Whether a location step names an alternative of a union rather than a place in the document."""
    return isinstance(step, str) and (any(mark in step for mark in "[(") or step in ("float", "int", "str"))
