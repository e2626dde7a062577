"""A job, for the client that lets others work while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from numpy.typing import NDArray

from api.client.jobs.calls import bytes_call, cancel_call, listing_call, retry_call, status_call
from api.client.jobs.download import Downloaded, download_talk
from api.client.jobs.events import SILENCE, Watch
from api.client.jobs.results import (
    ArrayEntry,
    FileEntry,
    ItemOutcome,
    ResultArray,
    array_entries,
    file_entries,
    item_outcomes,
)
from api.client.jobs.status import JobStatus
from api.client.jobs.waiting import wait_talk

if TYPE_CHECKING:
    from api.client.asynchronous import AsyncClient


class AsyncJob:
    """A job of a running service; `Job` with `await` before its methods, and `async for` over `watch`."""

    def __init__(self, client: AsyncClient, job: str) -> None:
        self.id = job
        self._client = client

    def __repr__(self) -> str:
        return f"<AsyncJob {self.id}>"

    async def status(self) -> JobStatus:
        """How far it is."""
        return await self._client.complete(status_call(self.id))

    async def watch(self) -> AsyncIterator[JobStatus]:
        """Its statuses from the first on, each as soon as there is a new one, until it has ended. As `Job.watch`."""
        watch = Watch(self.id, self._client.retries)
        while not watch.over:
            await asyncio.sleep(watch.pause)
            try:
                async with self._client.http.stream(
                    "GET", watch.path, headers=watch.headers(), timeout=SILENCE
                ) as response:
                    watch.opened(response.status_code, response.headers)
                    async for piece in response.aiter_bytes():
                        for status in watch.read(piece):
                            yield status
            except httpx.TransportError as error:
                watch.broken(error)
                self._client.tell_waiting(watch.pause)
            else:
                watch.closed()

    async def wait(self, timeout: float | None = None) -> JobStatus:
        """Return its status once it is successful, failed or dismissed. Raises TimeoutError after so many seconds."""
        return await self._client.carry(wait_talk(self.id, self._client.retries, timeout))

    async def cancel(self) -> JobStatus:
        """Stop it; what it has computed is deleted. Its state is `dismissed` as soon as its work has ended."""
        return await self._client.complete(cancel_call(self.id))

    async def retry(self) -> JobStatus:
        """Run what failed again; what is done stays."""
        return await self._client.complete(retry_call(self.id))

    async def results(self) -> AsyncResults:
        """What it left; a Problem with status 409 while it has not ended, 410 when the results are deleted."""
        return AsyncResults(self._client, self.id, await self._client.complete(listing_call(self.id, limit=1)))

    async def array(self, name: str) -> ResultArray[Awaitable[NDArray[Any]]]:
        """An array of the results: `await (await job.array("fundamental"))[0:10, 5]`. Raises KeyError without it."""
        return (await self.results()).arrays[name]


class AsyncResults:
    """What a job left; `Results` with `await` before its methods, and before slices of its arrays."""

    def __init__(self, client: AsyncClient, job: str, listing: dict[str, Any]) -> None:
        def array(entry: ArrayEntry) -> ResultArray[Awaitable[NDArray[Any]]]:
            return ResultArray(entry, client.address, client.complete)

        self.job, self.nbytes, self.files_total = job, listing["bytes"], listing["files_total"]
        self.items_total, self.items_failed = listing["items_total"], listing["items_failed"]
        self.arrays = {name: array(entry) for name, entry in array_entries(listing).items()}
        self._client = client

    async def files(self) -> AsyncIterator[FileEntry]:
        """Its files, in the order of their names."""
        async for page in self._pages():
            for file in file_entries(page):
                yield file

    async def items(self) -> AsyncIterator[ItemOutcome]:
        """What became of each item, or tile, in order."""
        async for page in self._pages():
            for item in item_outcomes(page):
                yield item

    async def read(self, file: FileEntry) -> bytes:
        """Fetch a file."""
        return await self._client.complete(bytes_call(file.href))

    async def download(self, folder: Path | str, progress: Callable[[Downloaded], None] | None = None) -> Path:
        """Fetch everything into a folder, as `Results.download` does."""
        return await self._client.carry(download_talk(self.job, Path(folder), self._client.retries, progress))

    async def _pages(self) -> AsyncIterator[dict[str, Any]]:
        after: int | None = 0
        while after is not None:
            page = await self._client.complete(listing_call(self.job, after))
            yield page
            after = page["next"]
