"""Stopping between items and between bands, told apart from everything that can go wrong with an item."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from geometry.bands import interruptible


class Stopped(BaseException):
    """The caller's check raised; `cause` is what."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause


@contextmanager
def stoppable(check: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Call `check` between bands, and where the body calls what it is given; what it raises leaves as it is."""

    def guarded() -> None:
        try:
            check()
        except BaseException as cause:
            raise Stopped(cause) from cause

    try:
        with interruptible(guarded):
            yield guarded
    except Stopped as stopped:
        raise stopped.cause from None
