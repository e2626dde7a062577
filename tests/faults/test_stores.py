"""A store or a database that goes away for a while, or for good."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.machine import Machine, rig_document
from tests.postgres import running_postgres
from tests.s3 import ACCESS_KEY, SECRET_KEY, S3Server, make_bucket, s3_server

pytestmark = pytest.mark.slow


def settings_of(store: S3Server) -> dict[str, Any]:
    make_bucket(store.endpoint, "epipole")
    return {
        "job_store": "s3://epipole/jobs",
        "s3_endpoint": store.endpoint,
        "s3_access_key": ACCESS_KEY,
        "s3_secret_key": SECRET_KEY,
    }


def test_a_store_that_answers_late_delays_the_job_and_no_more(tmp_path: Path, undisturbed: dict[str, str]) -> None:
    with s3_server() as store:
        machine = Machine(tmp_path, **settings_of(store))
        try:
            job = machine.submit(rig_document())
            machine.wait(job, tiles=10)
            os.kill(store.process.pid, signal.SIGSTOP)
            try:
                time.sleep(3)
                assert machine.ask("GET", "/readyz").status_code == 200
            finally:
                os.kill(store.process.pid, signal.SIGCONT)
            assert machine.wait(job, within=120)["state"] == "successful"
            assert machine.digests(job) == undisturbed
        finally:
            machine.stop()


def test_a_store_that_is_gone_fails_the_job_and_not_the_service(tmp_path: Path) -> None:
    with s3_server() as store:
        machine = Machine(tmp_path, **settings_of(store))
        try:
            job = machine.submit(rig_document())
            machine.wait(job, tiles=5)
            store.process.kill()
            status = machine.wait(job, within=300)
            assert status["state"] == "failed"
            assert status["reason"]["title"]
            assert machine.ask("GET", "/readyz").status_code == 200
            assert machine.status(job) == status
        finally:
            machine.stop()


@pytest.mark.parametrize("pause", [0.0, 4.0])
def test_a_database_that_restarts_loses_nothing(tmp_path: Path, undisturbed: dict[str, str], pause: float) -> None:
    with running_postgres() as postgres:
        settings: dict[str, Any] = {"database": postgres.new_database()}
        machine = Machine(tmp_path, **settings)
        try:
            job = machine.submit(rig_document())
            machine.wait(job, tiles=10)
            postgres.stop("immediate")
            try:
                time.sleep(pause)
                assert machine.ask("GET", "/readyz").status_code == 200
                if pause:
                    answer = machine.ask("GET", f"/v1/jobs/{job}")
                    assert answer.status_code == 503
                    assert int(answer.headers["retry-after"]) > 0
            finally:
                postgres.start()
            deadline = time.monotonic() + 30
            while machine.ask("GET", f"/v1/jobs/{job}").status_code == 503:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            status = machine.wait(job)
            assert status["state"] == "successful"
            assert [outcome.tile for outcome in machine.outcomes(job)] == list(range(status["tiles_total"]))
            assert machine.digests(job) == undisturbed
        finally:
            machine.stop()
