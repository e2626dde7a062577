import json
from dataclasses import replace

import pytest

from service.jobs.records import Job
from service.jobs.status import public_status

JOB = Job("0" * 26, "ada", "gaussian", "items", "accepted", '{"secret":1}', 3, created=1_800_000_000.0)


def test_a_waiting_job_is_shown_without_what_is_not_known_yet() -> None:
    where = "/v1/jobs/" + "0" * 26
    assert public_status(JOB) == {
        "id": "0" * 26,
        "operation": "gaussian",
        "kind": "items",
        "state": "accepted",
        "progress": 0.0,
        "tiles_done": 0,
        "tiles_total": None,
        "tiles_failed": 0,
        "priority": 3,
        "created": "2027-01-15T08:00:00.000Z",
        "started": None,
        "finished": None,
        "results_expire": None,
        "rate": None,
        "eta_seconds": None,
        "reason": None,
        "cancelling": False,
        "links": {"self": where, "events": where + "/events", "results": where + "/results"},
    }


def test_rate_and_remaining_time_count_what_this_run_has_done() -> None:
    job = replace(
        JOB,
        state="running",
        started=JOB.created,
        tiles_total=100,
        tiles_done=50,
        tiles_failed=10,
        paced_from=JOB.created + 1000.0,
        paced_tiles=40,
        updated=JOB.created + 1004.0,
    )
    shown = public_status(job)
    assert (shown["rate"], shown["eta_seconds"], shown["progress"]) == (5.0, 8.0, 60.0)
    ended = public_status(replace(job, state="failed", reason={"title": "t"}))
    assert (ended["rate"], ended["eta_seconds"], ended["reason"]) == (5.0, None, {"title": "t"})


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_no_rate_is_told_from_no_time(seconds: float) -> None:
    job = replace(JOB, state="running", tiles_total=9, tiles_done=5, paced_from=7.0, updated=7.0 + seconds)
    assert public_status(job)["rate"] is None
    assert public_status(job)["eta_seconds"] is None


def test_a_status_is_json() -> None:
    job = replace(JOB, state="failed", finished=JOB.created + 0.125, results_expire=JOB.created + 60.0)
    shown = json.loads(json.dumps(public_status(job), allow_nan=False))
    assert (shown["finished"], shown["results_expire"]) == ("2027-01-15T08:00:00.125Z", "2027-01-15T08:01:00.000Z")


def test_only_success_is_whole() -> None:
    assert public_status(replace(JOB, state="successful"))["progress"] == 100.0
    assert public_status(replace(JOB, state="running", tiles_total=5, tiles_done=5))["progress"] == 99.9
