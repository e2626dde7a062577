import errno
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.errors import StorageFailed
from service.jobs.results.local import LocalObjects

CALLS = [
    (os, "write"),
    (os, "fsync"),
    (os, "replace"),
    (os, "open"),
    (os, "close"),
    (os, "mkdir"),
    (tempfile, "mkstemp"),
]


class Failing:
    """Lets system calls pass until the n-th, which fails; a close that fails has closed."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, code: int) -> None:
        self.left, self.code = at, code
        for module, name in CALLS:
            patch.setattr(module, name, self._wrapped(getattr(module, name), name))

    def _wrapped(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def passing(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left == 0 and name == "close":
                call(*arguments)
            if self.left == 0:
                raise OSError(self.code, os.strerror(self.code))
            return call(*arguments, **options)

        return passing


def temporaries(folder: Path) -> list[str]:
    writing = folder / ".writing"
    return [path.name for path in writing.iterdir()] if writing.is_dir() else []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_failure_of_any_system_call_leaves_the_old_or_the_new_object(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(1, 1000):
        folder = tmp_path / str(at)
        LocalObjects(folder).put("job/old/a", b"old")
        store = LocalObjects(folder)
        with monkeypatch.context() as patch:
            failing = Failing(patch, at, code)
            refused = None
            try:
                store.put("job/new/b", b"new")
                store.put("job/old/a", b"newer")
            except StorageFailed as error:
                refused = error
        if failing.left > 0:
            break
        assert refused is not None
        assert os.strerror(code) in refused.detail
        assert str(tmp_path) not in refused.detail
        assert store.get("job/old/a") in (b"old", b"newer")
        assert store.size("job/new/b") in (None, 3)
        assert temporaries(folder) == []
        store.put("job/new/b", b"again")
        store.put("job/old/a", b"again")
        assert store.get("job/new/b") == store.get("job/old/a") == b"again"
    assert at > 15


def test_an_object_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalObjects(tmp_path)
    store.put("job/a", b"x")
    seen: list[str] = []
    for name in ("fsync", "replace"):
        call = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, call=call, name=name: (seen.append(name), call(*a))[1])
    store.put("job/b", b"y")
    assert seen == ["fsync", "replace", "fsync"]


def test_new_folders_are_on_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalObjects(tmp_path / "deep" / "store")
    synchronised: list[str] = []
    fsync = os.fsync

    def remember(descriptor: int) -> None:
        synchronised.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", remember)
    store.put("job/a/b", b"x")
    for folder in (".", "deep", "deep/store", "deep/store/job", "deep/store/job/a"):
        assert str((tmp_path / folder).resolve()) in synchronised


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    LocalObjects(tmp_path).put("job/a", b"x")
    writing = tmp_path / ".writing"
    (writing / "elsewhere-1-dead").write_bytes(b"half")
    (writing / "elsewhere-2-alive").write_bytes(b"half")
    os.utime(writing / "elsewhere-1-dead", (time.time() - 7200,) * 2)
    LocalObjects(tmp_path).put("job/a", b"x")
    assert temporaries(tmp_path) == ["elsewhere-2-alive"]


def test_temporary_files_are_no_objects(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path)
    store.put("job/a", b"x")
    (tmp_path / ".writing" / "b").write_bytes(b"half")
    with pytest.raises(KeyError):
        store.get(".writing/b")
    assert list(store.keys(".writing")) == []


def test_a_job_that_another_process_deleted_is_written_anew(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path)
    store.put("job/a/b", b"x")
    LocalObjects(tmp_path).delete("job")
    store.put("job/a/b", b"y")
    assert store.get("job/a/b") == b"y"


def test_readers_see_whole_objects_while_they_are_replaced(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path)
    whole = [bytes([n]) * 100_000 for n in range(4)]
    store.put("job/a", whole[0])
    done = threading.Event()

    def write(data: bytes) -> None:
        for _ in range(5):
            store.put("job/a", data)

    writers = [threading.Thread(target=write, args=(data,)) for data in whole]
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(store.get("job/a"))

    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert seen <= set(whole)
    assert temporaries(tmp_path) == []


WRITER = """
import sys
from pathlib import Path
from service.jobs.results.local import LocalObjects
store = LocalObjects(Path(sys.argv[1]))
print(flush=True)
while True:
    for letter in b"abc":
        store.put("job/a", bytes([letter]) * 3_000_000)
"""


def test_a_killed_writer_leaves_whole_objects(tmp_path: Path) -> None:
    rng = random.Random(0)
    store = LocalObjects(tmp_path)
    store.put("job/a", b"a" * 3_000_000)
    for _ in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0, 0.1))
        writer.kill()
        writer.wait()
        writer.stdout.close()
        found = store.get("job/a")
        assert found == found[:1] * 3_000_000
    assert list(store.keys("job")) == ["job/a"]


@pytest.mark.parametrize(
    ("module", "name", "use"),
    [
        (os, "pread", lambda store: store.get("job/a")),
        (Path, "stat", lambda store: store.size("job/a")),
        (os, "listdir", lambda store: list(store.keys("job"))),
        (shutil, "rmtree", lambda store: store.delete("job")),
    ],
)
def test_a_disk_that_cannot_be_read_is_not_a_missing_object(
    module: Any, name: str, use: Callable[[LocalObjects], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalObjects(tmp_path)
    store.put("job/a", b"x")

    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail)
        with pytest.raises(StorageFailed, match="Input/output error"):
            use(store)
    assert store.get("job/a") == b"x"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_refused_and_can_be_used_again(small_disk: Path) -> None:
    store = LocalObjects(small_disk)
    store.put("job/a", bytes(500_000))
    with pytest.raises(StorageFailed, match="No space left on device"):
        store.put("job/b", bytes(700_000))
    assert store.size("job/b") is None
    assert store.get("job/a") == bytes(500_000)
    assert temporaries(small_disk) == []
    store.delete("job")
    store.put("job/b", bytes(700_000))
    assert store.size("job/b") == 700_000
