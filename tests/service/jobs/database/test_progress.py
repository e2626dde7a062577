from typing import Any

import pytest

from service.jobs.database.store import JobDatabase
from service.jobs.records import Job, Submission, TileOutcome
from service.jobs.status import public_status
from tests.service.jobs.database.conftest import Clock


@pytest.fixture
def job(database: JobDatabase) -> Job:
    """A job of 1000 tiles that runs."""
    database.submit(Submission("ada", "gaussian", "items", "{}"), most=10)
    claimed = database.claim("runner", lease=10.0)
    assert claimed is not None
    return database.set_plan(claimed.id, claimed.fence, '{"tiles":1000}', 1000)


def tiles(*numbers: int, state: Any = "done") -> list[TileOutcome]:
    return [TileOutcome(number, state) for number in numbers]


def test_a_plan_is_kept_with_the_number_of_tiles(database: JobDatabase, job: Job) -> None:
    assert (job.plan, job.tiles_total, job.document) == ('{"tiles":1000}', 1000, "{}")
    assert database.get(job.id) == job
    assert database.events(job.id)[-1].data["tiles_total"] == 1000


def test_an_outcome_comes_back_as_it_was(database: JobDatabase, job: Job) -> None:
    outcome = TileOutcome(
        tile=3,
        state="failed",
        written=(("a.zarr/c/0", "00c0ffee", 2**33), ("b.zarr/c/0/1", "deadbeef", 0)),
        seconds=0.25,
        worker="tcp://127.0.0.1:1",
        attempts=3,
        detail={"title": "Möbius\0", "faults": [1, None]},
    )
    database.record(job.id, job.fence, [outcome])
    assert database.outcomes(job.id) == [outcome]


def test_tiles_are_counted_and_given_in_order(database: JobDatabase, job: Job) -> None:
    database.record(job.id, job.fence, tiles(7, 3))
    now = database.record(job.id, job.fence, tiles(5, state="failed") + tiles(1))
    assert (now.tiles_done, now.tiles_failed, now.progress) == (3, 1, 0.4)
    assert database.recorded(job.id) == {1, 3, 5, 7}
    assert [outcome.tile for outcome in database.outcomes(job.id)] == [1, 3, 5, 7]
    assert [outcome.tile for outcome in database.outcomes(job.id, after=1, limit=2)] == [3, 5]


def test_a_tile_is_recorded_once(database: JobDatabase, job: Job) -> None:
    database.record(job.id, job.fence, tiles(1, 2) + tiles(2, state="failed"))
    now = database.record(job.id, job.fence, tiles(1, state="failed") + tiles(3))
    assert (now.tiles_done, now.tiles_failed) == (3, 0)
    assert [outcome.state for outcome in database.outcomes(job.id)] == ["done", "done", "done"]
    events = database.events(job.id)
    again = database.record(job.id, job.fence, tiles(1, 2, 3))
    assert (again.tiles_done, again.tiles_failed) == (3, 0)
    assert database.events(job.id) == events


def test_nothing_to_record_changes_nothing(database: JobDatabase, job: Job) -> None:
    assert database.record(job.id, job.fence, []).tiles_done == 0
    assert database.get(job.id) == job


def test_watchers_are_told_twice_a_second_at_most(database: JobDatabase, job: Job, clock: Clock) -> None:
    before = len(database.events(job.id))
    for number in range(100):
        clock.now += 0.02
        database.record(job.id, job.fence, tiles(number))
    told = database.events(job.id)[before:]
    assert 2 <= len(told) <= 5
    assert all(event.kind == "progress" for event in told)


def test_a_renewal_tells_what_was_not_told_yet(database: JobDatabase, job: Job, clock: Clock) -> None:
    clock.now += 0.1
    database.record(job.id, job.fence, tiles(1))
    assert database.events(job.id)[-1].data["tiles_done"] == 0
    clock.now += 1.0
    database.renew(job.id, job.fence, lease=10.0)
    assert database.events(job.id)[-1].data["tiles_done"] == 1
    number = len(database.events(job.id))
    clock.now += 1.0
    database.renew(job.id, job.fence, lease=10.0)
    assert len(database.events(job.id)) == number


def test_a_clock_that_is_set_back_does_not_silence_watchers(database: JobDatabase, job: Job, clock: Clock) -> None:
    clock.now -= 3600.0
    database.record(job.id, job.fence, tiles(1))
    assert database.events(job.id)[-1].data["tiles_done"] == 1


def test_events_are_numbered_and_read_on_from_any(database: JobDatabase, job: Job, clock: Clock) -> None:
    clock.now += 1.0
    database.record(job.id, job.fence, tiles(1))
    ended = database.finish(job.id, job.fence, "successful", keep=10.0)
    events = database.events(job.id)
    assert [(event.seq, event.kind) for event in events] == [
        (1, "state"),
        (2, "state"),
        (3, "progress"),
        (4, "progress"),
        (5, "state"),
    ]
    assert database.events(job.id, after=3) == events[3:]
    assert database.events(job.id, after=1, limit=2) == events[1:3]
    assert database.events(job.id, after=10**30) == []
    assert dict(events[-1].data) == public_status(ended)


def test_of_a_long_job_the_last_progress_and_every_state_is_kept(database: JobDatabase, job: Job, clock: Clock) -> None:
    for number in range(250):
        clock.now += 1.0
        database.record(job.id, job.fence, tiles(number))
    events = database.events(job.id, limit=1000)
    assert [event.seq for event in events][:2] == [1, 2]
    assert len(events) == 2 + 200
    assert events[-1].data["tiles_done"] == 250


def test_an_end_says_why_and_how_long_results_are_kept(database: JobDatabase, job: Job, clock: Clock) -> None:
    reason = {"title": "t", "detail": "d", "errors": [{"pointer": "/a", "detail": "b"}]}
    clock.now += 2.0
    ended = database.finish(job.id, job.fence, "failed", reason=reason, result_bytes=2**40, keep=60.0)
    assert (ended.state, ended.reason, ended.result_bytes) == ("failed", reason, 2**40)
    assert (ended.finished, ended.results_expire) == (clock.now, clock.now + 60.0)
    assert database.get(job.id) == ended


def test_results_expire_once(database: JobDatabase, job: Job, clock: Clock) -> None:
    database.forget(job.id)
    assert database.get(job.id) == job, "the results of a running job are not forgotten"
    ended = database.finish(job.id, job.fence, "successful", keep=60.0)
    assert ended.results_expire is not None
    assert database.expired(ended.results_expire - 0.1) == []
    assert [due.id for due in database.expired(ended.results_expire)] == [job.id]
    clock.now += 70.0
    database.forget(job.id)
    assert database.expired(clock.now) == []
    assert database.get(job.id).results_expire == ended.results_expire


def test_results_that_are_deleted_early_have_expired(database: JobDatabase, job: Job, clock: Clock) -> None:
    database.finish(job.id, job.fence, "successful", keep=60.0)
    database.forget(job.id)
    assert database.get(job.id).results_expire == clock.now


def test_a_record_is_kept_as_long_as_its_results(database: JobDatabase, job: Job, clock: Clock) -> None:
    database.record(job.id, job.fence, tiles(1))
    database.finish(job.id, job.fence, "successful", keep=60.0)
    clock.now += 100.0
    assert database.purge(clock.now) == 0
    database.forget(job.id)
    assert database.purge(clock.now - 100.0) == 0
    assert database.purge(clock.now) == 1
    assert database.recorded(job.id) == set()
    assert database.events(job.id) == []
    assert database.purge(clock.now) == 0


def test_jobs_are_counted_by_state(database: JobDatabase, job: Job) -> None:
    for _ in range(2):
        database.submit(Submission("ada", "gaussian", "items", "{}"), most=10)
    assert database.counts() == {"accepted": 2, "running": 1, "successful": 0, "failed": 0, "dismissed": 0}


@pytest.mark.slow
def test_a_hundred_thousand_tiles_are_paged_by_the_index(database: JobDatabase, job: Job) -> None:
    for first in range(0, 100_000, 5000):
        database.record(job.id, job.fence, tiles(*range(first, first + 5000)))
    assert database.recorded(job.id) == set(range(100_000))
    assert [outcome.tile for outcome in database.outcomes(job.id, after=98_999)] == list(range(99_000, 100_000))
    with database._connections.reading() as connection:
        if database._connections.sqlite:
            plan = connection.exec_driver_sql(
                "EXPLAIN QUERY PLAN SELECT * FROM tiles WHERE job = 'a' AND tile > 5 ORDER BY tile LIMIT 9"
            ).all()
            assert "USING PRIMARY KEY" in str(plan)
            assert "TEMP B-TREE" not in str(plan)
