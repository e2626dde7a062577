"""The client that lets others work while it waits."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
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
from api.client.jobs.asynchronous import AsyncJob
from api.client.jobs.calls import jobs_call
from api.client.jobs.status import JobStatus
from api.client.jobs.submission import Items, job_document, submit_talk
from api.client.problem import Unreachable
from api.client.retries import Retries
from api.client.synchronous import ADDRESS, READY_STEP, connection_options
from api.client.transfer import Download, Progress, Upload, Watcher

T = TypeVar("T")


class AsyncClient:
    """A running service; `Client` with `await` before its methods."""

    def __init__(
        self,
        address: str = ADDRESS,
        *,
        key: str | None = None,
        timeout: float = 300.0,
        retries: Retries = Retries(),  # noqa: B008  # frozen
        progress: Watcher | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address, self.retries, self.progress = address.rstrip("/"), retries, progress
        self.http = httpx.AsyncClient(**connection_options(address, key, timeout), transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def run(self, operation: str, /, **parameters: Parameter) -> Result:
        """Execute an operation: `await client.run("warp-perspective", image=pixels, homography=H)`.

        Raises
        ------
        Problem
            The service refused; `errors` names the wrong parameters.
        Unreachable
            It does not answer.
        """
        return await self.complete(run_call(operation, parameters))

    async def file(
        self, operation: str, media_type: str, array: str | None = None, /, **parameters: Parameter
    ) -> bytes:
        """Execute an operation and take one array of its result as a file: `image/png`, `application/x-npy`, …

        `array` names it; the first by default. Raises as `run` does.
        """
        return await self.complete(file_call(operation, media_type, array, parameters))

    async def operations(self) -> list[dict[str, Any]]:
        """What the service can do. Raises as `run` does."""
        found: list[dict[str, Any]] = (await self.complete(document_call("/v1/operations")))["operations"]
        return found

    async def operation(self, name: str) -> dict[str, Any]:
        """One operation: schemas of its parameters and result, examples, limits. Raises as `run` does."""
        found: dict[str, Any] = await self.complete(document_call(f"/v1/operations/{name}"))
        return found

    async def upload(self, value: NDArray[Any] | Path | bytes) -> dict[str, str]:
        """Store an array or a file once; the answer takes its place among the parameters of any number of calls."""
        return await self.complete(upload_call(value))

    async def delete(self, asset: Mapping[str, str]) -> None:
        """Delete what `upload` stored."""
        await self.complete(delete_call(asset))

    async def submit(
        self,
        operation: str,
        params: Mapping[str, Parameter] | None = None,
        *,
        items: Items | Mapping[str, Any] | None = None,
        pattern: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        **more: Any,
    ) -> AsyncJob:
        """Make a job: an operation over items, or one larger than memory. As `Client.submit`."""
        document = job_document(operation, params, items, pattern, more)
        return await self.submit_document(document, idempotency_key)

    async def submit_document(self, document: Mapping[str, Any], idempotency_key: str | None = None) -> AsyncJob:
        """Make a job of a request that is already whole, such as one from a file. As `submit` otherwise."""
        return AsyncJob(self, (await self.carry(submit_talk(document, idempotency_key, self.retries))).id)

    def job(self, name: str) -> AsyncJob:
        """The job of that id; the service is not asked yet."""
        return AsyncJob(self, name)

    async def jobs(self, *, state: str | None = None, operation: str | None = None) -> AsyncIterator[JobStatus]:
        """Your jobs, newest first, fetched page by page; only those in that state, or of that operation."""
        after: str | None = ""
        while after is not None:
            page, after = await self.complete(jobs_call(state, operation, after))
            for status in page:
                yield status

    async def wait_ready(self, seconds: float = 60.0) -> None:
        """Return once the service has its kernels. Raises Unreachable after so many seconds."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if (await self.http.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise Unreachable(f"the service was not ready within {seconds:g} s")
            await asyncio.sleep(READY_STEP)

    async def carry(self, talk: Conversation[T]) -> T:
        """Hold a conversation to its end."""
        step = next(talk)
        try:
            while True:
                if isinstance(step, Wait):
                    if step.busy:
                        self.tell_waiting(step.seconds)
                    await asyncio.sleep(step.seconds)
                    step = next(talk)
                elif isinstance(step, Together):
                    step = talk.send(await asyncio.gather(*map(self.carry, step.talks)))
                elif isinstance(step, Work):
                    step = talk.send(await asyncio.to_thread(step.run))
                else:
                    step = talk.send(await self._send(step))
        except StopIteration as finished:
            answer: T = finished.value
            return answer

    def tell_waiting(self, seconds: float) -> None:
        """Say that the service is asked again after so many seconds."""
        if self.progress is not None:
            self.progress(Progress("waiting", 0, seconds))

    async def complete(self, call: Call[T]) -> T:
        """Make a call until it is answered. Raises as `run` does."""
        return await self.carry(converse(call, self.retries))

    async def _send(self, call: Call[T]) -> Reply | OSError:
        content = Upload(call.body, self.progress).async_blocks() if call.body.parts else None
        try:
            async with self.http.stream(
                call.method, call.path, params=call.query, headers=call.headers(), content=content
            ) as response:
                download = Download(response.headers.get("content-length"), self.progress)
                async for piece in response.aiter_raw():
                    download.add(piece)
                return Reply(response.status_code, response.headers, download.data)
        except httpx.TransportError as error:
            return OSError(f"{type(error).__name__}: {error}")
