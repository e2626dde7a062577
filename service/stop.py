"""When work must end early: its deadline passed, or nobody waits for it any more."""

import math
import threading
import time
from collections.abc import Callable

from service.errors import Abandoned, DeadlinePassed


class Stop:
    """Asked between bands by the threads that compute; told by the event loop.

    Parameters
    ----------
    seconds
        Time from now to the deadline.
    """

    def __init__(self, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._abandoned = threading.Event()
        self._told: Callable[[], object] = _nobody

    def abandon(self) -> None:
        """Say that nobody waits for the result."""
        self._abandoned.set()
        self._told()

    def when_abandoned(self, told: Callable[[], object]) -> None:
        """Call `told` on the event loop when nobody waits any more; it replaces what was to be called before."""
        self._told = told
        if self._abandoned.is_set():
            told()

    def lift_deadline(self) -> None:
        """Say that the answer has begun: from now on its reader sets the pace."""
        self._deadline = math.inf

    def remaining(self) -> float:
        """Seconds to the deadline, never negative."""
        return max(0.0, self._deadline - time.monotonic())

    def passed(self) -> DeadlinePassed:
        """The error that says the deadline passed."""
        return DeadlinePassed(
            f"not finished within {self._seconds:g} s (EPIPOLE_REQUEST_TIMEOUT); ask for less at once or try "
            f"again later",
            5,
        )

    def check(self) -> None:
        """Raise Abandoned or DeadlinePassed where work should end."""
        if self._abandoned.is_set():
            raise Abandoned("the client closed the connection")
        if time.monotonic() > self._deadline:
            raise self.passed()


def _nobody() -> None: ...
