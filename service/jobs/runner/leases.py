"""Claims are kept by a thread of its own, which nothing else that the runner does can delay."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from service.errors import DatabaseUnavailable
from service.jobs.database.lease import LeaseLost

if TYPE_CHECKING:
    from service.jobs.database.store import JobDatabase

LEASE = 15.0
_RENEWAL = 3.0
_LOOK = 0.4
_MARGIN = 0.8  # share of a lease after which nobody may count on it
_log = structlog.get_logger()


@dataclass
class Held:
    """A claim that is kept.

    Attributes
    ----------
    lost, cancelled
        Called once each, from the thread: the claim is not ours any more; somebody wants the job dismissed.
    """

    job: str
    fence: int
    lost: Callable[[], None]
    cancelled: Callable[[], None]
    renewed: float = field(default_factory=time.monotonic)
    seen: int = 0
    told: bool = False


class Leases:
    """Renews claims every few seconds and looks twice a second whether their jobs are to be dismissed."""

    def __init__(self, database: "JobDatabase") -> None:
        self._database = database
        self._held: dict[str, Held] = {}
        self._look = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="leases", daemon=True)
        self._thread.start()

    def hold(self, held: Held) -> None:
        """Keep a claim from now on."""
        self._held[held.job] = held

    def drop(self, job: str) -> None:
        """Keep it no longer."""
        self._held.pop(job, None)

    def look(self) -> None:
        """Look at once."""
        self._look.set()

    @property
    def sound(self) -> bool:
        """Whether every claim is safely ours."""
        horizon = time.monotonic() - LEASE * _MARGIN
        return all(held.renewed > horizon for held in list(self._held.values()))

    def lapse(self) -> None:
        """Give up the claims that could not be renewed for so long that another runner may have them."""
        horizon = time.monotonic() - LEASE * _MARGIN
        for held in list(self._held.values()):
            if held.renewed <= horizon:
                _log.warning("a claim could not be renewed in time", job=held.job)
                self.drop(held.job)
                held.lost()

    def close(self) -> None:
        """End the thread."""
        self._ended = True
        self._look.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._ended:
            self._look.wait(_LOOK)
            self._look.clear()
            for held in list(self._held.values()):
                try:
                    self._attend(held)
                except DatabaseUnavailable:
                    break
                except LeaseLost as error:
                    _log.warning("a claim is lost", job=held.job, why=str(error))
                    self.drop(held.job)
                    held.lost()
                except Exception as error:  # noqa: BLE001 -- the thread outlives what it meets; the claim lapses if this goes on
                    _log.error("a claim could not be renewed", job=held.job, exc_info=error)

    def _attend(self, held: Held) -> None:
        now = time.monotonic()
        if now - held.renewed >= _RENEWAL:
            cancelling = self._database.renew(held.job, held.fence, lease=LEASE).cancelling
            held.renewed = now
        else:
            events = self._database.events(held.job, after=held.seen)
            cancelling = any(event.data["cancelling"] for event in events)
            held.seen = max([held.seen, *(event.seq for event in events)])
        if cancelling and not held.told:
            held.told = True
            held.cancelled()
