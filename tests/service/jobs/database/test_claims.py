from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select

from service.jobs.database.changes import locked
from service.jobs.database.identity import new_id
from service.jobs.database.lease import LeaseLost
from service.jobs.database.store import JobDatabase
from service.jobs.database.tables import documents, jobs
from service.jobs.records import Job, Submission, TileOutcome
from tests.service.jobs.database.conftest import Clock, empty


def submit(database: JobDatabase, owner: str = "ada", priority: int = 0) -> str:
    return database.submit(Submission(owner, "gaussian", "items", "{}", priority), most=10_000)[0].id


def claim(database: JobDatabase, lease: float = 10.0) -> Job:
    job = database.claim("runner", lease=lease)
    assert job is not None
    return job


def writes(database: JobDatabase, job: str, fence: int) -> list[Callable[[], object]]:
    """Everything that a runner may write."""
    return [
        lambda: database.renew(job, fence, lease=10.0),
        lambda: database.release(job, fence),
        lambda: database.set_plan(job, fence, "[]", 7),
        lambda: database.record(job, fence, [TileOutcome(5, "done")]),
        lambda: database.finish(job, fence, "successful", keep=10.0),
        lambda: database.finish(job, fence, "failed", keep=10.0),
        lambda: database.finish(job, fence, "dismissed", keep=10.0),
    ]


def assert_nothing_is_written(database: JobDatabase, job: str, fence: int) -> None:
    before, events = database.get(job), database.events(job)
    for write in writes(database, job, fence):
        with pytest.raises(LeaseLost):
            write()
    assert database.get(job) == before
    assert database.events(job) == events
    assert 5 not in database.recorded(job)


def test_a_claim_is_numbered_and_whole(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    claimed = claim(database)
    assert (claimed.id, claimed.state, claimed.fence, claimed.document) == (job, "running", 1, "{}")
    assert claimed.started == clock.now
    assert database.claim("another", lease=10.0) is None


def test_a_lapsed_claim_passes_to_the_next_runner(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    first = claim(database)
    database.set_plan(job, first.fence, "[1]", 9)
    database.record(job, first.fence, [TileOutcome(0, "done")])
    clock.now += 9.9
    assert database.claim("another", lease=10.0) is None
    clock.now += 0.1
    second = claim(database)
    assert (second.id, second.fence, second.plan, second.tiles_done) == (job, 2, "[1]", 1)
    assert second.started == first.started
    assert_nothing_is_written(database, job, first.fence)
    database.record(job, second.fence, [TileOutcome(5, "done")])


def test_a_renewed_claim_stays(database: JobDatabase, clock: Clock) -> None:
    submit(database)
    job = claim(database)
    for _ in range(3):
        clock.now += 9.0
        database.renew(job.id, job.fence, lease=10.0)
    assert database.claim("another", lease=10.0) is None


def test_a_runner_that_was_late_keeps_a_claim_that_nobody_took(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    fence = claim(database).fence
    clock.now += 60.0
    database.renew(job, fence, lease=10.0)
    assert database.claim("another", lease=10.0) is None


def test_a_claim_that_was_given_back_is_taken_at_once(database: JobDatabase) -> None:
    job = submit(database)
    first = claim(database)
    database.release(job, first.fence)
    assert database.get(job).state == "accepted"
    assert_nothing_is_written(database, job, first.fence)
    second = claim(database)
    assert (second.id, second.fence) == (job, 2)


@pytest.mark.parametrize("state", ["successful", "failed", "dismissed"])
def test_nothing_is_written_after_the_end(database: JobDatabase, state: str) -> None:
    job = submit(database)
    fence = claim(database).fence
    database.finish(job, fence, state, keep=10.0)  # type: ignore[arg-type]
    before = database.get(job)
    for write in writes(database, job, fence)[:4]:
        with pytest.raises(LeaseLost):
            write()
    assert database.get(job) == before
    assert database.claim("another", lease=10.0) is None


def test_dismissed_is_final(database: JobDatabase) -> None:
    job = submit(database)
    fence = claim(database).fence
    database.dismiss(job, "ada")
    database.finish(job, fence, "dismissed", keep=10.0)
    assert_nothing_is_written(database, job, fence)


def test_a_dismissal_wins_over_the_end_that_came_later(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    fence = claim(database).fence
    database.dismiss(job, "ada")
    ended = database.finish(job, fence, "successful", result_bytes=5, keep=100.0)
    assert (ended.state, ended.results_expire, ended.result_bytes) == ("dismissed", clock.now, 5)
    assert_nothing_is_written(database, job, fence)


def test_giving_back_a_job_that_was_to_be_cancelled_dismisses_it(database: JobDatabase) -> None:
    job = submit(database)
    fence = claim(database).fence
    database.dismiss(job, "ada")
    database.release(job, fence)
    assert database.get(job).state == "dismissed"


def test_a_job_that_was_to_be_cancelled_is_dismissed_where_its_runner_died(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    fence = claim(database).fence
    database.dismiss(job, "ada")
    clock.now += 10.0
    assert database.claim("another", lease=10.0) is None
    assert database.get(job).state == "dismissed"
    assert_nothing_is_written(database, job, fence)


def test_a_job_whose_runner_died_is_dismissed_at_once(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    fence = claim(database).fence
    clock.now += 10.0
    assert database.dismiss(job, "ada").state == "dismissed"
    assert_nothing_is_written(database, job, fence)


def test_claims_of_jobs_that_are_gone_are_lost(database: JobDatabase) -> None:
    for write in writes(database, "0" * 26, 1):
        with pytest.raises(LeaseLost, match="is gone"):
            write()


def test_an_end_may_be_repeated(database: JobDatabase, clock: Clock) -> None:
    job = submit(database)
    fence = claim(database).fence
    ended = database.finish(job, fence, "successful", keep=10.0)
    clock.now += 1.0
    assert database.finish(job, fence, "successful", keep=10.0) == ended
    with pytest.raises(LeaseLost):
        database.finish(job, fence, "failed", keep=10.0)
    with pytest.raises(LeaseLost):
        database.finish(job, fence + 1, "successful", keep=10.0)


def test_of_one_owners_jobs_the_greatest_priority_then_the_oldest_is_taken(database: JobDatabase, clock: Clock) -> None:
    names = {}
    for name, priority in (("a", 0), ("b", -10), ("c", 10), ("d", 10), ("e", 0)):
        clock.now += 1.0
        names[submit(database, priority=priority)] = name
    assert "".join(names[claim(database, 100.0).id] for _ in range(5)) == "cdaeb"


def test_a_thousand_jobs_do_not_delay_another_owners_first(database: JobDatabase, clock: Clock) -> None:
    first = submit(database, "greedy", priority=10)
    with database._connections.writing() as connection:
        row = dict(connection.execute(select(jobs)).one()._mapping)
        names = [new_id(clock.now + number * 1e-3) for number in range(1, 1000)]
        connection.execute(insert(jobs), [row | {"id": name} for name in names])
        connection.execute(insert(documents), [{"job": name, "document": "{}"} for name in names])
    assert [claim(database, 1000.0).id for _ in range(4)] == [first, *names[:3]]
    clock.now += 1.0
    patient = submit(database, "patient", priority=-10)
    database.finish(first, 1, "successful", keep=10.0)
    assert claim(database).id == patient


def test_owners_take_turns_where_one_job_runs_at_a_time(database: JobDatabase, clock: Clock) -> None:
    for owner, number in (("greedy", 9), ("bob", 3), ("cyd", 1)):
        for _ in range(number):
            submit(database, owner, priority=10 if owner == "greedy" else 0)
    turns = []
    for _ in range(7):
        clock.now += 1.0
        job = claim(database)
        turns.append(job.owner)
        database.finish(job.id, job.fence, "successful", keep=10.0)
    assert sorted(turns[:3]) == ["bob", "cyd", "greedy"]
    assert turns[3:5] in (["bob", "greedy"], ["greedy", "bob"])
    assert turns.count("greedy") == 3


def test_slots_are_shared_evenly(database: JobDatabase) -> None:
    for owner, number in (("ada", 9), ("bob", 9), ("cyd", 1)):
        for _ in range(number):
            submit(database, owner)
    owners = [claim(database, 100.0).owner for _ in range(7)]
    assert {owner: owners.count(owner) for owner in set(owners)} == {"ada": 3, "bob": 3, "cyd": 1}


def test_runners_at_once_never_take_the_same_job(opened: Callable[[], JobDatabase]) -> None:
    replicas = [opened(), opened()]
    expected = {submit(replicas[0], owner) for owner in ("ada", "bob") for _ in range(20)}

    def take(number: int) -> list[str]:
        taken = []
        while (job := replicas[number % 2].claim(f"runner {number}", lease=100.0)) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(8) as threads:
        taken = [job for found in threads.map(take, range(8)) for job in found]
    assert len(taken) == len(expected) == 40
    assert set(taken) == expected


def test_jobs_that_somebody_is_changing_are_passed_over(postgres_url: str, clock: Clock) -> None:
    database, other = JobDatabase(postgres_url, clock=clock), JobDatabase(postgres_url, clock=clock)
    database.upgrade()
    empty(database)
    first, second = submit(database), submit(database)
    with other._connections.writing() as connection:
        locked(connection, first)
        assert claim(database).id == second
        assert database.claim("runner", lease=10.0) is None
    assert claim(database).id == first
    database.close()
    other.close()
