import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from api.client import AsyncClient, Client, Damaged, Downloaded, Problem
from tests.api.client.conftest import Script
from tests.api.client.jobs.documents import JOB, answer, listing, stored

METADATA = json.dumps(
    {
        "shape": [3, 3],
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
    }
).encode()
FILE = {
    "name": "camera 1/0.png",
    "href": f"/v1/jobs/{JOB}/results/files/camera%201/0.png",
    "media_type": "image/png",
    "bytes": 3,
    "crc32": "0",
}
ITEM = {"item": 0, "state": "done", "files": [], "detail": {"camera": 1}}
LISTED = answer(listing(files_total=1, files=[FILE], items_total=1, items=[ITEM]))
HELD = (304, {}, b"")
NONE = answer({"title": "None"}, 404)


def test_everything_arrives_and_what_is_there_is_not_sent_again(script: Script, tmp_path: Path) -> None:
    seen: list[Downloaded] = []
    folder = tmp_path / "new" / "folder"
    shards = folder / "fundamental.zarr" / "c"
    script.answers = [LISTED, stored(METADATA)]
    script.places = {"/c/0/0": [stored(b"shard 0")], "/c/1/0": [NONE], ".png": [stored(b"png")]}
    with Client(script.address) as client:
        results_talk(client, folder, seen.append)
        assert (folder / "fundamental.zarr" / "zarr.json").read_bytes() == METADATA
        assert (shards / "0" / "0").read_bytes() == b"shard 0"
        assert (folder / "files" / "camera 1" / "0.png").read_bytes() == b"png"
        assert json.loads((folder / "items.jsonl").read_text()) == ITEM
        assert json.loads((folder / "results.json").read_text())["arrays"][0]["name"] == "fundamental"
        assert not list(folder.rglob("*.part"))
        assert seen[-1].done == seen[-1].total == 4
        assert seen[-1].nbytes == len(METADATA) + 10

        (shards / "0" / "0").write_bytes(b"shard 9")
        (shards / "1").mkdir()
        (shards / "1" / "0").write_bytes(b"of another day")
        del script.requests[:]
        script.answers = [LISTED, HELD]
        script.places = {"/c/0/0": [stored(b"shard 0")], "/c/1/0": [NONE], ".png": [HELD]}
        results_talk(client, folder, None)
        assert (shards / "0" / "0").read_bytes() == b"shard 0"
        assert not (shards / "1" / "0").exists()
    asked = {path.rsplit("/", 1)[-1]: headers.get("if-none-match") for _, path, headers, _ in script.requests}
    assert asked["zarr.json"] == stored(METADATA)[1]["ETag"]
    assert asked["0.png"] == stored(b"png")[1]["ETag"]


def test_the_results_of_two_jobs_are_not_mixed(script: Script, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"job": "another"}')
    with Client(script.address) as client, pytest.raises(OSError, match="the job another"):
        results_talk(client, tmp_path, None)
    assert not script.requests


def results_talk(client: Client, folder: Path, progress: Any) -> None:
    from api.client.jobs.download import download_talk

    assert client.carry(download_talk(JOB, folder, client.retries, progress)) == folder


def test_damaged_bytes_are_fetched_again_and_never_kept(script: Script, tmp_path: Path) -> None:
    damaged = (200, stored(METADATA)[1], METADATA[:-1] + b" ")
    shard = tmp_path / "fundamental.zarr" / "c" / "0" / "0"
    script.answers = [LISTED, damaged, stored(METADATA)]
    script.places = {"/c/0/0": [stored(b"shard 0")], "/c/1/0": [NONE] * 2, ".png": [stored(b"png")]}
    with Client(script.address) as client:
        results_talk(client, tmp_path, None)
        assert (tmp_path / "fundamental.zarr" / "zarr.json").read_bytes() == METADATA
        shard.unlink()
        script.answers = [LISTED, HELD]
        script.places["/c/0/0"] = [(200, stored(b"a")[1], b"b")] * 4
        with pytest.raises(Damaged, match="CRC-32"):
            results_talk(client, tmp_path, None)
    assert not shard.exists()


@pytest.mark.parametrize("name", ["../../x", "a/../../x", "c:\\x", "a\0b", "..", "/etc/x", ""])
def test_a_service_cannot_write_outside_of_the_folder(script: Script, tmp_path: Path, name: str) -> None:
    script.answers = [answer(listing(arrays=[], files_total=1, files=[FILE | {"name": name}])), stored(b"png")]
    with Client(script.address) as client, contextlib.suppress(Damaged):
        results_talk(client, tmp_path / "inside", None)
        assert name in ("/etc/x", "")  # which mean places inside
    assert {path.name for path in tmp_path.iterdir()} == {"inside"}


def test_a_refusal_ends_the_download(script: Script, tmp_path: Path) -> None:
    script.answers = [answer({"type": "/problems/expired", "title": "Gone"}, 410)]
    with Client(script.address) as client, pytest.raises(Problem, match="410"):
        results_talk(client, tmp_path, None)
    script.answers = [answer(listing(arrays=[], files_total=1, files=[FILE])), NONE]
    with Client(script.address) as client, pytest.raises(Problem, match="404"):
        results_talk(client, tmp_path, None)


def test_the_same_without_blocking(script: Script, tmp_path: Path) -> None:
    script.answers = [answer(listing()), LISTED, stored(METADATA)]
    script.places = {"/c/0/0": [stored(b"shard 0")], "/c/1/0": [stored(b"shard 1")], ".png": [stored(b"png")]}

    async def calls() -> Path:
        async with AsyncClient(script.address) as client:
            return await (await client.job(JOB).results()).download(str(tmp_path))

    assert asyncio.run(calls()) == tmp_path
    assert (tmp_path / "fundamental.zarr" / "c" / "1" / "0").read_bytes() == b"shard 1"
