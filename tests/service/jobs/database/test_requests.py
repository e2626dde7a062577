import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.errors import Conflict, Gone, InvalidParams, NotFound, RateLimited
from service.jobs.database.identity import is_id, new_id
from service.jobs.database.store import JobDatabase
from service.jobs.records import Submission, TileOutcome
from tests.service.jobs.database.conftest import Clock

JOB = Submission("ada", "gaussian", "items", '{"operation":"gaussian"}')


def keyed(key: str, document: str = "{}", owner: str = "ada") -> Submission:
    return Submission(owner, "gaussian", "items", document, idempotency_key=key)


def failed(database: JobDatabase) -> str:
    job, _ = database.submit(JOB, most=10)
    claim = database.claim("runner", lease=10.0)
    assert claim is not None
    database.set_plan(job.id, claim.fence, "{}", 3)
    database.record(job.id, claim.fence, [TileOutcome(0, "done"), TileOutcome(1, "failed")])
    database.finish(job.id, claim.fence, "failed", reason={"title": "t", "detail": "d"}, keep=100.0)
    return job.id


def test_a_new_job_waits_to_be_taken(database: JobDatabase, clock: Clock) -> None:
    job, created = database.submit(JOB, most=1)
    assert created
    assert is_id(job.id)
    assert (job.owner, job.operation, job.kind, job.document) == ("ada", "gaussian", "items", JOB.document)
    assert (job.state, job.created, job.fence, job.tiles_total, job.plan) == ("accepted", clock.now, 0, None, None)
    assert database.get(job.id) == database.get(job.id, "ada") == job
    assert [event.data["state"] for event in database.events(job.id)] == ["accepted"]


def test_names_sort_by_age(clock: Clock) -> None:
    names = [new_id(clock.now + microseconds * 1e-6) for microseconds in range(0, 5000, 7)]
    assert names == sorted(names)
    assert all(len(name) == 26 for name in names)
    assert new_id(4e9) < new_id(4.1e9)


@pytest.mark.parametrize("name", ["", "nothing", "\0" * 26, "é" * 26, "' OR 1=1 --", "0" * 26])
def test_what_is_not_there_is_not_found(database: JobDatabase, name: str) -> None:
    with pytest.raises(NotFound, match="no such job"):
        database.get(name)
    with pytest.raises(NotFound):
        database.dismiss(name, "ada")
    with pytest.raises(NotFound):
        database.retry(name, "ada")


def test_another_owners_job_is_not_found(database: JobDatabase) -> None:
    job = failed(database)
    for ask in (database.get, database.dismiss, database.retry):
        with pytest.raises(NotFound):
            ask(job, "bob")
    assert database.list("bob") == ([], None)
    assert database.get(job).state == "failed"


def test_a_key_makes_one_job_of_an_owner(database: JobDatabase) -> None:
    first, created = database.submit(keyed("k"), most=1)
    assert created
    assert database.submit(keyed("k"), most=1) == (first, False)
    other, created = database.submit(keyed("k", owner="bob"), most=1)
    assert created
    assert other.id != first.id


def test_a_key_does_not_serve_two_requests(database: JobDatabase) -> None:
    database.submit(keyed("k"), most=10)
    with pytest.raises(InvalidParams, match="another request") as refusal:
        database.submit(keyed("k", "[]"), most=10)
    assert refusal.value.faults[0].pointer == "/Idempotency-Key"


@pytest.mark.parametrize("key", ["", " a", "a" * 256, "a\nb", "a\0", "ü"])
def test_a_key_is_printable_and_short(database: JobDatabase, key: str) -> None:
    with pytest.raises(InvalidParams, match="printable ASCII"):
        database.submit(keyed(key), most=10)


def test_a_hundred_submissions_with_one_key_at_once_make_one_job(opened: Callable[[], JobDatabase]) -> None:
    replicas = [opened(), opened()]
    together = threading.Barrier(100)

    def submit(number: int) -> tuple[str, bool]:
        together.wait(30)
        job, created = replicas[number % 2].submit(keyed("k"), most=10)
        return job.id, created

    with ThreadPoolExecutor(100) as threads:
        answers = list(threads.map(submit, range(100)))
    assert len({job for job, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1
    assert replicas[0].counts()["accepted"] == 1


def test_an_owner_has_only_so_many_unfinished_jobs(database: JobDatabase) -> None:
    job = database.submit(JOB, most=2)[0]
    database.submit(keyed("k"), most=2)
    with pytest.raises(RateLimited, match="EPIPOLE_MAX_OWNER_JOBS") as refusal:
        database.submit(JOB, most=2)
    assert refusal.value.retry_after > 0
    assert not database.submit(keyed("k"), most=2)[1], "a repeated request is answered, not counted"
    database.dismiss(job.id, "ada")
    assert database.submit(JOB, most=2)[1]


def test_submissions_at_once_do_not_pass_the_limit_together(opened: Callable[[], JobDatabase]) -> None:
    replicas = [opened(), opened()]

    def submit(number: int) -> bool:
        try:
            return replicas[number % 2].submit(JOB, most=3)[1]
        except RateLimited:
            return False

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(submit, range(24))) == 3


def test_pages_show_the_newest_first(database: JobDatabase, clock: Clock) -> None:
    names = []
    for number in range(5):
        clock.now += 1.0
        operation = "gaussian" if number % 2 else "fundamental-all"
        names.insert(0, database.submit(Submission("ada", operation, "items", "{}"), most=10)[0].id)
    first, after = database.list("ada", limit=2)
    assert [job.id for job in first] == names[:2]
    assert after == names[1]
    database.submit(JOB, most=10)
    rest, end = database.list("ada", after=after, limit=3)
    assert [job.id for job in rest] == names[2:]
    assert end is None


def test_pages_are_filtered(database: JobDatabase) -> None:
    job = database.submit(JOB, most=10)[0]
    other = database.submit(Submission("ada", "fundamental-all", "tiled", "{}"), most=10)[0]
    database.dismiss(other.id, "ada")
    assert [found.id for found in database.list("ada", state="accepted")[0]] == [job.id]
    assert [found.id for found in database.list("ada", operation="fundamental-all")[0]] == [other.id]
    assert database.list("ada", state="accepted", operation="fundamental-all") == ([], None)
    assert database.list("ada", operation="\0") == ([], None)


def test_pages_leave_documents_out(database: JobDatabase) -> None:
    database.submit(JOB, most=10)
    assert [(job.document, job.plan) for job in database.list("ada")[0]] == [("", None)]


def test_a_page_needs_a_cursor_that_was_given(database: JobDatabase) -> None:
    with pytest.raises(InvalidParams, match="/after: must be a cursor"):
        database.list("ada", after="\0")
    with pytest.raises(InvalidParams, match="/state: must be one of accepted, running"):
        database.list("ada", state="lost")  # type: ignore[arg-type]


def test_a_waiting_job_is_dismissed_at_once(database: JobDatabase, clock: Clock) -> None:
    job = database.submit(JOB, most=10)[0]
    dismissed = database.dismiss(job.id, "ada")
    assert (dismissed.state, dismissed.finished, dismissed.cancelling) == ("dismissed", clock.now, False)
    assert database.claim("runner", lease=10.0) is None
    assert database.dismiss(job.id, "ada") == dismissed
    assert [event.data["state"] for event in database.events(job.id)] == ["accepted", "dismissed"]


def test_a_running_job_is_asked_to_end(database: JobDatabase) -> None:
    job = database.submit(JOB, most=10)[0]
    database.claim("runner", lease=10.0)
    for _ in range(2):
        asked = database.dismiss(job.id, "ada")
        assert (asked.state, asked.cancelling) == ("running", True)
    assert [event.data["cancelling"] for event in database.events(job.id)] == [False, False, True]
    assert database.renew(job.id, 1, lease=10.0).cancelling
    ended = database.finish(job.id, 1, "dismissed", keep=100.0)
    assert (ended.state, ended.cancelling, ended.results_expire) == ("dismissed", False, ended.finished)


def test_a_finished_job_is_dismissed_with_its_results(database: JobDatabase, clock: Clock) -> None:
    job = failed(database)
    clock.now += 5.0
    dismissed = database.dismiss(job, "ada")
    assert (dismissed.state, dismissed.results_expire) == ("dismissed", clock.now)
    assert [due.id for due in database.expired(clock.now)] == [job]
    with pytest.raises(Conflict):
        database.retry(job, "ada")


def test_what_has_expired_stays_so_when_it_is_dismissed(database: JobDatabase, clock: Clock) -> None:
    job = failed(database)
    expiry = database.get(job).results_expire
    clock.now += 500.0
    database.forget(job)
    dismissed = database.dismiss(job, "ada")
    assert (dismissed.state, dismissed.finished, dismissed.results_expire) == ("dismissed", clock.now - 500.0, expiry)
    assert database.expired(clock.now) == []


def test_a_failed_job_is_tried_again_without_its_failed_tiles(database: JobDatabase) -> None:
    job = failed(database)
    again = database.retry(job, "ada")
    assert (again.state, again.tiles_done, again.tiles_failed, again.tiles_total) == ("accepted", 1, 0, 3)
    assert (again.reason, again.finished, again.results_expire, again.plan) == (None, None, None, "{}")
    assert database.recorded(job) == {0}
    claim = database.claim("runner", lease=10.0)
    assert claim is not None
    assert (claim.id, claim.fence) == (job, 2)


def test_only_a_failed_job_is_tried_again(database: JobDatabase) -> None:
    job = database.submit(JOB, most=10)[0]
    with pytest.raises(Conflict, match="is accepted"):
        database.retry(job.id, "ada")
    claim = database.claim("runner", lease=10.0)
    assert claim is not None
    with pytest.raises(Conflict, match="is running"):
        database.retry(job.id, "ada")
    database.finish(job.id, claim.fence, "successful", keep=100.0)
    with pytest.raises(Conflict, match="is successful"):
        database.retry(job.id, "ada")


def test_what_has_expired_is_not_tried_again(database: JobDatabase, clock: Clock) -> None:
    job = failed(database)
    clock.now += 100.0
    with pytest.raises(Gone, match="expired"):
        database.retry(job, "ada")
