"""Claims of this machine's runners, in files: whoever comes after one that was killed need not wait for its leases."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from service.errors import NotFound
from service.jobs.database.lease import LeaseLost

if TYPE_CHECKING:
    from service.jobs.database.store import JobDatabase

_log = structlog.get_logger()


class Ledger:
    """The claims that a runner holds. The file is locked for as long as its process lives, however it ends."""

    def __init__(self, folder: Path, runner: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{runner}.json"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._claims: dict[str, int] = {}

    def add(self, job: str, fence: int) -> None:
        """Note a claim."""
        self._claims[job] = fence
        self._write()

    def remove(self, job: str) -> None:
        """Forget a claim."""
        self._claims.pop(job, None)
        self._write()

    def close(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # without it the next runner waits for the leases
            text = json.dumps(self._claims).encode()
            os.pwrite(self._file, text.ljust(os.fstat(self._file).st_size), 0)


def give_back_claims(folder: Path, database: "JobDatabase") -> None:
    """Give back what runners that are no more had claimed."""
    for path in sorted(folder.glob("*.json")):
        with _taken(path) as text:
            if text is None:
                continue
            try:
                claims = json.loads(text or "{}")
            except ValueError:  # it was killed while it wrote
                claims = {}
            for job, fence in claims.items():
                with contextlib.suppress(LeaseLost, NotFound):
                    database.release(job, fence)
                    _log.info("a claim of a runner that died is given back", job=job)
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _taken(path: Path) -> Iterator[str | None]:
    """The text of a ledger whose process is gone, locked meanwhile; None of one that is alive."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield os.pread(file, os.fstat(file).st_size, 0).decode()
    finally:
        os.close(file)
