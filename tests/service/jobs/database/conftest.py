from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service.jobs.database.store import JobDatabase
from tests.postgres import Postgres


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def empty(database: JobDatabase) -> None:
    """Delete everything but the tables."""
    with database._connections.writing() as connection:
        connection.execute(text("DELETE FROM jobs"))
        connection.execute(text("DELETE FROM owners"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database, one of each kind, that other tests may have left something in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def new_address(request: pytest.FixtureRequest, address: str) -> str:
    """The address of a database without tables."""
    if address.startswith("sqlite"):
        return address
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def opened(address: str, clock: Clock) -> Iterator[Callable[[], JobDatabase]]:
    """Opens the database once more, as another process would; empty at first."""
    databases: list[JobDatabase] = []

    def another() -> JobDatabase:
        databases.append(JobDatabase(address, clock=clock))
        databases[-1].upgrade()
        return databases[-1]

    empty(another())
    yield another
    for database in databases:
        database.close()


@pytest.fixture
def database(opened: Callable[[], JobDatabase]) -> JobDatabase:
    return opened()
