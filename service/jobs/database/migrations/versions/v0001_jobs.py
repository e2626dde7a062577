"""Jobs, their documents, tiles and events, and the owners' turns."""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None

_ID = sa.String(26).with_variant(sa.String(26, collation="C"), "postgresql")


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("started", sa.Double),
        sa.Column("finished", sa.Double),
        sa.Column("tiles_total", sa.BigInteger),
        sa.Column("tiles_done", sa.BigInteger, nullable=False),
        sa.Column("tiles_failed", sa.BigInteger, nullable=False),
        sa.Column("paced_from", sa.Double),
        sa.Column("paced_tiles", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.Double),
        sa.Column("reason", sa.Text),
        sa.Column("cancelling", sa.Boolean, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("runner", sa.String(255)),
        sa.Column("lease_until", sa.Double),
        sa.Column("result_bytes", sa.BigInteger, nullable=False),
        sa.Column("results_expire", sa.Double),
        sa.Column("forgotten", sa.Boolean, nullable=False),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("event_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="jobs_key"),
        sa.UniqueConstraint("owner", "idempotency_key", name="jobs_once"),
    )
    op.create_index("jobs_by_owner", "jobs", ["owner", "id"])
    op.create_index("jobs_by_state", "jobs", ["state", "owner"])
    op.create_index("jobs_by_expiry", "jobs", ["results_expire"])
    op.create_table(
        "documents",
        sa.Column("job", _ID, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("plan", sa.Text),
        sa.PrimaryKeyConstraint("job", name="documents_key"),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="documents_job", ondelete="CASCADE"),
    )
    op.create_table(
        "tiles",
        sa.Column("job", _ID, nullable=False),
        sa.Column("tile", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("written", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job", "tile", name="tiles_key"),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="tiles_job", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "events",
        sa.Column("job", _ID, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job", "seq", name="events_key"),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name="events_job", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "owners",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("served", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="owners_key"),
    )
