"""What alembic runs: every missing step, inside the transaction that the caller has begun."""

from alembic import context

from service.jobs.database.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
