"""The client that waits."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from numpy.typing import NDArray

from api.client.answer import Result
from api.client.body import Parameter
from api.client.call import (
    Call,
    Conversation,
    Reply,
    Together,
    Wait,
    Work,
    converse,
    delete_call,
    document_call,
    file_call,
    run_call,
    upload_call,
)
from api.client.jobs.calls import jobs_call
from api.client.jobs.job import Job
from api.client.jobs.status import JobStatus
from api.client.jobs.submission import Items, job_document, submit_talk
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
        self.address, self.retries, self.progress = address.rstrip("/"), retries, progress
        self.http = httpx.Client(**connection_options(address, key, timeout), transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def run(self, operation: str, /, **parameters: Parameter) -> Result:
        """Execute an operation: `client.run("warp-perspective", image=pixels, homography=H)["image"]`.

        Raises
        ------
        Problem
            The service refused; `errors` names the wrong parameters.
        Unreachable
            It does not answer.
        """
        return self.complete(run_call(operation, parameters))

    def file(self, operation: str, media_type: str, array: str | None = None, /, **parameters: Parameter) -> bytes:
        """Execute an operation and take one array of its result as a file: `image/png`, `application/x-npy`, …

        `array` names it; the first by default. Raises as `run` does.
        """
        return self.complete(file_call(operation, media_type, array, parameters))

    def operations(self) -> list[dict[str, Any]]:
        """What the service can do. Raises as `run` does."""
        found: list[dict[str, Any]] = self.complete(document_call("/v1/operations"))["operations"]
        return found

    def operation(self, name: str) -> dict[str, Any]:
        """One operation: schemas of its parameters and result, examples, limits. Raises as `run` does."""
        found: dict[str, Any] = self.complete(document_call(f"/v1/operations/{name}"))
        return found

    def upload(self, value: NDArray[Any] | Path | bytes) -> dict[str, str]:
        """Store an array or a file once; the answer takes its place among the parameters of any number of calls."""
        return self.complete(upload_call(value))

    def delete(self, asset: Mapping[str, str]) -> None:
        """Delete what `upload` stored."""
        self.complete(delete_call(asset))

    def submit(
        self,
        operation: str,
        params: Mapping[str, Parameter] | None = None,
        *,
        items: Items | Mapping[str, Any] | None = None,
        pattern: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> Job:
        """Make a job: an operation over items, or one larger than memory.

        Parameters
        ----------
        params
            Of the operation; arrays and files among them are stored first, except short lists of numbers.
        items
            One execution each: parameters that win over `params`. Or a mapping, as the service's documents have it:
            `{"pattern": …, "where": …, "params": …}`.
        pattern
            Files under the service's roots, an item each: `{"image": "footage://cam{camera:02d}/{frame:06d}.jpg"}`.
        idempotency_key
            By which the service knows this submission again. One is made for you, so that a connection that breaks
            does not make two jobs.
        **more
            The other fields of the service's documents: `files="png"`, `arrays=["image"]`, `priority=5`, `tile=512`.

        Raises as `run` does, where the first item is not valid, or what all share.
        """
        document = job_document(operation, params, items, pattern, more)
        return self.submit_document(document, idempotency_key)

    def submit_document(self, document: Mapping[str, Any], idempotency_key: str | None = None) -> Job:
        """Make a job of a request that is already whole, such as one from a file. As `submit` otherwise."""
        return Job(self, (self.carry(submit_talk(document, idempotency_key, self.retries))).id)

    def job(self, name: str) -> Job:
        """The job of that id; the service is not asked yet."""
        return Job(self, name)

    def jobs(self, *, state: str | None = None, operation: str | None = None) -> Iterator[JobStatus]:
        """Your jobs, newest first, fetched page by page; only those in that state, or of that operation."""
        after: str | None = ""
        while after is not None:
            page, after = self.complete(jobs_call(state, operation, after))
            yield from page

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Return once the service has its kernels. Raises Unreachable after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.http.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise Unreachable(f"the service was not ready within {seconds:g} s")
            time.sleep(READY_STEP)

    def carry(self, talk: Conversation[T]) -> T:
        """Hold a conversation to its end."""
        step = next(talk)
        try:
            while True:
                if isinstance(step, Wait):
                    if step.busy:
                        self.tell_waiting(step.seconds)
                    time.sleep(step.seconds)
                    step = next(talk)
                elif isinstance(step, Together):
                    with ThreadPoolExecutor(len(step.talks)) as pool:
                        step = talk.send(list(pool.map(self.carry, step.talks)))
                else:
                    step = talk.send(step.run() if isinstance(step, Work) else self._send(step))
        except StopIteration as finished:
            answer: T = finished.value
            return answer

    def tell_waiting(self, seconds: float) -> None:
        """Say that the service is asked again after so many seconds."""
        if self.progress is not None:
            self.progress(Progress("waiting", 0, seconds))

    def complete(self, call: Call[T]) -> T:
        """Make a call until it is answered. Raises as `run` does."""
        return self.carry(converse(call, self.retries))

    def _send(self, call: Call[T]) -> Reply | OSError:
        content = Upload(call.body, self.progress).blocks() if call.body.parts else None
        try:
            with self.http.stream(
                call.method, call.path, params=call.query, headers=call.headers(), content=content
            ) as response:
                download = Download(response.headers.get("content-length"), self.progress)
                for piece in response.iter_raw():
                    download.add(piece)
                return Reply(response.status_code, response.headers, download.data)
        except httpx.TransportError as error:
            return OSError(f"{type(error).__name__}: {error}")
