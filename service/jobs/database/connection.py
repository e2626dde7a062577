"""Connections to the job database, SQLite or PostgreSQL: how transactions begin, and what failures are called."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from service.errors import DatabaseUnavailable

_WAIT = 30.0  # seconds that a transaction waits for its turn
_log = structlog.get_logger()


class Connections:
    """Transactions on one database, from any number of threads.

    Parameters
    ----------
    url
        `sqlite:///path/of/the/file` or `postgresql://user:password@host/database`.

    Raises
    ------
    ValueError
        For any other address.
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.engine = _sqlite(parsed) if parsed.drivername == "sqlite" else _postgresql(parsed)
        self.sqlite = parsed.drivername == "sqlite"
        self._writer = self.engine.execution_options(writing=True)
        # SQLite's own waiting is polling and knows no order: threads queue here, and only processes meet there.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that sees one state of the database. Raises DatabaseUnavailable."""
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that is durable once the block has ended. Raises DatabaseUnavailable."""
        with _translated(), self._turn, self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close what is idle; connections in use close when they are given back."""
        self.engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    if parsed is not None and parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError("the job database (EPIPOLE_DATABASE) is given as sqlite:///path or postgresql://user@host/name")


def _sqlite(url: URL) -> Engine:
    assert url.database is not None
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _WAIT}, pool_timeout=_WAIT)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver guesses
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail where another wrote in between.
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    limits = {
        "options": "-c statement_timeout=30s -c lock_timeout=30s -c idle_in_transaction_session_timeout=60s",
        "connect_timeout": "5",
        "keepalives_idle": "10",
        "keepalives_interval": "5",
        "keepalives_count": "3",
    }
    arguments = {name: value for name, value in limits.items() if name not in url.query}
    return create_engine(
        url, connect_args=arguments, isolation_level="READ COMMITTED", pool_pre_ping=True, pool_timeout=_WAIT
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, NoConnectionLeft) as error:
        passing = isinstance(error, OperationalError | InterfaceError | NoConnectionLeft)
        if not passing and not (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise
        cause = error.orig if isinstance(error, DBAPIError) else error
        _log.warning("the job database is not available", cause=str(cause).strip().partition("\n")[0])
        raise DatabaseUnavailable("the job database does not answer, or cannot write; try again", 2) from error
