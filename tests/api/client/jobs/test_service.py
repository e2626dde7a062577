"""Jobs of a real service, from submission to the bytes of their results."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr

from api.client import AsyncClient, Client, Problem
from geometry import fundamental, fundamental_all, warp_perspective
from tests.api.command.jobs.running import epipole_jobs
from tests.running import Server

pytestmark = pytest.mark.jit

RIG = np.random.default_rng(1).normal(size=(40, 3, 4))
H = np.array([[1.0, 0.1, 2.0], [0.0, 1.1, -1.0], [0.0, 0.001, 1.0]])
PATIENCE = 120.0


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.address) as client:
        yield client


def photos(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.integers(0, 256, (20, 30, 3), dtype=np.uint8) for _ in range(count)]


def test_items_are_computed_as_single_calls_would_be(client: Client, tmp_path: Path) -> None:
    items = [{"right": projection} for projection in RIG[1:]]
    job = client.submit("fundamental", {"left": RIG[0]}, items=items)
    *_, last = job.watch()
    assert (last.state, last.tiles_done, last.tiles_total) == ("successful", 39, 39)
    assert job.wait(PATIENCE) == job.status() == last
    assert job.id in {status.id for status in client.jobs(state="successful", operation="fundamental")}

    array = job.array("fundamental")
    expected = np.stack([fundamental(RIG[0], right) for right in RIG[1:]])
    np.testing.assert_array_equal(array[...], expected)
    np.testing.assert_array_equal(array[3:30:4, -1], expected[3:30:4, -1])
    results = job.results()
    assert (results.items_total, results.items_failed) == (39, 0)
    assert [item.item for item in results.items()] == list(range(39))

    folder = results.download(tmp_path)
    np.testing.assert_array_equal(zarr.open(folder / "fundamental.zarr", mode="r")[...], expected)


def test_pictures_go_in_and_come_out_as_files(client: Client) -> None:
    given = photos(3)
    job = client.submit("warp-perspective", {"homography": H}, items=[{"image": p} for p in given], files="npy")
    assert job.wait(PATIENCE).state == "successful"
    results = job.results()
    images = [file for file in results.files() if "image" in file.name]
    for file, photo in zip(images, given, strict=True):
        assert results.read(file).endswith(warp_perspective(photo, H).image.tobytes())


def test_a_failed_item_is_told_and_can_be_run_again(client: Client) -> None:
    items = [{"right": RIG[1]}, {"right": RIG[0]}, {"right": RIG[2]}]
    job = client.submit("fundamental", {"left": RIG[0]}, items=items)
    status = job.wait(PATIENCE)
    assert (status.state, status.tiles_done, status.tiles_failed) == ("failed", 2, 1)
    assert status.reason is not None
    [failed] = [item for item in job.results().items() if item.state == "failed"]
    assert (failed.item, failed.detail["reason"]) == (1, "same_centre")
    assert job.retry().state in ("accepted", "running")
    assert job.wait(PATIENCE).state == "failed"


def test_a_job_that_is_cancelled_is_gone(client: Client) -> None:
    job = client.submit("fundamental-all", {"projections": np.tile(RIG, (50, 1, 1))})
    cancelled = job.cancel()
    assert cancelled.state == "dismissed" or cancelled.cancelling
    assert job.wait(PATIENCE).state == "dismissed"
    with pytest.raises(Problem):
        job.results()


def test_the_same_without_blocking(server: Server) -> None:
    async def calls() -> np.ndarray:
        async with AsyncClient(server.address) as client:
            job = await client.submit("fundamental-all", {"projections": RIG, "layout": "condensed"})
            states = [status.state async for status in job.watch()]
            assert states[-1] == "successful"
            return await (await job.array("fundamental"))[:100]

    np.testing.assert_array_equal(asyncio.run(calls()), fundamental_all(RIG, layout="condensed").fundamental[:100])


def test_the_command_submits_watches_and_fetches(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("rig.npy", RIG)
    done = epipole_jobs(server, "submit", "fundamental-all", "--param", "projections=@rig.npy", "--watch")
    assert done.exit_code == 0, done.stderr
    job = done.stdout.strip()
    assert job in epipole_jobs(server, "list").stdout
    assert "fundamental-all (tiled)" in epipole_jobs(server, "show", job).stdout
    assert epipole_jobs(server, "fetch", job, "--to", "out").exit_code == 0
    found = zarr.open("out/fundamental.zarr", mode="r")[...]
    np.testing.assert_array_equal(found, fundamental_all(RIG).fundamental)
    assert epipole_jobs(server, "fetch", job, "--array", "fundamental", "--index", "3,7", "-o", "f.npy").exit_code == 0
    np.testing.assert_array_equal(np.load("f.npy"), found[3, 7])
    assert epipole_jobs(server, "cancel", job).exit_code == 0
    assert epipole_jobs(server, "fetch", job).exit_code == 1
