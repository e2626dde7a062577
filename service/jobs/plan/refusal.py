"""Why a tile or a job failed, in the words that a call would have been refused with."""

from typing import Any

from service.errors import DegenerateInput, InvalidParams, ServiceError

_MOST_FAULTS = 3
_MOST_LETTERS = 300

UNEXPECTED = {
    "title": "Something went wrong inside the service",
    "detail": "this is a bug; the service's log says more",
}


def refusal(error: ServiceError) -> dict[str, Any]:
    """Title and detail of an error, with the places and the reason that it names; under 1 kB or little more."""
    told: dict[str, Any] = {"title": error.title, "detail": error.detail[:_MOST_LETTERS]}
    if isinstance(error, InvalidParams):
        told["errors"] = [
            {"pointer": fault.pointer[:_MOST_LETTERS], "detail": fault.detail[:_MOST_LETTERS]}
            for fault in error.faults[:_MOST_FAULTS]
        ]
    if isinstance(error, DegenerateInput):
        told["reason"] = error.reason
    return told
