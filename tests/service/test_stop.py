import time

import pytest

from service.errors import Abandoned, DeadlinePassed
from service.stop import Stop


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_work_goes_on_until_the_deadline(clock: list[float]) -> None:
    stop = Stop(5.0)
    clock[0] += 4.0
    stop.check()
    assert stop.remaining() == 1.0
    clock[0] += 2.0
    with pytest.raises(DeadlinePassed, match=r"within 5 s \(EPIPOLE_REQUEST_TIMEOUT\)") as passed:
        stop.check()
    assert passed.value.retry_after > 0
    assert stop.remaining() == 0.0


def test_work_that_nobody_waits_for_stops() -> None:
    stop = Stop(5.0)
    stop.abandon()
    with pytest.raises(Abandoned):
        stop.check()


def test_whoever_waits_is_told_once_nobody_waits_for_it() -> None:
    told: list[int] = []
    stop = Stop(5.0)
    stop.when_abandoned(lambda: told.append(1))
    assert told == []
    stop.abandon()
    assert told == [1]
    stop.when_abandoned(lambda: told.append(2))
    assert told == [1, 2]


def test_once_the_answer_has_begun_only_the_reader_ends_it(clock: list[float]) -> None:
    stop = Stop(5.0)
    stop.lift_deadline()
    clock[0] += 1e6
    stop.check()
    stop.abandon()
    with pytest.raises(Abandoned):
        stop.check()
