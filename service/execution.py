"""From a document to a result: validate, price, compute. The same three steps for every face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from geometry.errors import Degenerate, InvalidInput
from service.arrays.reference import References
from service.documents import Document
from service.errors import DegenerateInput, Fault, InvalidParams, ServiceError, TooLarge
from service.operation import Cost, Operation
from service.settings import Settings

_MESSAGES = {"extra_forbidden": "is not a parameter here", "missing": "is required"}


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

    Raises InvalidParams that names every wrong place, and what the guards of attached or named arrays refuse.
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
        entries = error.errors(include_url=False, include_input=False)
        for entry in entries:
            refusal = entry.get("ctx", {}).get("refusal")
            if isinstance(refusal, ServiceError):
                raise type(refusal)(f"{entry['loc'][0]}: {refusal.detail}") from None
        raise InvalidParams(_faults(entries)) from None
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
        with np.errstate(all="ignore"):  # what overflows shows in the result; a warning would show in the log
            result: Document = call.operation.run(call.params.decoded())
    except InvalidInput as error:
        raise InvalidParams([_fault(error)]) from None
    except Degenerate as error:
        raise DegenerateInput(error.reason, error.detail) from None
    except ValidationError as error:
        if any(entry["type"] != "array_finite" for entry in error.errors(include_url=False, include_input=False)):
            raise
        raise DegenerateInput("overflow", "the numbers are too large: the result exceeds what floats hold") from None
    return result


def _fault(error: InvalidInput) -> Fault:
    return Fault("/" + error.argument.replace(".", "/"), error.detail)


def _faults(entries: Sequence[ErrorDetails]) -> list[Fault]:
    """One fault a place; a union's attempts on the same place are joined."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        named = 1 if entry["type"] != "extra_forbidden" else len(entry["loc"])
        steps = [str(step) for at, step in enumerate(entry["loc"]) if at < named or not _is_branch(step)]
        pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps) + entry.get(
            "ctx", {}
        ).get("place", "")
        details = found.setdefault(pointer, [])
        message = _MESSAGES.get(entry["type"], entry["msg"])
        if message not in details:
            details.append(message)
    return [Fault(pointer, "; or ".join(details)) for pointer, details in found.items()]


def _is_branch(step: Any) -> bool:
    """Whether a location step names an alternative of a union rather than a place in the document."""
    return isinstance(step, str) and (not step.isidentifier() or step in ("float", "int", "str"))
