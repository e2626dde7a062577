import io
import shutil
import subprocess
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from service.errors import StorageFailed
from service.jobs.records import TileOutcome
from service.jobs.results.archive import archive, archive_size
from service.jobs.results.arrays import ArrayLayout, create_array, write_block
from service.jobs.results.manifest import Manifest, read_manifest, write_manifest
from service.jobs.results.objects import ObjectStore, write_file

LAYOUT = ArrayLayout("score", (4, 3), "float32", (1, 3), (2, 3))


def results(objects: ObjectStore) -> Manifest:
    create_array(objects, "job", LAYOUT)
    shards = write_block(objects, "job", LAYOUT, (0, 0), np.ones((4, 3), np.float32))
    files = (write_file(objects, "job", "0/a.txt", b"text"), write_file(objects, "job", "0/empty", b""))
    return write_manifest(objects, "job", "undistort", [LAYOUT], [TileOutcome(0, "done", (*shards, *files))])


def sparse_file(folder: Path, name: str, size: int) -> tuple[str, str, int]:
    """A file of zeros that takes no room, as a tile would describe it."""
    path = folder / "job" / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    value = 0
    for _ in range(0, size, 1 << 20):
        value = zlib.crc32(bytes(1 << 20), value)
    return f"files/{name}", f"{value:08x}", size


def test_the_archive_holds_every_object_and_the_manifest(objects: ObjectStore) -> None:
    manifest = results(objects)
    data = b"".join(archive(objects, "job", manifest))
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        assert set(opened.namelist()) == {key.removeprefix("job/") for key in objects.keys("job")}
        for name in opened.namelist():
            assert opened.read(name) == objects.get(f"job/{name}")
        assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
    assert len(data) == archive_size(manifest)


def test_the_archive_of_the_same_results_is_the_same_file(local: ObjectStore) -> None:
    first = b"".join(archive(local, "job", results(local)))
    assert b"".join(archive(local, "job", read_manifest(local, "job"))) == first


def test_arrays_of_an_unpacked_archive_can_be_opened(local: ObjectStore, tmp_path: Path) -> None:
    import zarr

    (tmp_path / "results.zip").write_bytes(b"".join(archive(local, "job", results(local))))
    zipfile.ZipFile(tmp_path / "results.zip").extractall(tmp_path / "out")
    array = zarr.open_array(tmp_path / "out" / "score.zarr", mode="r")
    np.testing.assert_array_equal(array[...], np.ones((4, 3)))


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip")
def test_unzip_finds_nothing_to_complain_of(local: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "results.zip").write_bytes(b"".join(archive(local, "job", results(local))))
    subprocess.run(["unzip", "-tq", tmp_path / "results.zip"], check=True, capture_output=True)


def test_an_object_that_is_gone_ends_the_archive(local: ObjectStore) -> None:
    manifest = results(local)
    local.delete("job/files/0/a.txt")
    with pytest.raises(StorageFailed, match="gone"):
        list(archive(local, "job", manifest))


@pytest.mark.parametrize("data", [b"tex", b"texts", b"TEXT", b""])
def test_an_object_that_has_changed_ends_the_archive(data: bytes, local: ObjectStore) -> None:
    manifest = results(local)
    local.put("job/files/0/a.txt", data)
    if data == b"texts":  # no more is read than the manifest says
        assert len(b"".join(archive(local, "job", manifest))) == archive_size(manifest)
        return
    with pytest.raises(StorageFailed, match="damaged"):
        list(archive(local, "job", manifest))


def test_memory_does_not_grow_with_the_results(local: ObjectStore, folder: Path) -> None:
    written = tuple(sparse_file(folder, f"{name}", 64 << 20) for name in "abc")
    manifest = write_manifest(local, "job", "undistort", [], [TileOutcome(0, "done", written)])
    tracemalloc.start()
    total = sum(map(len, archive(local, "job", manifest)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == archive_size(manifest) > 192 << 20
    assert peak < 40 << 20


def test_more_members_than_the_old_format_counts(local: ObjectStore) -> None:
    written = tuple((f"files/{number}", "00000000", 0) for number in range(66_000))
    manifest = write_manifest(local, "job", "undistort", [], [TileOutcome(0, "done", written)])
    data = b"".join(archive(local, "job", manifest))
    assert len(data) == archive_size(manifest)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert len(opened.namelist()) == 66_000 + len(manifest.own)
        assert opened.read("files/65999") == b""


@pytest.mark.slow
def test_members_and_places_beyond_four_gigabytes(local: ObjectStore, folder: Path, tmp_path: Path) -> None:
    large = sparse_file(folder, "a", (1 << 32) + (1 << 20))
    small = write_file(local, "job", "b", b"behind it")
    manifest = write_manifest(local, "job", "undistort", [], [TileOutcome(0, "done", (large, small))])
    zeros, size = bytes(1 << 20), 0
    with (tmp_path / "results.zip").open("wb") as file:
        for piece in archive(local, "job", manifest):
            size += len(piece)
            if piece in zeros:
                file.seek(len(piece), io.SEEK_CUR)
            else:
                file.write(piece)
    assert size == archive_size(manifest)
    with zipfile.ZipFile(tmp_path / "results.zip") as opened:
        assert opened.getinfo("files/a").file_size == (1 << 32) + (1 << 20)
        assert opened.read("files/b") == b"behind it"
        assert opened.testzip() is None
