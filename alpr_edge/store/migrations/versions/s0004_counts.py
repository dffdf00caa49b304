"""Counts that are kept as rows come and go, and which reads have no pictures.

Counting the rows themselves took over a second at half a million items, once a second. The triggers are in the
database, so that a release rolled back, a salvage and any other process keep the counts as well.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

_ADD = """
INSERT INTO counts (name, number) VALUES ({name}, {number})
ON CONFLICT (name) DO UPDATE SET number = number + excluded.number;
"""


def _trigger(name: str, event: str, changes: tuple[tuple[str, str], ...]) -> str:
    """A trigger that adds numbers to counts."""
    body = "".join(_ADD.format(name=count, number=number) for count, number in changes)
    return f"CREATE TRIGGER {name} AFTER {event} BEGIN\n{body}\nEND"


STATEMENTS = (
    """
    CREATE TABLE counts (
        name TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE missing_evidence (
        read_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (read_id),
        FOREIGN KEY(read_id) REFERENCES reads (read_id) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """,
    _trigger("outbox_counted_in", "INSERT ON outbox", (("'outbox.' || NEW.state", "1"),)),
    _trigger("outbox_counted_out", "DELETE ON outbox", (("'outbox.' || OLD.state", "-1"),)),
    _trigger(
        "outbox_counted_over",
        "UPDATE OF state ON outbox WHEN OLD.state IS NOT NEW.state",
        (("'outbox.' || OLD.state", "-1"), ("'outbox.' || NEW.state", "1")),
    ),
    _trigger("reads_counted_in", "INSERT ON reads", (("'reads'", "1"),)),
    _trigger("reads_counted_out", "DELETE ON reads", (("'reads'", "-1"),)),
    _trigger("hits_counted_in", "INSERT ON hits WHEN NEW.covert = 0", (("'hits'", "1"),)),
    _trigger("hits_counted_out", "DELETE ON hits WHEN OLD.covert = 0", (("'hits'", "-1"),)),
    _trigger("images_counted_in", "INSERT ON images", (("'images'", "1"), ("'image_bytes'", "NEW.length"))),
    _trigger("images_counted_out", "DELETE ON images", (("'images'", "-1"), ("'image_bytes'", "-OLD.length"))),
    "INSERT INTO counts SELECT 'outbox.' || state, count(*) FROM outbox GROUP BY state",
    "INSERT INTO counts SELECT 'reads', count(*) FROM reads",
    "INSERT INTO counts SELECT 'hits', count(*) FROM hits WHERE covert = 0",
    "INSERT INTO counts SELECT 'images', count(*) FROM images",
    "INSERT INTO counts SELECT 'image_bytes', coalesce(sum(length), 0) FROM images",
)


def upgrade() -> None:
    """Add the tables and what keeps them, and count what is there."""
    for statement in STATEMENTS:
        op.execute(statement)
