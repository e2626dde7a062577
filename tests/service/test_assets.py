import errno
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.assets import AssetStore
from service.errors import InvalidParams, NotFound, StorageFailed

ABSENT = "sha256-" + 64 * "0"


@pytest.fixture
def store(tmp_path: Path) -> AssetStore:
    return AssetStore(tmp_path / "assets")


def put(store: AssetStore, data: bytes, owner: str = "ada") -> str:
    upload = store.upload(owner)
    upload.write(data)
    return upload.commit()


def all_files(store: AssetStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_bytes_come_back_under_the_name_of_their_hash(store: AssetStore) -> None:
    asset = put(store, b"abc")
    assert asset == "sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert bytes(store.open(asset, "ada")) == b"abc"
    assert store.path(asset, "ada").read_bytes() == b"abc"


def test_the_same_bytes_are_stored_once_and_made_young_again(store: AssetStore) -> None:
    asset = put(store, b"abc")
    os.utime(store.path(asset, "ada"), (0, 0))
    assert put(store, b"abc") == asset
    assert len(all_files(store)) == 1
    assert store.path(asset, "ada").stat().st_mtime > time.time() - 60


def test_an_upload_is_invisible_until_it_is_committed(store: AssetStore) -> None:
    upload = store.upload("ada")
    upload.write(b"ab")
    upload.write(memoryview(b"c"))
    assert upload.size == 3
    with pytest.raises(NotFound):
        store.path("sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "ada")
    upload.discard()
    assert all_files(store) == []


def test_owners_do_not_see_each_other(store: AssetStore) -> None:
    asset = put(store, b"abc", "ada")
    with pytest.raises(NotFound):
        store.path(asset, "bob")
    with pytest.raises(InvalidParams):
        store.open(asset, "bob")
    with pytest.raises(NotFound):
        store.delete(asset, "bob")
    assert put(store, b"abc", "bob") == asset
    store.delete(asset, "bob")
    assert bytes(store.open(asset, "ada")) == b"abc"


def test_open_bytes_outlive_a_deletion(store: AssetStore) -> None:
    data = store.open(asset := put(store, b"abc" * 1000), "ada")
    store.delete(asset, "ada")
    assert bytes(data) == b"abc" * 1000
    with pytest.raises(NotFound):
        store.delete(asset, "ada")


def test_an_empty_file_opens_as_no_bytes(store: AssetStore) -> None:
    assert bytes(store.open(put(store, b""), "ada")) == b""


def test_what_is_old_expires_with_abandoned_uploads(store: AssetStore) -> None:
    assert store.expire(10) == 0
    old, young = put(store, b"old"), put(store, b"young")
    abandoned = store.upload("ada")
    abandoned.write(b"abandoned")
    os.utime(store.path(old, "ada"), (0, 0))
    (temporary,) = store.folder.rglob(".upload-*")
    os.utime(temporary, (0, 0))
    assert store.expire(3600) == 2
    assert [path.name for path in all_files(store)] == [young]
    abandoned.discard()


@given(st.text(max_size=80) | st.from_regex(r"(sha256-|\.\./|%2e|/|\x00|[0-9a-f])*", fullmatch=True))
@settings(derandomize=True, max_examples=400, deadline=None)
def test_no_name_leads_out_of_the_store(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    store = AssetStore(tmp_path_factory.getbasetemp() / "names" / "assets")
    for read in (store.path, store.delete):
        with pytest.raises(NotFound):
            read(name, "ada")
    with pytest.raises(InvalidParams):
        store.open(name, "ada")


@pytest.mark.parametrize("owner", ["..", "", "a/b", "a.b", "ü", "a" * 65, "a\0", "a\n"])
def test_an_owner_that_is_no_plain_word_has_no_store(store: AssetStore, owner: str) -> None:
    with pytest.raises(NotFound):
        store.upload(owner)
    with pytest.raises(NotFound):
        store.path(ABSENT, owner)


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed, match="cannot be written to"):
        AssetStore(tmp_path / "file").upload("ada")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = AssetStore(tmp_path / "assets")
    upload = store.upload("ada")
    upload.write(b"abc")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFailed, match="No space left"):
        upload.commit()
    upload.discard()
    assert all_files(store) == []
    upload = store.upload("ada")
    upload._file.close()
    upload._file = Path("/dev/full").open("wb", buffering=0)  # type: ignore[assignment]  # noqa: SIM115
    with pytest.raises(StorageFailed, match="No space left"):
        upload.write(b"abc")
    upload.discard()
