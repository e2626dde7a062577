import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from geometry import bands
from geometry.bands import (
    band_count,
    band_edges,
    interrupt_point,
    interruptible,
    run_bands,
    run_bands_apart,
    threads,
    use_threads,
)


class Stopped(Exception):
    pass


@pytest.fixture(params=[1, 2, 5])
def pool(request: pytest.FixtureRequest) -> Iterator[int]:
    before = threads()
    use_threads(request.param)
    yield request.param
    use_threads(before)


def marker(rows: int) -> tuple[np.ndarray, Callable[[int, int], None]]:
    seen = np.zeros(rows, int)

    def work(start: int, stop: int) -> None:
        seen[start:stop] += 1

    return seen, work


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 64, 1000])
@pytest.mark.parametrize("grain", [1, 3, 64])
def test_every_row_is_worked_once(rows: int, grain: int, pool: int) -> None:
    seen, work = marker(rows)
    run_bands(work, rows, grain=grain)
    assert (seen == 1).all()


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 64, 1000])
@pytest.mark.parametrize("workers", [1, 2, 3, 9])
def test_every_row_is_worked_once_by_one_of_the_workers(rows: int, workers: int, pool: int) -> None:
    seen, inside = np.zeros(rows, int), [0] * workers

    def work(worker: int, start: int, stop: int) -> None:
        inside[worker] += 1
        assert inside[worker] == 1
        seen[start:stop] += 1
        inside[worker] -= 1

    run_bands_apart(work, rows, workers=workers, grain=3)
    assert (seen == 1).all()


@pytest.mark.parametrize("rows", [1, 5, 100])
def test_edges_are_multiples_of_the_grain_and_cover_all_rows(rows: int, pool: int) -> None:
    edges = band_edges(rows, 8)
    assert edges[0] == 0
    assert edges[-1] == rows
    assert edges == sorted(edges)
    assert all(edge % 8 == 0 for edge in edges[:-1])


def test_a_forced_count_splits_whatever_the_grain() -> None:
    with band_count(3):
        assert band_edges(10, 64) == [0, 3, 6, 10]
    with band_count(7):
        assert band_edges(2, 1) == [0, 1, 2]


def test_an_error_in_one_band_reaches_the_caller_and_stops_the_rest(pool: int) -> None:
    worked = []

    def work(start: int, stop: int) -> None:
        worked.append(start)
        if start >= 2:
            raise ValueError("band")

    with band_count(1000), pytest.raises(ValueError, match="band"):
        run_bands(work, 1000)
    assert len(worked) < 1000


def test_an_interrupt_stops_between_bands(pool: int) -> None:
    calls, lock = 0, threading.Lock()

    def check() -> None:
        nonlocal calls
        with lock:
            calls += 1
            if calls > 10:
                raise Stopped

    seen, work = marker(1000)
    with band_count(1000), interruptible(check), pytest.raises(Stopped):
        run_bands(work, 1000)
    assert 10 <= seen.sum() < 1000


def test_an_interrupt_point_asks_only_inside() -> None:
    def check() -> None:
        raise Stopped

    interrupt_point()
    with interruptible(check), pytest.raises(Stopped):
        interrupt_point()
    interrupt_point()


def test_bands_inside_bands_do_not_wait_for_each_other(pool: int) -> None:
    seen = np.zeros((16, 16), int)

    def outer(start: int, stop: int) -> None:
        for row in range(start, stop):
            run_bands(lambda a, b, row=row: seen[row, a:b].__iadd__(1), 16)

    run_bands(outer, 16)
    assert (seen == 1).all()


def test_many_callers_share_the_pool(pool: int) -> None:
    results = [marker(5000) for _ in range(8)]
    callers = [threading.Thread(target=run_bands, args=(work, 5000)) for _, work in results]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(30)
        assert not caller.is_alive()
    assert all((seen == 1).all() for seen, _ in results)


def test_at_least_one_thread_is_used() -> None:
    before = threads()
    use_threads(0)
    assert bands.threads() == 1
    use_threads(before)


def test_an_error_of_one_worker_reaches_the_caller(pool: int) -> None:
    def work(worker: int, start: int, stop: int) -> None:
        if start == 20:
            raise Stopped

    with pytest.raises(Stopped):
        run_bands_apart(work, 40, workers=pool, grain=1)


def test_a_system_without_threads_to_give_computes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = threads()
    use_threads(3)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refused)
            seen, work = marker(100)
            run_bands(work, 100)
            assert (seen == 1).all()
        seen, work = marker(100)
        run_bands(work, 100)
        assert (seen == 1).all()
    finally:
        use_threads(before)
