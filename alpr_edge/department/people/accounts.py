"""The department's side of the port ``access.store``: people sign in at the department as they do in a car."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alpr_edge.access.store import AccessRows, SessionHolder
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.people.account_rows import DepartmentAccountRows


@dataclass(frozen=True, slots=True, eq=False)
class DepartmentAccounts:
    """The accounts in the department's database; threads may share them."""

    database: DepartmentDatabase

    @contextmanager
    def reading(self) -> Iterator[AccessRows]:
        """One consistent view."""
        with self.database.reading() as connection:
            yield DepartmentAccountRows(connection)

    def holder(self, token_sha256: str) -> SessionHolder:
        """The holder of a token's session."""
        with self.reading() as rows:
            return SessionHolder.read(rows, token_sha256)

    @contextmanager
    def writing(self) -> Iterator[AccessRows]:
        """One transaction that no other process writes beside, on disk when the block ends."""
        with self.database.writing() as connection:
            yield DepartmentAccountRows(connection)
