from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from service.errors import StorageFailed
from service.jobs.database import migrations, schema
from service.jobs.database.store import JobDatabase
from service.jobs.database.tables import metadata


def test_the_steps_lead_to_the_tables_that_the_program_uses(new_address: str) -> None:
    database = JobDatabase(new_address)
    database.upgrade()
    with database._connections.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_the_latest_step_is_the_one_that_the_program_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.LATEST]


def test_an_upgrade_is_done_once(new_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = JobDatabase(new_address)
    database.upgrade()
    monkeypatch.delattr(schema, "_run_steps")
    database.upgrade()
    database.close()


def test_an_upgrade_that_fails_leaves_nothing_behind(new_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = JobDatabase(new_address)
    steps = schema._run_steps

    def interrupted(connection: object) -> None:
        steps(connection)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schema, "_run_steps", interrupted)
        with pytest.raises(KeyboardInterrupt):
            database.upgrade()
    with database._connections.reading() as connection:
        assert inspect(connection).get_table_names() == []
    database.upgrade()
    assert database.counts()["accepted"] == 0
    database.close()


def test_a_database_of_a_later_version_is_refused(new_address: str) -> None:
    database = JobDatabase(new_address)
    database.upgrade()
    with database._connections.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'v9999'"))
    with pytest.raises(StorageFailed, match="later version"):
        database.upgrade()
    database.close()
