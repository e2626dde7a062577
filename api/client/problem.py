"""What a call can fail with."""

import json
from collections.abc import Mapping
from typing import Any


class Unreachable(ConnectionError):
    """The service did not answer, however often it was asked."""


class Problem(Exception):
    """The service refused (RFC 9457).

    Attributes
    ----------
    status
        HTTP's status code.
    kind
        The last part of the problem's type, such as `invalid-params`.
    title, detail
        In words.
    errors
        Wrong places of the request: dicts of `pointer` (a JSON pointer) and `detail`.
    reason
        Why there is no stable answer, such as `same_centre`; empty for other kinds.
    request_id
        By which the service's logs call the request.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status = status
        self.kind = str(document.get("type", "about:blank")).rsplit("/", 1)[-1]
        self.title = str(document.get("title", "The service refused"))
        self.detail = str(document.get("detail", ""))
        self.errors: list[dict[str, str]] = list(document.get("errors", []))
        self.reason = str(document.get("reason", ""))
        self.request_id = str(document.get("request_id", ""))
        super().__init__(f"{status} {self.title}: {self.detail}" if self.detail else f"{status} {self.title}")


def problem_of(status: int, data: bytes) -> Problem:
    """Read an answer that is not a success; of another server's, its first words."""
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        document = {"title": "The answer is not from this service", "detail": data[:200].decode(errors="replace")}
    return Problem(status, document)
