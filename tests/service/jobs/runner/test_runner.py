import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from service.jobs.records import FINISHED, Job
from tests.service.jobs.working import (
    OWNER,
    Working,
    results,
    settings_in,
    smoothing,
    until,
    worker_processes,
    working,
)

pytestmark = pytest.mark.jit  # worker processes load compiled kernels

POISON = Path(__file__).parent / "poison"
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    with working(settings_in(tmp_path_factory.mktemp("service"))) as service:
        yield service


@pytest.fixture(scope="module")
def image(service: Working) -> dict[str, str]:
    return service.store(np.random.default_rng(3).random((200, 300), np.float32) * 255)


def rows(service: Working, job: Job) -> list[tuple[int, str, int]]:
    with sqlite3.connect(service.settings.data_dir / "jobs.sqlite") as connection:
        found = connection.execute("SELECT tile, state, attempts FROM tiles WHERE job = ? ORDER BY tile", [job.id])
        return list(found)


def test_a_job_of_items_is_computed_to_its_end(service: Working, image: dict[str, str]) -> None:
    job = service.submit(smoothing(image, 12))
    events = service.collect(service.jobs.watch(job.id, OWNER))
    finished = service.get(job)

    assert (finished.state, finished.tiles_done, finished.tiles_failed) == ("successful", 12, 0)
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert events[0].data["state"] == "accepted"
    assert events[-1].data["state"] == "successful"
    assert service.array(job, "image").shape == (12, 200, 300)
    assert rows(service, job) == [(tile, "done", 1) for tile in range(12)]


def test_only_this_machine_reaches_the_runner_and_its_workers(service: Working) -> None:
    processes = (service.runner(), *service.workers())
    listening = [
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_every_item_is_what_the_operation_gives(service: Working, image: dict[str, str]) -> None:
    together = service.submit(smoothing(image, 3))
    alone = service.submit(smoothing(image, 1))
    assert service.wait(together).state == service.wait(alone).state == "successful"
    assert np.array_equal(service.array(together, "image")[:1], service.array(alone, "image"))


def test_an_item_that_fails_lets_the_others_go_on_and_is_tried_again_alone(
    service: Working, image: dict[str, str]
) -> None:
    document = smoothing(image, 3)
    document["items"][1] = {"sigma_color": -1.0}
    failed = service.wait(service.submit(document))
    assert (failed.state, failed.tiles_done, failed.tiles_failed) == ("failed", 2, 1)
    assert failed.reason is not None
    assert failed.reason["first"]["tile"] == 1
    assert "sigma_color" in failed.reason["detail"]

    again = service.call(service.jobs.retry(failed.id, OWNER))
    assert again.tiles_done == 2
    assert service.wait(again).tiles_failed == 1


def test_a_worker_that_is_killed_costs_nothing_but_time(service: Working, image: dict[str, str]) -> None:
    undisturbed = service.wait(service.submit(smoothing(image, 40)))
    job = service.submit(smoothing(image, 40))
    service.wait(job, lambda job: job.tiles_done > 0 or job.state in FINISHED)
    (worker,) = service.workers()
    worker.kill()

    finished = service.wait(job)
    assert (finished.state, finished.tiles_done) == ("successful", 40)
    assert len(rows(service, job)) == 40
    assert results(service.settings, job) == results(service.settings, undisturbed)


def test_a_runner_that_is_killed_is_replaced_and_its_jobs_go_on(service: Working, image: dict[str, str]) -> None:
    undisturbed = service.wait(service.submit(smoothing(image, 40)))
    job = service.submit(smoothing(image, 40))
    service.wait(job, lambda job: job.tiles_done > 0 or job.state in FINISHED)
    runner = service.runner()
    orphans = worker_processes(runner)
    runner.kill()

    until(lambda: not any(orphan.is_running() for orphan in orphans))
    finished = service.wait(job)
    assert (finished.state, finished.tiles_done) == ("successful", 40)
    assert finished.fence == 2
    assert results(service.settings, job) == results(service.settings, undisturbed)


def test_a_running_job_that_is_dismissed_stops_and_leaves_nothing(service: Working, image: dict[str, str]) -> None:
    job = service.submit(smoothing(image, 2000))
    service.wait(job, lambda job: job.tiles_done > 0)
    dismissed = service.call(service.jobs.dismiss(job.id, OWNER))
    folder = service.settings.data_dir / "results" / job.id

    assert dismissed.state == "dismissed"
    assert not folder.exists()
    after = service.submit(smoothing(image, 1))  # the worker is free again, and has written nothing meanwhile
    assert service.wait(after).state == "successful"
    assert not folder.exists()
    assert service.get(job).tiles_done == dismissed.tiles_done


def test_a_job_that_waits_is_dismissed_at_once(tmp_path: Path, image: dict[str, str]) -> None:
    with working(settings_in(tmp_path, engine="off")) as taking_in:
        job = taking_in.submit(
            {"operation": "bilateral", "params": {"image": [[1.0]], "sigma_color": 1.0, "sigma_space": 1.0}}
        )
        assert taking_in.call(taking_in.jobs.dismiss(job.id, OWNER)).state == "dismissed"
        assert not taking_in.jobs.runner.started


@pytest.mark.slow
def test_an_owner_with_many_long_jobs_makes_room_for_another_owners_first(tmp_path: Path) -> None:
    with working(settings_in(tmp_path, running_jobs=2)) as service:
        image = service.store(np.random.default_rng(5).random((200, 300), np.float32))
        long = [service.submit(smoothing(image, 3000)) for _ in range(3)]
        for job in long[:2]:
            service.wait(job, lambda job: job.state == "running")
        quick = {"operation": "bilateral", "params": {"image": [[1.0]], "sigma_color": 1.0, "sigma_space": 1.0}}
        job, _ = service.call(service.jobs.submit(quick, "you", None))
        last = service.collect(service.jobs.watch(job.id, "you"))[-1]
        assert last.data["state"] == "successful"
        assert all(service.get(job).state in ("accepted", "running") for job in long)


@pytest.mark.slow
def test_a_drained_service_gives_its_jobs_back_and_the_next_start_finishes_them(tmp_path: Path) -> None:
    pixels = np.random.default_rng(4).random((200, 300), np.float32) * 255
    with working(settings_in(tmp_path)) as first:
        image = first.store(pixels)
        undisturbed = first.wait(first.submit(smoothing(image, 60)))
        job = first.submit(smoothing(image, 60))
        first.wait(job, lambda job: job.tiles_done > 0 or job.state in FINISHED)
    with working(settings_in(tmp_path)) as second:
        finished = second.wait(job)
        assert (finished.state, finished.tiles_done) == ("successful", 60)
        assert results(second.settings, job) == results(second.settings, undisturbed)


@pytest.mark.slow
def test_two_services_on_one_database_run_every_job_once(tmp_path: Path) -> None:
    shared = {"database": f"sqlite:///{tmp_path / 'shared.sqlite'}", "job_store": f"file://{tmp_path / 'results'}"}
    document = {"operation": "bilateral", "params": {"image": [[1.0, 2.0]], "sigma_color": 1.0, "sigma_space": 1.0}}
    with (
        working(settings_in(tmp_path / "one", **shared)) as one,
        working(settings_in(tmp_path / "two", **shared)) as two,
    ):
        jobs = [service.submit(document) for service in (one, two) for _ in range(8)]
        finished = [two.wait(job) for job in jobs]
        assert {job.state for job in finished} == {"successful"}
        assert {job.fence for job in finished} == {1}
        assert [event.data["state"] for event in one.collect(one.jobs.watch(jobs[-1].id, OWNER))][-1] == "successful"


@pytest.mark.slow
def test_a_tile_that_ends_its_worker_fails_after_three_attempts_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(POISON), str(ROOT)]))
    monkeypatch.setenv("POISON", "12.0")
    with working(settings_in(tmp_path)) as service:
        image = service.store(np.full((20, 30), 7, np.float32))
        job = service.wait(service.submit(smoothing(image, 6)))
        assert (job.state, job.tiles_done, job.tiles_failed) == ("failed", 5, 1)
        assert job.reason is not None
        assert job.reason["first"]["tile"] == 2
        assert "three times" in job.reason["detail"]
        assert rows(service, job)[2] == (2, "failed", 3)
        assert not (tmp_path / "results" / job.id / "attempts.json").exists()
        assert service.metrics.registry.get_sample_value("epipole_job_worker_restarts") == 3


@pytest.mark.slow
def test_a_service_that_is_killed_takes_its_processes_with_it_and_the_next_start_goes_on_at_once(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "tests.service.jobs.working", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as killed:
        assert killed.stdout is not None
        name, *pids = killed.stdout.readline().split()
        processes = [psutil.Process(int(pid)) for pid in pids]
        killed.kill()
    until(lambda: not any(process.is_running() for process in processes))

    with working(settings_in(tmp_path)) as service:
        begun = service.call(service.jobs.get(name, OWNER))
        assert begun.state == "running"
        undisturbed = service.submit(json.loads(begun.document))
        finished = service.wait(begun)
        assert (finished.state, finished.fence) == ("successful", 2)
        assert service.wait(undisturbed).state == "successful"
        assert results(service.settings, finished) == results(service.settings, undisturbed)
