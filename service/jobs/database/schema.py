"""Bringing the tables of a job database up to date."""

from sqlalchemy import Connection, inspect, text

from service.errors import StorageFailed
from service.jobs.database.connection import Connections

LATEST = "v0001"

_TURN = 0x45504950  # of PostgreSQL's advisory locks, the one that upgrades wait for


def upgrade(connections: Connections) -> None:
    """Run the steps that are missing, all or none, one process at a time.

    Raises StorageFailed for the database of a later version of this program.
    """
    with connections.reading() as connection:
        if _revision(connection) == LATEST:
            return
    with connections.writing() as connection:
        if not connections.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        if _revision(connection) != LATEST:
            _run_steps(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_steps(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "service.jobs.database:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageFailed("the job database was written by a later version; this one cannot use it") from error
