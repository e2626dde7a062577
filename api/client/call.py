"""Calls as conversations: what is sent, what an answer means, when it is sent again. Who sends it is not known here."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from api.client.answer import Result, result_of
from api.client.body import NO_BODY, Body, Parameter, parameters_body, stored_body
from api.client.problem import Unreachable, problem_of
from api.client.retries import Retries
from service.media.safetensors import MEDIA_TYPE

T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    data: bytearray


@dataclass(frozen=True)
class Wait:
    """Come back after so many seconds; `busy` where the service could not answer, so that watchers are told."""

    seconds: float
    busy: bool = True


@dataclass(frozen=True)
class Work:
    """Something of this machine that takes a while, such as a file to write; its result is the answer."""

    run: Callable[[], Any]


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and how its answer is read."""

    method: str
    path: str
    read: Callable[[Reply], T]
    body: Body = NO_BODY
    accept: str = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """What the request says about itself."""
        sent = {"Accept": self.accept, **self.fields}
        if self.body.parts:
            sent |= {"Content-Type": self.body.content_type, "Content-Length": str(self.body.length)}
        return sent


@dataclass(frozen=True)
class Together:
    """Conversations that are held side by side; the answer is the list of what they returned."""

    talks: "Sequence[Conversation[Any]]"


Conversation = Generator[Call[Any] | Wait | Work | Together, Any, T]
"""Yields a call, to be answered with a reply or with the OSError that prevented it; a wait, to be answered with None;
work, to be answered with what it gave; or several conversations. Returns what the caller wanted."""


def converse(call: Call[T], retries: Retries) -> Conversation[T]:
    """Make a call until it is answered.

    Raises
    ------
    Problem
        The service refused.
    Unreachable
        It never answered.
    """
    attempt = 0
    while True:
        attempt += 1
        reply = yield call
        if isinstance(reply, Reply) and reply.status < 400:
            return call.read(reply)
        if isinstance(reply, Reply):
            problem = problem_of(reply.status, bytes(reply.data))
            pause = retries.pause(attempt, problem, reply.headers)
            if pause is None:
                raise problem
        else:
            pause = retries.pause(attempt, None, {})
            if pause is None:
                raise Unreachable(f"the service did not answer: {reply}") from reply
        yield Wait(pause)


def run_call(operation: str, parameters: Mapping[str, Parameter]) -> Call[Result]:
    """Execute an operation; all arrays of its result come back."""
    body = parameters_body(parameters)
    return Call("POST", f"/v1/{operation}", lambda reply: result_of(reply.data), body, MEDIA_TYPE)


def file_call(operation: str, media_type: str, array: str | None, parameters: Mapping[str, Parameter]) -> Call[bytes]:
    """Execute an operation; one array of its result comes back as a file of that type."""
    query = {} if array is None else {"array": array}
    body = parameters_body(parameters)
    return Call("POST", f"/v1/{operation}", lambda reply: bytes(reply.data), body, media_type, query)


def document_call(path: str) -> Call[Any]:
    """Fetch a JSON document."""
    return Call("GET", path, lambda reply: json.loads(reply.data))


def upload_call(value: NDArray[Any] | Path | bytes) -> Call[dict[str, str]]:
    """Store an array or a file; what comes back takes its place among parameters."""
    return Call("POST", "/v1/assets", lambda reply: {"asset": json.loads(reply.data)["asset"]}, stored_body(value))


def delete_call(asset: Mapping[str, str]) -> Call[None]:
    """Delete what was stored."""
    return Call("DELETE", f"/v1/assets/{asset['asset']}", lambda _reply: None)
