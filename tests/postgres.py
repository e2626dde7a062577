"""A PostgreSQL server for the tests: a cluster of its own, started where the programs are installed."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_USER = "epipole"
_NOBODY = "nobody"  # PostgreSQL refuses to run as root


def program(name: str) -> str | None:
    """The path of a PostgreSQL program; Debian keeps the server's out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return shutil.which(name) or (str(versions[-1]) if versions else None)


class Postgres:
    """A cluster under a temporary folder, reached through a socket in it; durable, as in production."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._databases = 0
        folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(folder, _NOBODY)
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={_USER}")

    def start(self) -> None:
        """Start the server; returns once it answers."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=100"
        self._run("pg_ctl", "start", "--wait", f"--log={self.folder / 'log'}", f"--options={options}")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: `immediate` as a crash would, `fast` in good order."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        self._databases += 1
        name = f"epipole_{self._databases}"
        with psycopg.connect(host=str(self.folder), user=_USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def _run(self, name: str, *arguments: str) -> None:
        path = program(name)
        assert path is not None
        # Its output goes to a file: the server inherits it, and a pipe would stay open as long as it runs.
        with (self.folder / f"{name}.out").open("w+") as output:
            done = subprocess.run(
                [path, "-D", str(self._data), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                user=_NOBODY if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
                check=False,
            )
            output.seek(0)
            assert done.returncode == 0, output.read()


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server that is gone afterwards. Skips the test where the programs are missing."""
    if program("initdb") is None or program("pg_ctl") is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="epipole-pg-", dir="/tmp"))
    try:
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that all tests of a process share; each takes databases of its own."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """The address of a database that is empty at first."""
    return postgres.new_database()
