"""What the department asks of a database engine, beyond the SQL that all of them take."""

from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class DatabaseEngine(Protocol):
    """One kind of database.

    What a transaction may rely on is the same for all: a commit is on the disk when it returns; in a transaction that
    writes nobody else changes what it read; one that reads sees a single moment.
    """

    @property
    def label(self) -> str:
        """The database as errors name it; no secret is in it."""

    @property
    def reading_options(self) -> dict[str, Any]:
        """Execution options of a connection that only reads."""

    @property
    def is_brought_up_when_opened(self) -> bool:
        """Whether opening brings an older database to this release's tables; else ``department migrate`` does."""

    def open(self, *, create: bool) -> Engine:
        """Open the pool of connections."""

    def lock_writers(self, connection: Connection, unit_id: str | None) -> None:
        """Keep other writers out until a transaction ends.

        Args:
            unit_id: the unit whose rows are written, so that those of other units may be written at the same time;
                None: keep all others out.
        """

    def require_no_other(self, connection: Connection) -> None:
        """Refuse to change the tables under another program of the department, which goes on with those it knows."""

    def version_of(self, connection: Connection) -> int:
        """The version of an opened database; 0: it is empty."""

    def note_version(self, connection: Connection, version: int) -> None:
        """Record the version where earlier releases look for it."""

    def describe_error(self, error: SQLAlchemyError) -> str:
        """An error of the driver in a few words, without the statement, which may quote what is stored."""
