import os
import random
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.errors import StorageFailed
from service.jobs.results.local import LocalObjects
from service.jobs.results.objects import ObjectStore, checksum, is_key, open_objects, write_file, write_object
from service.settings import Settings

ESCAPES = [
    "../outside", "job/../../outside", "/etc/passwd", "job//a", "job/", "job/.", "job/..", "job/.hidden", "job\\a",
    "job/a\0", "job/%2e%2e/%2e%2e/a", "job/a\n", "job/\u202ea", "job/ａ", "job/a b", "~/a", "", ".", "job/" + 900 * "a",
    "job/" + 201 * "a", "/".join(17 * "a"), "c:a",
]  # fmt: skip


def test_bytes_come_back_whole_and_in_parts(objects: ObjectStore) -> None:
    objects.put("job/a/b", b"hello")
    assert objects.get("job/a/b") == b"hello"
    assert objects.get("job/a/b", 1) == b"ello"
    assert objects.get("job/a/b", 1, 3) == b"el"
    assert objects.get("job/a/b", 3, 100) == b"lo"
    assert objects.size("job/a/b") == 5


def test_a_part_behind_the_end_is_empty(objects: ObjectStore) -> None:
    objects.put("job/a", b"hello")
    objects.put("job/empty", b"")
    assert objects.get("job/a", 5) == objects.get("job/a", 9, 12) == objects.get("job/a", 3, 3) == b""
    assert objects.get("job/empty") == objects.get("job/empty", 0, 4) == b""
    assert objects.size("job/empty") == 0


def test_a_second_put_replaces_the_first(objects: ObjectStore) -> None:
    objects.put("job/a", b"first, and longer")
    objects.put("job/a", bytearray(b"second"))
    assert objects.get("job/a") == b"second"
    objects.put("job/a", memoryview(b"third"))
    assert objects.get("job/a") == b"third"


def test_what_is_not_there_is_a_key_error(objects: ObjectStore) -> None:
    objects.put("job/a/b", b"x")
    for key in ("job/a/c", "job/a", "job", "other/a/b", "job/a/b/c"):
        with pytest.raises(KeyError):
            objects.get(key)
        with pytest.raises(KeyError):
            objects.get(key, 2, 4)
        with pytest.raises(KeyError):
            objects.get(key, 2)
        assert objects.size(key) is None


def test_keys_are_listed_by_whole_parts(objects: ObjectStore) -> None:
    for key in ("job/b", "job/a/2", "job/a/1", "job2/a", "jo"):
        objects.put(key, b"x")
    assert sorted(objects.keys("job")) == ["job/a/1", "job/a/2", "job/b"]
    assert sorted(objects.keys("job/a")) == ["job/a/1", "job/a/2"]
    assert list(objects.keys("job/b")) == ["job/b"]
    assert list(objects.keys("nothing")) == []


def test_a_job_is_deleted_alone_and_more_than_once(objects: ObjectStore) -> None:
    for key in ("job/b", "job/a/2", "job2/a"):
        objects.put(key, b"x")
    objects.delete("job")
    assert list(objects.keys("job")) == []
    assert list(objects.keys("job2")) == ["job2/a"]
    objects.delete("job")
    objects.put("job/a/2", b"again")
    assert objects.get("job/a/2") == b"again"
    objects.delete("job/a/2")
    assert objects.size("job/a/2") is None


@pytest.mark.parametrize("key", ESCAPES)
def test_what_is_no_key_is_neither_written_nor_found(key: str, objects: ObjectStore) -> None:
    assert not is_key(key)
    with pytest.raises(ValueError):
        objects.put(key, b"x")
    with pytest.raises(ValueError):
        objects.delete(key)
    with pytest.raises(KeyError):
        objects.get(key)
    with pytest.raises(KeyError):
        objects.get(key, 1, 2)
    assert objects.size(key) is None
    assert list(objects.keys(key)) == []


PARTS = [
    "..", ".", "", "%2e%2e", "%2f", "..%2f..", "\0", "\\", "..\\..", "~", "files", "a.zarr", "c", "0", "…", "．．",
    "CON", " ", "a b", "-", "\n", "..\n", "é", "\ud800", "\u202e", "$HOME", "a" * 250, "..;", "*", "c:", "etc",
    "passwd", "manifest.json",
]  # fmt: skip


def test_none_of_many_hostile_keys_leaves_the_folder_of_its_job() -> None:
    folder, rng = "/nowhere/at/all", random.Random(0)
    store, accepted = LocalObjects(Path(folder)), 0
    for _ in range(100_000):
        key = "job/" + "/".join(rng.choices(PARTS, k=rng.randint(1, 5)))
        if is_key(key):
            accepted += 1
            assert os.path.normpath(f"{folder}/{key}") == f"{folder}/{key}"
            assert key.isascii()
        else:
            assert store.size(key) is None
    assert 1000 < accepted < 50_000


@given(key=st.text(max_size=30))
@example(key="../" * 8 + "etc/passwd")
def test_no_text_leaves_the_folder_of_its_job(key: str) -> None:
    if is_key(f"job/{key}"):
        assert os.path.normpath(f"/nowhere/job/{key}") == f"/nowhere/job/{key}"
        assert "\0" not in key


def test_what_is_written_is_described(objects: ObjectStore) -> None:
    assert write_object(objects, "job", "a/b", b"123456789") == ("a/b", "cbf43926", 9)
    assert write_file(objects, "job", "0/image.png", b"") == ("files/0/image.png", "00000000", 0)
    assert objects.get("job/a/b") == b"123456789"


def test_checksums_go_on(objects: ObjectStore) -> None:
    assert checksum(b"6789", checksum(b"12345")) == checksum(b"123456789") == 0xCBF43926


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///prefix", "http://host/x", "file://host/x", "file:///", "/folder", "s3://b/p?x=1"]
)
def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="EPIPOLE_JOB_STORE"):
        open_objects(Settings(job_store=address))


def test_without_an_address_results_lie_below_the_data_folder(tmp_path: Path) -> None:
    open_objects(Settings(data_dir=tmp_path)).put("job/a", b"x")
    assert (tmp_path / "results" / "job" / "a").read_bytes() == b"x"


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "with space % and ümlaut"
    open_objects(Settings(job_store=folder.as_uri())).put("job/a", b"x")
    assert (folder / "job" / "a").read_bytes() == b"x"


def test_a_store_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = open_objects(Settings(job_store=(tmp_path / "file").as_uri()))
    with pytest.raises(StorageFailed, match="Not a directory"):
        store.put("job/a", b"x")
