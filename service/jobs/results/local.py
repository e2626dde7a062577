"""Objects as files below one folder."""

import contextlib
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from service.errors import StorageFailed
from service.jobs.results.objects import Data, checked, is_key

_WRITING = ".writing"
_ABANDONED_SECONDS = 3600.0
_MOST_KNOWN = 10_000


class LocalObjects:
    """Objects of all jobs below `folder`; several processes may use the same one.

    Bytes are written to `.writing/`, brought to disk, and moved to their name; what a killed process left there is
    removed by whoever writes later.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: set[Path] = set()
        self._lock = threading.Lock()
        self._swept = float("-inf")

    def put(self, key: str, data: Data) -> None:
        target = self.folder / checked(key)
        try:
            self._sweep()
            self._write(target, data)
        except OSError as error:
            raise StorageFailed(f"the results could not be kept: {error.strerror or error}") from error

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        if not is_key(key):
            raise KeyError(key)
        try:
            with (self.folder / key).open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                stop = size if stop is None else min(stop, size)
                return _read(file.fileno(), start, max(0, stop - start))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise KeyError(key) from None
        except OSError as error:
            raise StorageFailed(f"the results could not be read: {error.strerror or error}") from error

    def size(self, key: str) -> int | None:
        path = self.folder / key
        try:
            return path.stat().st_size if is_key(key) and path.is_file() else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageFailed(f"the results could not be read: {error.strerror or error}") from error

    def keys(self, prefix: str) -> Iterator[str]:
        if is_key(prefix):
            yield from _keys(self.folder / prefix, prefix)

    def delete(self, prefix: str) -> None:
        path = self.folder / checked(prefix)
        with self._lock:
            self._known.clear()
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except FileNotFoundError:
            return  # somebody else deletes it too
        except OSError as error:
            raise StorageFailed(f"the results could not be deleted: {error.strerror or error}") from error

    def _write(self, target: Path, data: Data) -> None:
        writing = self.folder / _WRITING
        self._make(writing)
        self._make(target.parent)
        descriptor, temporary = tempfile.mkstemp(prefix=f"{socket.gethostname()}-{os.getpid()}-", dir=writing)
        try:
            try:
                rest = memoryview(data).cast("B")
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            try:
                os.replace(temporary, target)  # noqa: PTH105
            except FileNotFoundError:  # the job was deleted since this process made its folder
                with self._lock:
                    self._known.clear()
                self._make(target.parent)
                os.replace(temporary, target)  # noqa: PTH105
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            raise
        _sync_folder(target.parent)

    def _make(self, folder: Path) -> None:
        """Make `folder` durably: an entry is on disk once the folder that holds it is synchronised."""
        if folder in self._known:
            return
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            _sync_folder(new.parent)
        with self._lock:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known.update(missing, (folder,))

    def _sweep(self) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._swept < _ABANDONED_SECONDS:
                return
            self._swept = now
        horizon = time.time() - _ABANDONED_SECONDS
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder / _WRITING) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime < horizon:
                        os.unlink(entry.path)  # noqa: PTH108


def _read(descriptor: int, start: int, count: int) -> bytes:
    pieces = []
    while count > 0 and (piece := os.pread(descriptor, count, start)):  # one call gives 2 GiB at most
        pieces.append(piece)
        start += len(piece)
        count -= len(piece)
    return b"".join(pieces)


def _keys(path: Path, key: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208
    except NotADirectoryError:
        yield key
        return
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageFailed(f"the results could not be listed: {error.strerror or error}") from error
    for name in names:
        yield from _keys(path / name, f"{key}/{name}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
