"""Cancelled in every state: the work stops, and nothing is written afterwards."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.faults.machine import PATIENCE, Machine, rig_document

CANCELS = int(os.environ.get("EPIPOLE_TEST_CANCELS", "8"))
"""How many moments of a running job; the nightly run asks for a hundred."""


def cancel(machine: Machine, job: str) -> float:
    """Dismiss a job, wait until it is, and return how long that took."""
    began = time.monotonic()
    answer = machine.ask("DELETE", f"/v1/jobs/{job}")
    assert answer.status_code in (200, 202), answer.text
    while machine.status(job)["state"] != "dismissed":
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)
    return time.monotonic() - began


def assert_gone(machine: Machine, job: str) -> None:
    """Nothing is there, and nothing comes."""
    before = machine.status(job)
    deadline = time.monotonic() + 0.6
    while time.monotonic() < deadline:
        assert machine.files(job) == []
        time.sleep(0.05)
    assert machine.status(job) == before
    assert machine.ask("GET", f"/v1/jobs/{job}/results").status_code in (404, 409, 410)


def test_a_job_that_waits_is_dismissed_and_never_runs(tmp_path: Path) -> None:
    idle = Machine(tmp_path, engine="off")
    try:
        job = idle.submit(rig_document())
        cancel(idle, job)
        assert idle.status(job)["started"] is None
        assert_gone(idle, job)
    finally:
        idle.stop()


@pytest.mark.slow
def test_a_running_job_is_dismissed_at_any_moment(machine: Machine, undisturbed: dict[str, str]) -> None:
    rng = random.Random(5)
    for _ in range(CANCELS):
        job = machine.submit(rig_document(cameras=384))
        time.sleep(rng.uniform(0.0, 1.5))
        cancel(machine, job)
        assert_gone(machine, job)
    job = machine.submit(rig_document())
    assert machine.wait(job)["state"] == "successful"
    assert machine.digests(job) == undisturbed


@pytest.mark.parametrize("times", [1, 2])
def test_a_finished_job_is_dismissed_with_its_results_once_and_again(machine: Machine, times: int) -> None:
    job = machine.submit(rig_document(cameras=24))
    assert machine.wait(job)["state"] == "successful"
    assert machine.files(job)
    for _ in range(times):
        cancel(machine, job)
    assert_gone(machine, job)


def test_a_failed_job_is_dismissed(machine: Machine) -> None:
    job = machine.submit(
        {
            "operation": "fundamental",
            "params": {"right": [[1, 1, 1, 3], [0, 2, 0, 3], [0, 1, 1, 0]]},
            "items": [{"left": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]}, {"left": [[1, 0, 0, 0]]}],
        }
    )
    assert machine.wait(job)["state"] == "failed"
    cancel(machine, job)
    assert_gone(machine, job)
