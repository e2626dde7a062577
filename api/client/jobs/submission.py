"""What is sent to ask for a job: arrays and files inside the document are stored first."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from api.client.body import Parameter
from api.client.call import Conversation, converse, upload_call
from api.client.jobs.calls import submit_call
from api.client.jobs.status import JobStatus
from api.client.retries import Retries

Items = Sequence[Mapping[str, Parameter]]
"""The parameters of each item; they win over those that all items share."""

_LISTED = 512  # numbers of an array that is worth no upload; as a list it is float64


def job_document(
    operation: str,
    params: Mapping[str, Parameter] | None,
    items: Items | Mapping[str, Any] | None,
    pattern: Mapping[str, str] | None,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """The request of a job; None is left out, among the parameters too.

    Raises
    ------
    TypeError
        Both items and a pattern for them were given.
    """
    if pattern is not None:
        if items is not None:
            raise TypeError("give items or a pattern, not both")
        items = {"pattern": dict(pattern)}
    given = {name: value for name, value in (params or {}).items() if value is not None}
    document: dict[str, Any] = {"operation": operation, "params": given, "items": items, **more}
    return {name: value for name, value in document.items() if value is not None}


def submit_talk(document: Mapping[str, Any], idempotency_key: str | None, retries: Retries) -> Conversation[JobStatus]:
    """Store the arrays and files inside of a job's request, then send it.

    Raises
    ------
    TypeError
        The document holds something that cannot be sent.
    ValueError
        A number in it is not finite.
    OSError
        A file cannot be read.
    """
    found: dict[Any, Any] = {}
    _encoded(document, lambda value: found.update({_identity(value): value}))
    stored = {}
    for identity, value in found.items():
        stored[identity] = yield from converse(upload_call(value), retries)
    body = _encoded(document, lambda value: stored[_identity(value)])
    key = secrets.token_urlsafe(18) if idempotency_key is None else idempotency_key
    return (yield from converse(submit_call(body, key), retries))


def _encoded(document: Mapping[str, Any], place: Callable[[Any], Any]) -> bytes:
    """The document as JSON, with `place` for what must be stored."""

    def default(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, np.ndarray) and value.size <= _LISTED and value.dtype == np.float64:
            return value.tolist()
        if isinstance(value, np.ndarray | Path | bytes):
            return place(value)
        raise TypeError(f"a {type(value).__name__} cannot be sent; send arrays, files, or what JSON has")

    return json.dumps(document, allow_nan=False, separators=(",", ":"), default=default).encode()


def _identity(value: Any) -> Any:
    return value if isinstance(value, Path) else id(value)
