"""A disk that is full: the job fails and says why, the service and its database live on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.machine import Machine, rig_document

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_fails_the_job_with_the_reason_and_nothing_else(small_disk: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "data", job_store=f"file://{small_disk}")
    try:
        job = machine.submit(rig_document())
        status = machine.wait(job, within=180)
        assert status["state"] == "failed"
        assert "No space left" in status["reason"]["detail"]
        assert str(small_disk) not in str(status)
        assert machine.ask("GET", "/readyz").status_code == 200
        assert machine.ask("DELETE", f"/v1/jobs/{job}").status_code == 200
        assert not list((small_disk / job).rglob("*"))
        little = machine.submit(rig_document(cameras=12))
        assert machine.wait(little)["state"] == "successful"
    finally:
        machine.stop()
    again = Machine(tmp_path / "data", job_store=f"file://{small_disk}")
    try:
        assert again.status(little)["state"] == "successful"
        assert again.digests(little)
    finally:
        again.stop()


def test_a_retry_after_room_was_made_finishes_the_job(
    small_disk: Path, tmp_path: Path, undisturbed: dict[str, str]
) -> None:
    machine = Machine(tmp_path / "data", job_store=f"file://{small_disk}")
    try:
        job = machine.submit(rig_document())
        assert machine.wait(job, within=180)["state"] == "failed"
        subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
        assert machine.ask("POST", f"/v1/jobs/{job}/retry").status_code in (200, 202)
        assert machine.wait(job)["state"] == "successful"
        assert machine.digests(job) == undisturbed
    finally:
        machine.stop()
