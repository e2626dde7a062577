"""One byte budget and one compute queue for the process: what does not fit waits its turn, and what would wait too
long is refused at once.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Self

from service.errors import Abandoned, Overloaded, ServiceError, TooLarge
from service.stop import Stop


@dataclass(eq=False)
class _Waiting:
    nbytes: int
    brought: int
    granted: asyncio.Future[None]


class Hold:
    """Bytes that a request holds at once or not at all: its body, which cannot wait. Made by `Admission.hold`."""

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self.nbytes = 0

    def grow(self, nbytes: int) -> None:
        """Hold more. Raises Overloaded, or TooLarge where it can never fit."""
        self._admission.check_room(self.nbytes, nbytes)
        self._admission.held += nbytes
        self.nbytes += nbytes

    def release(self) -> None:
        """Give back everything; further calls do nothing."""
        self._admission.give_back(self.nbytes, slot=False)
        self.nbytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


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
        await self._admission.wait()
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

    def hold(self) -> Hold:
        """A hold on nothing yet."""
        return Hold(self)

    def check_room(self, held: int, more: int) -> None:
        """Raise Overloaded where `more` bytes do not fit now, TooLarge where they never will beside `held`."""
        self._fits_at_all(held + more)
        if self.held + more > self.budget:
            raise Overloaded("memory is spoken for by requests in progress; try again later", self.retry_after())

    async def enter(self, nbytes: int, brought: int = 0, stop: Stop | None = None) -> Lease:
        """Wait in turn for a compute slot and bytes, while somebody waits for the answer.

        `brought` are the bytes that the caller holds already and keeps while it computes: its body. Raises Overloaded
        where the queue is full or waiting is hopeless, TooLarge where it can never fit, Abandoned where `stop` says so.
        """
        self._fits_at_all(nbytes + brought)
        if self.waiting >= self.queue_size and (self._waiting or not self._free(nbytes)):
            raise Overloaded(
                f"{self.waiting} requests are waiting already (EPIPOLE_QUEUE_SIZE); try again later",
                self.retry_after(),
            )
        await self.wait(nbytes, brought, stop)
        return Lease(self, nbytes)

    async def wait(self, nbytes: int = 0, brought: int = 0, stop: Stop | None = None) -> None:
        """Wait in turn for a slot and bytes, however long the queue is."""
        entry = _Waiting(nbytes, brought, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._grant()
        if stop is not None:
            stop.when_abandoned(partial(self._refuse, entry, Abandoned("the client closed the connection")))
        try:
            await entry.granted
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
                self._grant()
            elif not entry.granted.cancelled() and entry.granted.exception() is None:
                self.give_back(nbytes, slot=True)
            raise

    def give_back(self, nbytes: int, *, slot: bool) -> None:
        """Return bytes and possibly a slot, and let the next in line in."""
        self.held -= nbytes
        self.running -= slot
        self._grant()

    def _grant(self) -> None:
        """Let in whoever fits, in turn. One that waits for bytes holds up those behind it, except those that need
        none: they hold bytes already, and it may be these that the first one waits for.
        """
        held_up = False
        for entry in tuple(self._waiting):
            if entry.granted.done():  # cancelled, and not yet awake to leave the queue by itself
                continue
            if self._free(entry.nbytes) and not (held_up and entry.nbytes):
                self._waiting.remove(entry)
                self.running += 1
                self.held += entry.nbytes
                entry.granted.set_result(None)
            else:
                held_up = True
        if held_up and not self.running:
            self._turn_away_last()

    def _turn_away_last(self) -> None:
        """Where all that is held are the bodies of those that wait, nobody would ever begin; the last body leaves."""
        first, *others = (entry for entry in self._waiting if not entry.granted.done())
        bodies = [entry for entry in others if entry.brought]
        if bodies and self.held <= first.brought + sum(entry.brought for entry in bodies):
            refusal = Overloaded("memory is spoken for by requests that wait; try again later", self.retry_after())
            self._refuse(bodies[-1], refusal)

    def _refuse(self, entry: _Waiting, refusal: ServiceError) -> None:
        if not entry.granted.done():
            self._waiting.remove(entry)
            entry.granted.set_exception(refusal)
            self._grant()

    def _free(self, nbytes: int) -> bool:
        return self.running < self.slots and self.held + nbytes <= self.budget

    def _fits_at_all(self, nbytes: int) -> None:
        if nbytes > self.budget:
            raise TooLarge(
                f"this takes {nbytes} bytes of memory, more than the {self.budget} the service may hold "
                f"(EPIPOLE_MEMORY_BUDGET)"
            )
