"""The client that waits."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from numpy.typing import NDArray

from api.client.answer import Result
from api.client.body import Parameter
from api.client.call import (
    Call,
    Reply,
    Wait,
    converse,
    delete_call,
    document_call,
    file_call,
    run_call,
    upload_call,
)
from api.client.problem import Unreachable
from api.client.retries import Retries
from api.client.transfer import Download, Progress, Upload, Watcher

T = TypeVar("T")

ADDRESS = "http://127.0.0.1:8000"
READY_STEP = 0.1  # seconds between questions whether the service is ready


def connection_options(address: str, key: str | None, timeout: float) -> dict[str, Any]:
    """What both kinds of clients tell httpx."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return {"base_url": address, "headers": headers, "timeout": httpx.Timeout(timeout, connect=min(timeout, 10.0))}


class Client:
    """A running service.

    Parameters
    ----------
    address
        Where it listens.
    key
        An API key, where it asks for one.
    timeout
        Seconds until an answer must have begun, and between its parts.
    retries
        What happens while it is busy (429, 503 with Retry-After) or out of reach.
    progress
        Is told how far a call is.
    """

    def __init__(
        self,
        address: str = ADDRESS,
        *,
        key: str | None = None,
        timeout: float = 300.0,
        retries: Retries = Retries(),  # noqa: B008  # frozen
        progress: Watcher | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.retries, self.progress = retries, progress
        self._http = httpx.Client(**connection_options(address, key, timeout), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, operation: str, /, **parameters: Parameter) -> Result:
        """Execute an operation: `client.run("warp-perspective", image=pixels, homography=H)["image"]`.

        Raises
        ------
        Problem
            The service refused; `errors` names the wrong parameters.
        Unreachable
            It does not answer.
        """
        return self._complete(run_call(operation, parameters))

    def file(self, operation: str, media_type: str, array: str | None = None, /, **parameters: Parameter) -> bytes:
        """Execute an operation and take one array of its result as a file: `image/png`, `application/x-npy`, …

        `array` names it; the first by default. Raises as `run` does.
        """
        return self._complete(file_call(operation, media_type, array, parameters))

    def operations(self) -> list[dict[str, Any]]:
        """What the service can do. Raises as `run` does."""
        found: list[dict[str, Any]] = self._complete(document_call("/v1/operations"))["operations"]
        return found

    def operation(self, name: str) -> dict[str, Any]:
        """One operation: schemas of its parameters and result, examples, limits. Raises as `run` does."""
        found: dict[str, Any] = self._complete(document_call(f"/v1/operations/{name}"))
        return found

    def upload(self, value: NDArray[Any] | Path | bytes) -> dict[str, str]:
        """Store an array or a file once; the answer takes its place among the parameters of any number of calls."""
        return self._complete(upload_call(value))

    def delete(self, asset: Mapping[str, str]) -> None:
        """Delete what `upload` stored."""
        self._complete(delete_call(asset))

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return once the service has its kernels. Raises Unreachable after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self._http.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise Unreachable(f"the service was not ready within {seconds:g} s")
            time.sleep(READY_STEP)

    def _complete(self, call: Call[T]) -> T:
        talk = converse(call, self.retries)
        step = next(talk)
        try:
            while True:
                if isinstance(step, Wait):
                    if self.progress is not None:
                        self.progress(Progress("waiting", 0, step.seconds))
                    time.sleep(step.seconds)
                    step = next(talk)
                else:
                    step = talk.send(self._send(step))
        except StopIteration as finished:
            answer: T = finished.value
            return answer

    def _send(self, call: Call[T]) -> Reply | OSError:
        content = Upload(call.body, self.progress).blocks() if call.body.parts else None
        try:
            with self._http.stream(
                call.method, call.path, params=call.query, headers=call.headers(), content=content
            ) as response:
                download = Download(response.headers.get("content-length"), self.progress)
                for piece in response.iter_raw():
                    download.add(piece)
                return Reply(response.status_code, response.headers, download.data)
        except httpx.TransportError as error:
            return OSError(f"{type(error).__name__}: {error}")
