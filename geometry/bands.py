"""Rows of an output split into bands, worked off by one shared pool of threads.

The calling thread takes bands too, so a call never waits for a pool that is busy with others: helpers that start late
find nothing left. Results must not depend on how the rows were split; every caller's tests check it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from queue import SimpleQueue

_BANDS_PER_THREAD = 8

_interrupt: ContextVar[Callable[[], None] | None] = ContextVar("interrupt", default=None)
_forced_bands: ContextVar[int | None] = ContextVar("forced_bands", default=None)


class _Share:
    """Work for some helpers beside the caller: who comes in time takes a number, who comes late finds none."""

    def __init__(self, work: Callable[[int], None], helpers: int) -> None:
        self.work = work
        self.numbers = list(range(helpers, 0, -1))
        self.ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def help(self) -> None:
        """What a helper does."""
        try:
            number = self.numbers.pop()
        except IndexError:
            return
        try:
            self.work(number)
        except BaseException as error:  # noqa: BLE001  # the caller raises it
            self.ended.put(error)
        else:
            self.ended.put(None)

    def close(self, helpers: int) -> list[BaseException]:
        """Let nobody begin any more, wait for those who did, and tell what went wrong."""
        late = 0
        while self.numbers:
            try:
                self.numbers.pop()
                late += 1
            except IndexError:
                break
        errors = [self.ended.get() for _ in range(helpers - late)]
        del self.work  # the queue may hold this for a while yet, and it holds arrays
        return [error for error in errors if error is not None]


class _Pool:
    """The process's threads: started when first needed, resized by `use_threads`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        self.shares: SimpleQueue[_Share | None] = SimpleQueue()
        self.helpers = 0

    def call(self, share: _Share, helpers: int) -> None:
        """Have so many threads help, as soon as they are free, as far as the system lets them be started."""
        with self.lock:
            while self.helpers < self.threads - 1:
                name = f"band_{self.helpers + 1}"
                try:
                    threading.Thread(target=self._serve, args=(self.shares,), name=name, daemon=True).start()
                except RuntimeError:  # the system has no more threads to give; the caller works alone
                    break
                self.helpers += 1
            for _ in range(helpers):
                self.shares.put(share)

    @staticmethod
    def _serve(shares: "SimpleQueue[_Share | None]") -> None:
        while (share := shares.get()) is not None:
            share.help()
            del share  # it keeps arrays

    def resize(self, threads: int) -> None:
        with self.lock:
            for _ in range(self.helpers):
                self.shares.put(None)
            self.shares, self.helpers, self.threads = SimpleQueue(), 0, threads


_pool = _Pool()


def use_threads(threads: int) -> None:
    """Set how many threads, the caller's included, share the bands of one call. Default: the cores of this process."""
    _pool.resize(max(1, threads))


def threads() -> int:
    """How many threads share the bands of one call."""
    return _pool.threads


@contextmanager
def interruptible(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` before every band started inside; whatever it raises stops the work and reaches the caller."""
    token = _interrupt.set(check)
    try:
        yield
    finally:
        _interrupt.reset(token)


@contextmanager
def band_count(bands: int) -> Iterator[None]:
    """Split into exactly `bands` bands (fewer where there are fewer rows), whatever the grain.

    For tests, and 1 for work that is itself one of many bands.
    """
    token = _forced_bands.set(bands)
    try:
        yield
    finally:
        _forced_bands.reset(token)


def interrupt_point() -> None:
    """Let a deadline or a client that went away stop work that has no bands of its own."""
    check = _interrupt.get()
    if check is not None:
        check()


def band_edges(rows: int, grain: int = 1) -> list[int]:
    """Row numbers where bands begin and end: `[0, …, rows]`, multiples of `grain` in between."""
    forced = _forced_bands.get()
    if forced is not None:
        bands = max(1, min(forced, rows))
        return [rows * band // bands for band in range(bands + 1)]
    grains = -(-rows // grain)
    bands = max(1, min(grains, _pool.threads * _BANDS_PER_THREAD)) if _pool.threads > 1 else max(1, min(grains, 8))
    return [min(rows, grain * (grains * band // bands)) for band in range(bands)] + [rows]


def run_bands(work: Callable[[int, int], None], rows: int, *, grain: int = 1) -> None:
    """Call `work(start, stop)` over bands that cover `range(rows)` once, on all threads.

    Parameters
    ----------
    work
        Computes rows `start:stop` of the output; releases the GIL; touches no other row.
    rows
        Number of rows, ≥ 0.
    grain
        Bands begin at multiples of it; choose it so that one band is worth a few hundred microseconds at least.
    """
    edges = band_edges(rows, grain)
    numbers = iter(range(len(edges) - 1))
    _share(
        lambda _, start, stop: work(start, stop),
        edges,
        lambda _: next(numbers, None),
        min(_pool.threads, len(edges) - 1),
    )


def run_bands_apart(work: Callable[[int, int, int], None], rows: int, *, workers: int, grain: int = 1) -> None:
    """Call `work(worker, start, stop)` over bands that cover `range(rows)` once, never twice at once for one worker.

    The bands of a worker lie side by side as far as may be, so that what it keeps for itself concerns few rows; who has
    finished takes over half of what the slowest has left.

    Parameters
    ----------
    work, rows, grain
        As for `run_bands`.
    workers
        How many there are at most, ≥ 1.
    """
    edges = band_edges(rows, grain)
    workers = min(workers, len(edges) - 1)
    shares = [[(len(edges) - 1) * worker // max(workers, 1) for worker in (one, one + 1)] for one in range(workers)]
    lock = threading.Lock()

    def take(worker: int) -> int | None:
        with lock:
            own = shares[worker]
            if own[0] == own[1]:
                slowest = max(shares, key=lambda share: share[1] - share[0])
                middle = (slowest[0] + slowest[1]) // 2
                own[:], slowest[1] = (middle, slowest[1]), middle
            if own[0] == own[1]:
                return None
            own[0] += 1
            return own[0] - 1

    _share(work, edges, take, workers)


def _share(
    work: Callable[[int, int, int], None], edges: list[int], take: Callable[[int], int | None], workers: int
) -> None:
    """Let workers, the caller the first of them, take bands while there are any; raise what any of them raised."""
    check = _interrupt.get()
    failed: list[bool] = []

    def drain(worker: int) -> None:
        try:
            while not failed and (number := take(worker)) is not None:
                if check is not None:
                    check()
                start, stop = edges[number], edges[number + 1]
                if stop > start:
                    work(worker, start, stop)
        except BaseException:
            failed.append(True)
            raise

    helpers = workers - 1
    if helpers < 1:
        drain(0)
        return
    share = _Share(drain, helpers)
    _pool.call(share, helpers)
    try:
        drain(0)
    finally:
        errors = share.close(helpers)
    for error in errors:
        raise error
