"""PostgreSQL: for a fleet. Each commit is on the disk when it returns (synchronous_commit), units write side by side.

What BEGIN IMMEDIATE gives on SQLite, advisory locks give here: who writes a unit's rows holds that unit's lock and,
shared with other units, the department's; who writes anything else holds the department's alone. A statement after the
lock sees what every transaction before it committed (READ COMMITTED), so a batch that is sent twice at once is stored
once, and nothing has to be tried again, as SERIALIZABLE would ask for. The unique keys stay the last word.
"""

import hashlib
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from alpr_edge.department.db.engines.location import PostgresqlLocation
from alpr_edge.department.db.engines.pool import BUSY_S, CONNECTIONS_MAX
from alpr_edge.department.db.revisions import stamped_version
from alpr_edge.domain.errors import DepartmentError, StoreError

if TYPE_CHECKING:
    import psycopg

VERSION_MIN = 150_000
"""Oldest release of the server, as PostgreSQL writes it: 15."""
CONNECT_S = 10
APPLICATION = "alpr-edge department"
"""How every program of the department calls itself at the server."""
GOING_S = 2.0
COPY_TABLE = "department_copy"
"""Holds how far a copy into this database has come (:mod:`alpr_edge.department.copying`); gone when it has ended."""
_OPTIONS = " ".join(
    f"-c {option}"
    for option in (
        "synchronous_commit=on",
        f"lock_timeout={BUSY_S:.0f}s",
        "idle_in_transaction_session_timeout=300s",
        "timezone=UTC",
        "client_encoding=UTF8",
    )
)
_LOCK_CLASS = 0x616C7072
"""The class of this product's advisory locks within a database ("alpr")."""
_DEPARTMENT = 0
_UNIT_LOCKS = text("SELECT pg_advisory_xact_lock_shared(:lock, :key), pg_advisory_xact_lock(:lock, :unit)")
"""The department's lock, shared, and then a unit's: columns are worked out from left to right."""
_OTHERS = text(
    "SELECT DISTINCT coalesce(host(client_addr), 'this machine') FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = :name AND pid <> pg_backend_pid() ORDER BY 1"
)
_COLLATIONS = {"C", "POSIX", "C.UTF-8", "C.utf8"}


class PostgresqlEngine:
    """A PostgreSQL database of a department."""

    is_brought_up_when_opened = False

    def __init__(self, location: PostgresqlLocation) -> None:
        self._location = location
        self.label = location.label
        self.reading_options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def open(self, *, create: bool) -> Engine:
        """Open the pool; a database is never made here: that is up to whoever runs the server."""
        del create
        try:
            return create_engine(
                "postgresql+psycopg://",
                creator=self._connect,
                poolclass=QueuePool,
                pool_size=CONNECTIONS_MAX,
                max_overflow=0,
                pool_timeout=BUSY_S,
                pool_pre_ping=True,  # a server that was started again left dead connections behind
                hide_parameters=True,
            )
        except ImportError:
            raise DepartmentError("not installed: psycopg; run: pip install 'alpr-edge[department]'") from None

    def lock_writers(self, connection: Connection, unit_id: str | None) -> None:
        """Take the locks until the transaction ends; whoever waits longer than :data:`BUSY_S` fails."""
        if unit_id is None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock, :key)"), _lock(_DEPARTMENT))
            return
        connection.execute(_UNIT_LOCKS, _lock(_DEPARTMENT) | {"unit": _unit_key(unit_id)})

    def require_no_other(self, connection: Connection) -> None:
        """Look at the server's list of sessions; one of a program that was just stopped gets time to go from it."""
        deadline_s = time.monotonic() + GOING_S
        while others := connection.execute(_OTHERS, {"name": APPLICATION}).scalars().all():
            if time.monotonic() >= deadline_s:
                raise DepartmentError(
                    f"{self.label}: another program of the department is connected, from {', '.join(others)}, and goes "
                    "on with the tables it knows: stop the other server first"
                )
            time.sleep(GOING_S / 10)
            connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # else a transaction sees the same list again

    def version_of(self, connection: Connection) -> int:
        """Alembic's revision, once it is sure that the database sorts and stores text as this program expects."""
        _require_server(connection, self.label)
        if connection.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": COPY_TABLE}):
            raise DepartmentError(f"{self.label}: a copy into it has not ended; run alpr-edge department copy again")
        version = stamped_version(connection)
        foreign = text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
        if version is None and connection.scalar(foreign):
            raise DepartmentError(f"{self.label}: holds tables of something else; give the department one of its own")
        return version or 0

    def note_version(self, connection: Connection, version: int) -> None:
        """Nothing: every release that knows PostgreSQL goes by Alembic's revision."""

    def describe_error(self, error: SQLAlchemyError) -> str:
        """The driver's class of the error, which is named after PostgreSQL's condition."""
        name = type(getattr(error, "orig", None) or error).__name__
        return f"the database refused ({name}); look at the PostgreSQL server's log, its disk and its health"

    def _connect(self) -> "psycopg.Connection[Any]":
        import psycopg  # noqa: PLC0415 - only where PostgreSQL is used
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - likewise

        given = dict(self._location.parameters)
        about = f"connect_timeout={CONNECT_S} keepalives_idle=30 application_name='{APPLICATION}'"
        try:
            return psycopg.connect(make_conninfo(about, dbname=self._location.database, options=_OPTIONS, **given))
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1:] or ["no reason given"]
            raise StoreError(f"{self.label}: cannot be reached: {reason[0].strip()}") from None


def _require_server(connection: Connection, label: str) -> None:
    """Refuse a server that is too old, another encoding than UTF-8, and an order of text that may change."""
    version = connection.scalar(text("SELECT current_setting('server_version_num')::int")) or 0
    if version < VERSION_MIN:
        raise DepartmentError(f"{label}: this PostgreSQL is older than {VERSION_MIN // 10_000}; update it")
    query = text(
        "SELECT pg_encoding_to_char(encoding) AS encoding, coalesce(to_jsonb(d) ->> 'datlocale', "
        "to_jsonb(d) ->> 'daticulocale', datcollate) AS collation "  # the column's name is another before 17
        "FROM pg_database AS d WHERE datname = current_database()"
    )
    row = connection.execute(query).one()
    if row.encoding != "UTF8" or row.collation not in _COLLATIONS:
        raise DepartmentError(
            f"{label}: its text is {row.encoding} in the order of {row.collation}, which an update of the system may "
            "change under the indexes; make it anew: createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8"
        )


def _lock(key: int) -> dict[str, int]:
    return {"lock": _LOCK_CLASS, "key": key}


def _unit_key(unit_id: str) -> int:
    """The key of a unit's lock; two units that share one only wait for each other."""
    return int.from_bytes(hashlib.sha256(unit_id.encode()).digest()[:4], "big", signed=True) or 1
