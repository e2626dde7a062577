import json
import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from service.errors import NotFound, StorageFailed
from service.jobs.records import TileOutcome
from service.jobs.results.arrays import ArrayLayout, create_array, write_block
from service.jobs.results.manifest import Manifest, read_manifest, write_manifest
from service.jobs.results.objects import ObjectStore, write_file

LAYOUT = ArrayLayout("score", (4, 3), "float32", (1, 3), (2, 3), ("item", "pair"))


def outcomes(objects: ObjectStore, job: str) -> list[TileOutcome]:
    """Two tiles with a shard and a picture each, and one that failed."""
    create_array(objects, job, LAYOUT)
    done = [
        TileOutcome(
            tile,
            "done",
            (
                *write_block(objects, job, LAYOUT, (2 * tile, 0), np.full((2, 3), tile, np.float32)),
                write_file(objects, job, f"{tile}/image.png", b"picture" * (tile + 1)),
            ),
            seconds=0.1 * tile,
            worker=f"worker {tile}",
            detail={"status": "ok", "count": tile},
        )
        for tile in range(2)
    ]
    return [*done, TileOutcome(2, "failed", attempts=3, detail={"title": "No", "detail": "one\nand another\u2028"})]


def written(objects: ObjectStore, job: str = "job") -> Manifest:
    return write_manifest(objects, job, "depth-consistency", [LAYOUT], iter(outcomes(objects, job)))


def test_what_is_written_is_read(objects: ObjectStore) -> None:
    first = written(objects)
    for manifest in (first, read_manifest(objects, "job")):
        assert (manifest.job, manifest.operation, manifest.arrays) == ("job", "depth-consistency", (LAYOUT,))
        assert (manifest.tiles, manifest.failed) == (3, 1)
        assert list(manifest.objects) == [
            "files/0/image.png",
            "files/1/image.png",
            "score.zarr/c/0/0",
            "score.zarr/c/1/0",
            "score.zarr/zarr.json",
        ]
        assert manifest.bytes == sum(len(objects.get(f"job/{key}")) for key in manifest.objects)


def test_every_object_is_found_with_its_checksum_and_size(objects: ObjectStore) -> None:
    manifest = written(objects)
    for key in manifest.objects:
        data = objects.get(f"job/{key}")
        assert manifest.objects[key] == (f"{zlib.crc32(data):08x}", len(data))
    for key, crc, size in manifest.own:
        data = objects.get(f"job/{key}")
        assert (f"{zlib.crc32(data):08x}", len(data)) == (crc, size)
    for key in ("", "zz", "score.zarr/c/2/0", "files/0", "manifest.json", "../job/manifest.json"):
        assert key not in manifest.objects
        assert manifest.objects.get(key) is None


def test_files_are_listed_with_their_kind(local: ObjectStore) -> None:
    manifest = written(local)
    assert [(file.name, file.media_type, file.bytes) for file in manifest.files] == [
        ("0/image.png", "image/png", 7),
        ("1/image.png", "image/png", 14),
    ]
    assert len(manifest.files) == 2
    assert manifest.files[1:5][0].key == "files/1/image.png"
    assert local.get(f"job/{manifest.files[-1].key}") == b"picturepicture"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.jpg", "image/jpeg"), ("a.TIFF", "image/tiff"), ("a.webp", "image/webp"), ("a.npy", "application/x-npy"),
     ("a.json", "application/json"), ("a", "application/octet-stream"), ("a.exe", "application/octet-stream")],
)  # fmt: skip
def test_the_kind_of_a_file_follows_from_its_name(name: str, media_type: str, local: ObjectStore) -> None:
    outcome = TileOutcome(0, "done", (write_file(local, "job", name, b"x"),))
    assert write_manifest(local, "job", "undistort", [], [outcome]).files[0].media_type == media_type


def test_items_tell_what_became_of_them(local: ObjectStore) -> None:
    there = outcomes(local, "job")
    items = read_manifest(local, written(local).job).items
    assert len(items) == 3
    assert list(items) == [replace(outcome, seconds=0.0, worker="", attempts=1) for outcome in there]
    assert items[2].detail == there[2].detail
    assert items[1:] == list(items)[1:]


def test_another_run_leaves_the_same_bytes(local: ObjectStore) -> None:
    written(local)
    before = {key: local.get(key) for key in local.keys("job")}
    slower = [replace(each, seconds=9.0, worker="elsewhere", attempts=2) for each in outcomes(local, "job")]
    write_manifest(local, "job", "depth-consistency", [LAYOUT], slower)
    assert {key: local.get(key) for key in local.keys("job")} == before


def test_there_is_no_manifest_until_the_last_moment(local: ObjectStore) -> None:
    def interrupted() -> Iterator[TileOutcome]:
        yield from outcomes(local, "job")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_manifest(local, "job", "depth-consistency", [LAYOUT], interrupted())
    with pytest.raises(NotFound):
        read_manifest(local, "job")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"tiles": {}}', b"\xff"])
def test_a_damaged_manifest_is_a_failure_of_the_store(data: bytes, local: ObjectStore) -> None:
    local.put("job/manifest.json", data)
    with pytest.raises(StorageFailed, match="manifest"):
        read_manifest(local, "job")


def test_an_array_is_found_by_its_name(local: ObjectStore) -> None:
    manifest = written(local)
    assert manifest.array("score") is manifest.arrays[0]
    with pytest.raises(NotFound, match="it has: score"):
        manifest.array("scores")


def test_many_files_are_paged_through_without_being_held(local: ObjectStore) -> None:
    many = (TileOutcome(n, "done", ((f"files/{n:06d}.npy", "00000000", 0),), detail={"n": n}) for n in range(20_000))
    write_manifest(local, "job", "undistort", [], many)
    assert len(local.get("job/manifest.json")) < 2000
    manifest = read_manifest(local, "job")
    assert len(manifest.files) == len(manifest.items) == manifest.tiles == 20_000
    assert [file.name for file in manifest.files[12_000:12_003]] == ["012000.npy", "012001.npy", "012002.npy"]
    assert [item.detail["n"] for item in manifest.items[19_998:]] == [19_998, 19_999]
    assert "files/017001.npy" in manifest.objects


def test_the_manifest_is_readable_by_people(local: ObjectStore) -> None:
    written(local)
    assert json.loads(local.get("job/manifest.json"))["arrays"][0]["dimensions"] == ["item", "pair"]
    first = json.loads(local.get("job/manifest/tiles-00000.jsonl").split(b"\n")[0])
    assert first["detail"] == {"status": "ok", "count": 0}
