"""The engines of a department's database, for tests that run on each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from sqlalchemy import text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.settings import FILE_NAME

ENGINES = ("sqlite", "postgresql")
OTHER_BODY = "(SELECT body FROM items WHERE item_id = (SELECT min(item_id) FROM items WHERE body IS NOT NULL))"
"""SQL of the body of another item."""
AUDIT_TABLES = ("audit_steps", "audit_declarations", "incident_steps")
RECORD_TABLES = (
    *("access_records", "access_nodes", "release_requests", "release_steps", "passphrase_steps", "settings_steps"),
    *AUDIT_TABLES,
)
"""Tables of later revisions whose rows the database keeps by a trigger each."""
PASSKEY_DATES = ("added_at", "used_at")
"""Columns of a later revision in the table of passkeys' counters."""
ROWS_STAY = "SQLITE_CONSTRAINT_TRIGGER|RaiseException"
"""What an error says when a trigger refused."""


@dataclass(frozen=True, slots=True)
class EngineUnderTest:
    """The engine that a test runs on."""

    name: str
    new_url: Callable[[], str]
    """Makes a database with a department's empty tables; its URL. Of PostgreSQL alone."""

    def use(self, directory: Path) -> Path:
        """Have a department's folder use the engine; returns the folder, made when missing."""
        if self.name == "postgresql":
            name_database(directory, self.new_url())
        return directory


def name_database(directory: Path, url: str) -> None:
    """Write a database's URL into the settings of a department's folder."""
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / FILE_NAME
    document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    document["database"] = {"url": url}
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    path.chmod(0o600)


def drop_newer_tables(directory: Path) -> None:
    """Take away what the first revision of a SQLite department did not have."""
    later = ("read_pictures", "deletion_runs", "picture_removals", "leases", "image_keys", "sealed_images")
    for statement in exchange_removal("sqlite"):
        query(directory, statement)
    people = ("people_identities", "people_provisioned", "people_saved_searches")
    others = ("plates", "held_versions", "unit_settings", "unit_places", "late_tones")
    for table in (*later, *RECORD_TABLES, *people, *others):
        query(directory, f"DROP TABLE {table}")
    query(directory, "ALTER TABLE certificates DROP COLUMN ended_as")
    query(directory, "ALTER TABLE hold_releases DROP COLUMN reason")
    of_items = ("items_received_at", "items_of_hits", "items_key_id", "items_unit_id_kind", "items_of_logs")
    for name in (*of_items, "dispositions_read_id"):
        query(directory, f"DROP INDEX ix_{name}")
    query(directory, "CREATE INDEX ix_items_unit_id ON items (unit_id)")
    query(directory, "ALTER TABLE items DROP COLUMN key_id")
    for name in PASSKEY_DATES:
        query(directory, f"ALTER TABLE people_passkey_counts DROP COLUMN {name}")
    for name in ("plate", "cell", "unit_id"):
        query(directory, f"DROP INDEX ix_reads_{name}_seen_at")
    for name in ("seen_at", "cell"):
        query(directory, f"ALTER TABLE reads DROP COLUMN {name}")
    for name in ("plate", "first_seen"):
        query(directory, f"CREATE INDEX ix_reads_{name} ON reads ({name})")


def exchange_removal(engine: str) -> list[str]:
    """Statements that take away what the exchange with other systems has."""
    tables = ("exchange_terms", "exchange_targets", "exchange_items", "import_runs")
    functions = ("exchange_terms_keep", "exchange_items_keep") if engine == "postgresql" else ()
    return [
        *(f"DROP TABLE {table}" for table in tables),
        *(f"DROP FUNCTION {function}" for function in functions),
        "ALTER TABLE reads DROP COLUMN origin",
    ]


def query(directory: Path, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a plain statement over the department's database, on whatever engine; of a change there are none."""
    database = DepartmentDatabase(directory, create=False)
    try:
        with database.writing() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        database.close()
