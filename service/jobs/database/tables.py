"""The tables of the job database. Times are seconds since the epoch; JSON is text, for it is only ever read whole."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# Identifiers are compared byte by byte: their order is their age, in every locale.
JOB_ID = String(26).with_variant(String(26, collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s",
        "uq": "%(table_name)s_once",
    }
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", JOB_ID, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("operation", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("idempotency_key", String(255)),
    Column("created", Double, nullable=False),
    Column("started", Double),
    Column("finished", Double),
    Column("tiles_total", BigInteger),
    Column("tiles_done", BigInteger, nullable=False),
    Column("tiles_failed", BigInteger, nullable=False),
    Column("paced_from", Double),  # tiles are counted against the clock since then …
    Column("paced_tiles", BigInteger, nullable=False),  # … and these were recorded before
    Column("updated", Double),
    Column("reason", Text),
    Column("cancelling", Boolean, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("runner", String(255)),
    Column("lease_until", Double),
    Column("result_bytes", BigInteger, nullable=False),
    Column("results_expire", Double),
    Column("forgotten", Boolean, nullable=False),  # the results are deleted
    Column("events", Integer, nullable=False),
    Column("event_at", Double, nullable=False),
    UniqueConstraint("owner", "idempotency_key"),
    Index("jobs_by_owner", "owner", "id"),
    Index("jobs_by_state", "state", "owner"),
    Index("jobs_by_expiry", "results_expire"),
)

# Apart from the counters: SQLite writes a whole row anew whenever one of its columns changes.
documents = Table(
    "documents",
    metadata,
    Column("job", JOB_ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("document", Text, nullable=False),
    Column("plan", Text),
)

tiles = Table(
    "tiles",
    metadata,
    Column("job", JOB_ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("tile", BigInteger, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("written", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("worker", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("job", JOB_ID, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Whose turn it was last; submissions of one owner wait for each other here.
owners = Table(
    "owners",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("served", Double, nullable=False),
)
