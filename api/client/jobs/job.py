"""A job, for the client that waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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
    from api.client.synchronous import Client


class Job:
    """A job of a running service. Its methods raise as `Client.run` does."""

    def __init__(self, client: Client, job: str) -> None:
        self.id = job
        self._client = client

    def __repr__(self) -> str:
        return f"<Job {self.id}>"

    def status(self) -> JobStatus:
        """How far it is."""
        return self._client.complete(status_call(self.id))

    def watch(self) -> Iterator[JobStatus]:
        """Its statuses from the first on, each as soon as there is a new one, until it has ended.

        Goes on where it was when a connection breaks; Unreachable is raised when the service stays away for as long as
        the client's `retries` say.
        """
        watch = Watch(self.id, self._client.retries)
        while not watch.over:
            time.sleep(watch.pause)
            try:
                with self._client.http.stream("GET", watch.path, headers=watch.headers(), timeout=SILENCE) as response:
                    watch.opened(response.status_code, response.headers)
                    for piece in response.iter_bytes():
                        yield from watch.read(piece)
            except httpx.TransportError as error:
                watch.broken(error)
                self._client.tell_waiting(watch.pause)
            else:
                watch.closed()

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Return its status once it is successful, failed or dismissed. Raises TimeoutError after so many seconds."""
        return self._client.carry(wait_talk(self.id, self._client.retries, timeout))

    def cancel(self) -> JobStatus:
        """Stop it; what it has computed is deleted. Its state is `dismissed` as soon as its work has ended."""
        return self._client.complete(cancel_call(self.id))

    def retry(self) -> JobStatus:
        """Run what failed again; what is done stays."""
        return self._client.complete(retry_call(self.id))

    def results(self) -> Results:
        """What it left; a Problem with status 409 while it has not ended, 410 when the results are deleted."""
        return Results(self._client, self.id, self._client.complete(listing_call(self.id, limit=1)))

    def array(self, name: str) -> ResultArray[NDArray[Any]]:
        """An array of the results: `job.array("fundamental")[0:10, 5]`. Raises KeyError where there is no such one."""
        return self.results().arrays[name]


class Results:
    """What a job left.

    Attributes
    ----------
    arrays
        By name; each is read in slices.
    nbytes
        Size of everything.
    files_total, items_total, items_failed
        How many there are.
    """

    def __init__(self, client: Client, job: str, listing: dict[str, Any]) -> None:
        def array(entry: ArrayEntry) -> ResultArray[NDArray[Any]]:
            return ResultArray(entry, client.address, client.complete)

        self.job, self.nbytes, self.files_total = job, listing["bytes"], listing["files_total"]
        self.items_total, self.items_failed = listing["items_total"], listing["items_failed"]
        self.arrays = {name: array(entry) for name, entry in array_entries(listing).items()}
        self._client = client

    def files(self) -> Iterator[FileEntry]:
        """Its files, in the order of their names."""
        for page in self._pages():
            yield from file_entries(page)

    def items(self) -> Iterator[ItemOutcome]:
        """What became of each item, or tile, in order."""
        for page in self._pages():
            yield from item_outcomes(page)

    def read(self, file: FileEntry) -> bytes:
        """Fetch a file."""
        return self._client.complete(bytes_call(file.href))

    def download(self, folder: Path | str, progress: Callable[[Downloaded], None] | None = None) -> Path:
        """Fetch everything into a folder: arrays as Zarr v3 stores, `files/`, and `items.jsonl`, checked by CRC-32.

        What is there already and whole is left alone, so that a download that broke goes on. Raises Damaged where
        the bytes that come are not those that the job wrote.
        """
        return self._client.carry(download_talk(self.job, Path(folder), self._client.retries, progress))

    def _pages(self) -> Iterator[dict[str, Any]]:
        after: int | None = 0
        while after is not None:
            page = self._client.complete(listing_call(self.job, after))
            yield page
            after = page["next"]
