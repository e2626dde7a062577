"""Two replicas, two workers, PostgreSQL and an S3 server: one service, whichever of them is asked or dies."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import zarr

from service.settings import Settings
from tests.faults.machine import PATIENCE, digests, outcomes, rig_document
from tests.running import Server
from tests.topology.topology import Topology

pytestmark = pytest.mark.slow


def ask(address: str, method: str, path: str, **options: Any) -> httpx.Response:
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        return client.request(method, path, **options)


def wait(address: str, job: str, tiles: int = 0) -> dict[str, Any]:
    deadline = time.monotonic() + 2 * PATIENCE
    while True:
        status: dict[str, Any] = ask(address, "GET", f"/v1/jobs/{job}").json()
        if status["state"] in ("successful", "failed", "dismissed") or (tiles and status["tiles_done"] >= tiles):
            return status
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def watch(address: str, job: str) -> Iterator[dict[str, Any]]:
    """Events of a job until it ends; each with its number."""
    with (
        httpx.Client(base_url=address, timeout=2 * PATIENCE, trust_env=False) as client,
        client.stream("GET", f"/v1/jobs/{job}/events") as answer,
    ):
        assert answer.status_code == 200
        event: dict[str, Any] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(":")
            if not line and "data" in event:
                yield json.loads(event["data"]) | {"seq": int(event["id"])}
                event = {}
            elif name in ("id", "data", "event"):
                event[name] = value.strip()


def runner_of(cluster: Topology, job: str) -> tuple[Server, Server]:
    """The replica that runs the job, and the other one: told by their logs."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for replica in cluster.replicas:
            if any("job claimed" in line and job in line for line in replica.lines):
                other = next(one for one in cluster.replicas if one is not replica)
                return replica, other
        time.sleep(0.05)
    raise AssertionError("nobody runs the job")


def test_a_job_outlives_the_replica_that_runs_it_and_is_watched_on_the_other(cluster: Topology) -> None:
    first, second = (replica.address for replica in cluster.replicas)
    calm = ask(first, "POST", "/v1/jobs", json=rig_document()).json()["id"]
    assert wait(second, calm)["state"] == "successful"

    job = ask(first, "POST", "/v1/jobs", json=rig_document()).json()["id"]
    runner, other = runner_of(cluster, job)
    events = watch(other.address, job)
    seen = [next(events)]
    while seen[-1]["tiles_done"] < 5:
        seen.append(next(events))
    runner.process.kill()
    seen += list(events)
    cluster.replace_replica(runner)
    assert seen[-1]["state"] == "successful"
    numbers = [event["seq"] for event in seen]
    assert numbers == sorted(set(numbers))
    done = [event["tiles_done"] for event in seen]
    assert done == sorted(done)
    record = outcomes(Settings(database=cluster.settings["database"], data_dir=cluster.folder / "data"), job)
    assert [outcome.tile for outcome in record] == list(range(seen[-1]["tiles_total"]))
    assert digests(other.address, job) == digests(other.address, calm)
    if cluster.front is not None:
        assert wait(cluster.front.address, job)["state"] == "successful"


def test_a_worker_that_is_lost_takes_nothing_with_it(cluster: Topology) -> None:
    address = cluster.front.address if cluster.front is not None else cluster.replicas[0].address
    job = ask(address, "POST", "/v1/jobs", json=rig_document()).json()["id"]
    wait(address, job, tiles=10)
    cluster.workers.pop(0).kill()
    status = wait(address, job)
    cluster.add_worker()
    assert status["state"] == "successful"
    assert status["tiles_done"] == status["tiles_total"]
    again = ask(address, "POST", "/v1/jobs", json=rig_document()).json()["id"]
    assert wait(address, again)["state"] == "successful"
    assert digests(address, job) == digests(address, again)


def test_a_scheduler_that_restarts_finds_its_workers_and_its_jobs_again(cluster: Topology) -> None:
    address = cluster.replicas[0].address
    job = ask(address, "POST", "/v1/jobs", json=rig_document()).json()["id"]
    wait(address, job, tiles=5)
    cluster.restart_scheduler()
    status = wait(address, job)
    assert status["state"] == "successful"
    assert status["tiles_failed"] == 0


def test_many_jobs_on_both_replicas_are_all_done_right(cluster: Topology) -> None:
    jobs = [
        ask(cluster.replicas[number % 2].address, "POST", "/v1/jobs", json=rig_document(cameras=48)).json()["id"]
        for number in range(8)
    ]
    assert {wait(cluster.replicas[0].address, job)["state"] for job in jobs} == {"successful"}
    found = [digests(cluster.replicas[1].address, job) for job in jobs]
    assert all(one == found[0] for one in found)


def test_a_plain_zarr_client_reads_the_results_through_the_front(cluster: Topology) -> None:
    pytest.importorskip("obstore")
    from obstore.store import HTTPStore
    from zarr.storage import ObjectStore

    address = cluster.front.address if cluster.front is not None else cluster.replicas[0].address
    job = ask(address, "POST", "/v1/jobs", json=rig_document(cameras=24)).json()["id"]
    assert wait(address, job)["state"] == "successful"
    url = f"{address}/v1/jobs/{job}/results/fundamental.zarr"
    store = HTTPStore.from_url(url, client_options={"allow_http": True})
    array = zarr.open_array(ObjectStore(store, read_only=True), mode="r")
    assert array.shape[-2:] == (3, 3)
    assert array[...].shape == array.shape
