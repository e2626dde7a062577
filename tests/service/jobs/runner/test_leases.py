import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import DatabaseUnavailable
from service.jobs.database.store import JobDatabase
from service.jobs.records import Job, Submission
from service.jobs.runner import leases as module
from service.jobs.runner.leases import Held, Leases

PATIENCE = 30


@pytest.fixture
def database(tmp_path: Path) -> Iterator[JobDatabase]:
    database = JobDatabase(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def job(database: JobDatabase) -> Job:
    database.submit(Submission("me", "gaussian", "call", "{}"), most=10)
    job = database.claim("one", lease=1)
    assert job is not None
    return job


@pytest.fixture
def leases(database: JobDatabase) -> Iterator[Leases]:
    leases = Leases(database)
    yield leases
    leases.close()


def test_a_claim_that_is_held_outlives_its_first_lease(
    database: JobDatabase, job: Job, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RENEWAL", 0.1)
    lost = threading.Event()
    leases.hold(Held(job.id, job.fence, lost.set, lost.set))
    time.sleep(1.5)
    assert database.claim("two", lease=1) is None
    assert leases.sound
    assert not lost.is_set()


def test_a_dismissal_is_seen_once(database: JobDatabase, job: Job, leases: Leases) -> None:
    calls: list[float] = []
    seen = threading.Event()

    def cancelled() -> None:
        calls.append(time.monotonic())
        seen.set()

    leases.hold(Held(job.id, job.fence, lambda: None, cancelled))
    database.dismiss(job.id, "me")
    assert seen.wait(PATIENCE)
    leases.look()
    time.sleep(0.1)
    assert len(calls) == 1


def test_a_claim_that_another_runner_has_is_lost(
    database: JobDatabase, job: Job, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RENEWAL", 0.0)
    database.release(job.id, job.fence)
    lost = threading.Event()
    leases.hold(Held(job.id, job.fence, lost.set, lambda: None))
    assert lost.wait(PATIENCE)


def test_a_claim_that_cannot_be_renewed_is_given_up_before_its_lease_ends(
    database: JobDatabase, job: Job, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("it is away", 1)

    monkeypatch.setattr(database, "renew", away)
    monkeypatch.setattr(database, "events", away)
    lost = threading.Event()
    leases.hold(Held(job.id, job.fence, lost.set, lambda: None, renewed=time.monotonic() - 10))
    leases.lapse()
    assert leases.sound
    assert not lost.is_set()
    leases.hold(Held(job.id, job.fence, lost.set, lambda: None, renewed=time.monotonic() - 13))
    assert not leases.sound
    leases.lapse()
    assert lost.is_set()
    assert leases.sound
