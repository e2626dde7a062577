import os
from pathlib import Path

import pytest

from service.jobs.database.store import JobDatabase
from service.jobs.records import Job, Submission
from service.jobs.runner.ledger import Ledger, give_back_claims


@pytest.fixture
def database(tmp_path: Path) -> JobDatabase:
    database = JobDatabase(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    database.upgrade()
    return database


@pytest.fixture
def claimed(database: JobDatabase) -> Job:
    database.submit(Submission("me", "gaussian", "call", "{}"), most=10)
    job = database.claim("one", lease=1000)
    assert job is not None
    return job


def test_claims_of_a_runner_that_lives_are_left_alone(tmp_path: Path, database: JobDatabase, claimed: Job) -> None:
    ledger = Ledger(tmp_path, "one")
    ledger.add(claimed.id, claimed.fence)
    give_back_claims(tmp_path, database)
    assert database.claim("two", lease=10) is None
    ledger.close()


def test_claims_of_a_runner_that_died_are_given_back(tmp_path: Path, database: JobDatabase, claimed: Job) -> None:

    ledger = Ledger(tmp_path, "one")
    ledger.add(claimed.id, claimed.fence)
    os.close(ledger._file)  # as the kernel does at the end of a process
    give_back_claims(tmp_path, database)
    again = database.claim("two", lease=10)
    assert again is not None
    assert (again.id, again.fence) == (claimed.id, claimed.fence + 1)
    assert list(tmp_path.glob("*.json")) == []


def test_a_claim_that_somebody_else_has_by_now_is_not_touched(
    tmp_path: Path, database: JobDatabase, claimed: Job
) -> None:
    (tmp_path / "old.json").write_text(f'{{"{claimed.id}": 0, "{"x" * 26}": 3}}')
    (tmp_path / "torn.json").write_text('{"0ho')
    give_back_claims(tmp_path, database)
    assert database.renew(claimed.id, claimed.fence, lease=10).state == "running"
    assert list(tmp_path.glob("*.json")) == []
