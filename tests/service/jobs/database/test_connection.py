import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.errors import DatabaseUnavailable, Overloaded
from service.jobs.database import connection as connections
from service.jobs.database.store import JobDatabase, open_database
from service.jobs.records import Submission, TileOutcome
from service.settings import Settings
from tests.postgres import running_postgres

JOB = Submission("ada", "gaussian", "items", "{}")


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://a/b", "postgresql+asyncpg://a/b", "x"])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(ValueError, match="EPIPOLE_DATABASE"):
        JobDatabase(url)


def test_without_an_address_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    database = open_database(Settings(data_dir=tmp_path / "data"))
    job, _ = database.submit(JOB, most=1)
    database.close()
    assert (tmp_path / "data" / "jobs.sqlite").is_file()
    again = open_database(Settings(database=f"sqlite:///{tmp_path / 'data' / 'jobs.sqlite'}"))
    assert again.get(job.id) == job
    again.close()


def test_sqlite_writes_ahead_and_to_the_disk(tmp_path: Path) -> None:
    database = JobDatabase(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    with database._connections.reading() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2}
    database.close()


def test_a_database_that_stays_locked_is_not_available(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_WAIT", 0.05)
    database = JobDatabase(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    database.upgrade()
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable) as refusal:
        database.submit(JOB, most=1)
    assert isinstance(refusal.value, Overloaded)
    assert refusal.value.retry_after > 0
    assert database.counts()["accepted"] == 0, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert database.submit(JOB, most=1)[1]
    database.close()


def test_a_full_disk_leaves_the_database_whole(tmp_path: Path) -> None:
    database = JobDatabase(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    database.upgrade()
    database.submit(JOB, most=1)
    job = database.claim("runner", lease=10.0)
    assert job is not None
    with database._connections.reading() as connection:  # there is but one connection
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
    outcomes = [TileOutcome(tile, "done", worker="w" * 200) for tile in range(200)]
    with pytest.raises(DatabaseUnavailable):
        database.record(job.id, job.fence, outcomes)
    assert database.get(job.id) == job
    assert database.recorded(job.id) == set()
    with database._connections.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert database.record(job.id, job.fence, outcomes).tiles_done == 200
    database.close()


def test_a_folder_that_cannot_be_opened_is_not_available(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").mkdir()
    database = JobDatabase(f"sqlite:///{tmp_path / 'jobs.sqlite'}")
    with pytest.raises(DatabaseUnavailable):
        database.upgrade()
    database.close()


def test_a_server_that_is_not_there_is_not_available(tmp_path: Path) -> None:
    database = JobDatabase(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        database.upgrade()
    database.close()


def test_a_restart_of_the_server_loses_and_doubles_nothing() -> None:
    with running_postgres() as server:
        database = JobDatabase(server.new_database())
        database.upgrade()
        database.submit(JOB, most=10)
        job = database.claim("runner", lease=1000.0)
        assert job is not None
        fence = job.fence
        server.stop("immediate")
        with pytest.raises(DatabaseUnavailable):
            database.get(job.id)
        with pytest.raises(DatabaseUnavailable):
            database.submit(JOB, most=10)
        server.start()
        assert database.get(job.id) == job

        def record(tile: int) -> None:
            deadline = time.monotonic() + 30.0
            while True:
                try:
                    database.record(job.id, fence, [TileOutcome(tile, "done")])
                except DatabaseUnavailable:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                else:
                    return

        with ThreadPoolExecutor(4) as threads:
            done = threads.map(record, range(100))
            next(done)
            server.stop("immediate")
            server.start()
            list(done)
        assert database.recorded(job.id) == set(range(100))
        assert database.get(job.id).tiles_done == 100
        database.close()


def test_the_service_starts_without_loading_what_only_jobs_need() -> None:
    libraries = {"sqlalchemy", "alembic", "psycopg", "distributed", "zarr", "obstore"}
    script = f"import sys, api.app; print({libraries} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


WRITER = """
import sys
from service.jobs.database.store import JobDatabase
from service.jobs.records import Submission
database = JobDatabase(sys.argv[1])
database.upgrade()
for number in range(20):
    database.submit(Submission(sys.argv[2], "gaussian", "items", "{}"), most=1000)
    database.submit(Submission("all", "gaussian", "items", "{}", idempotency_key=f"k{number}"), most=1000)
database.close()
"""


def test_processes_create_and_fill_one_database_together(new_address: str) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, new_address, f"owner{number}"], stderr=subprocess.PIPE)
        for number in range(3)
    ]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors.decode()
    database = JobDatabase(new_address)
    assert database.counts()["accepted"] == 3 * 20 + 20
    database.close()


def test_threads_share_a_database(opened: Callable[[], JobDatabase]) -> None:
    database = opened()
    with ThreadPoolExecutor(16) as threads:
        jobs = list(threads.map(lambda _: database.submit(JOB, most=1000)[0].id, range(64)))
        found = list(threads.map(lambda job: database.get(job).id, jobs))
    assert found == jobs
