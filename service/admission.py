"""One byte budget and one compute queue for the process: what does not fit waits its turn, and what would wait too
long is refused at once.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.errors import Overloaded, TooLarge


@dataclass
class _Waiting:
    nbytes: int
    granted: asyncio.Future[None]


class Lease:
    """A compute slot and bytes that one call holds. Made by `Admission.enter`; give it back with `release`."""

    def __init__(self, admission: "Admission", nbytes: int) -> None:
        self._admission = admission
        self.nbytes = nbytes
        self.computing = True

    def finish_computing(self, keep: int) -> None:
        """Give back the slot, and all but `keep` bytes, which the answer holds until it is sent."""
        self._admission.give_back(self.nbytes - keep, slot=self.computing)
        self.nbytes, self.computing = keep, False

    async def resume_computing(self) -> None:
        """Take a slot again, waiting in turn, for the next block of a streamed answer."""
        await self._admission.wait(0)
        self.computing = True

    def release(self) -> None:
        """Give back everything; further calls do nothing."""
        self._admission.give_back(self.nbytes, slot=self.computing)
        self.nbytes, self.computing = 0, False


class Admission:
    """Grants bytes and compute slots in the order of asking. Used on the event loop only.

    Parameters
    ----------
    budget
        Bytes that everything admitted may hold together.
    slots
        Computations that may run at once.
    queue_size
        Requests that may wait.
    """

    def __init__(self, budget: int, slots: int, queue_size: int) -> None:
        self.budget = budget
        self.slots = slots
        self.queue_size = queue_size
        self.held = 0
        self.running = 0
        self._waiting: deque[_Waiting] = deque()
        self._mean_seconds = 0.1

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot."""
        return len(self._waiting)

    def retry_after(self) -> int:
        """Whole seconds after which a refused caller may find room: the queue's length times the mean of recent
        computations.
        """
        return max(1, round(self._mean_seconds * (self.waiting + self.running) / self.slots))

    def note_seconds(self, seconds: float) -> None:
        """Take the length of a computation into the mean that `retry_after` uses."""
        self._mean_seconds += 0.1 * (seconds - self._mean_seconds)

    @contextmanager
    def bytes_held(self, nbytes: int) -> Iterator[None]:
        """Hold bytes at once or not at all: for bodies, which cannot wait. Raises Overloaded or TooLarge."""
        self._fits_at_all(nbytes)
        if self.held + nbytes > self.budget:
            raise Overloaded("memory is spoken for by requests in progress; try again later", self.retry_after())
        self.held += nbytes
        try:
            yield
        finally:
            self.give_back(nbytes, slot=False)

    async def enter(self, nbytes: int) -> Lease:
        """Wait in turn for a compute slot and bytes.

        Raises Overloaded where the queue is full, TooLarge where it can never fit.
        """
        self._fits_at_all(nbytes)
        if len(self._waiting) >= self.queue_size and not self._free(nbytes):
            raise Overloaded(
                f"{self.waiting} requests are waiting already (EPIPOLE_QUEUE_SIZE); try again later",
                self.retry_after(),
            )
        await self.wait(nbytes)
        return Lease(self, nbytes)

    async def wait(self, nbytes: int) -> None:
        """Wait in turn for a slot and bytes, however long the queue is."""
        if not self._waiting and self._free(nbytes):
            self._take(nbytes)
            return
        entry = _Waiting(nbytes, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        try:
            await entry.granted
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
                self._grant()
            else:
                self.give_back(nbytes, slot=True)
            raise

    def give_back(self, nbytes: int, *, slot: bool) -> None:
        """Return bytes and possibly a slot, and let the next in line in."""
        self.held -= nbytes
        self.running -= slot
        self._grant()

    def _grant(self) -> None:
        while self._waiting and self._free(self._waiting[0].nbytes):
            entry = self._waiting.popleft()
            self._take(entry.nbytes)
            entry.granted.set_result(None)

    def _free(self, nbytes: int) -> bool:
        return self.running < self.slots and self.held + nbytes <= self.budget

    def _take(self, nbytes: int) -> None:
        self.running += 1
        self.held += nbytes

    def _fits_at_all(self, nbytes: int) -> None:
        if nbytes > self.budget:
            raise TooLarge(
                f"this takes {nbytes} bytes of memory, more than the {self.budget} the service may hold "
                f"(EPIPOLE_MEMORY_BUDGET)"
            )
