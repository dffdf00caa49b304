"""The rights of a connection to the database: everything, or only what the delivery of the queue needs.

SQLite asks before it runs a statement what that statement would touch (sqlite3_set_authorizer); what is not named here
is refused, tables of a later release too. It binds this program's own statements, so that no mistake in the half that
faces the network reaches a read, an entry or a list. Who runs code of his own in that half holds its key and opens the
file himself: ``README.md`` beside this file says what is to come against that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlcipher3 import dbapi2

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]
"""Called with an action, two names that go with it, a database and a trigger; returns SQLITE_OK or SQLITE_DENY."""

_ARGUED = {"table_info", "table_xinfo"}
"""Pragmas whose argument is what they ask about; that of any other would set it."""
_FREE = {dbapi2.SQLITE_SELECT, dbapi2.SQLITE_TRANSACTION}


@dataclass(frozen=True, slots=True)
class Rights:
    """The tables, columns and triggers that may be used; nothing else may. Call it as SQLite's authorizer."""

    read: frozenset[str]
    """Tables that may be read."""
    insertable: frozenset[str]
    """Tables that rows may be added to."""
    fixed_columns: Mapping[str, frozenset[str]]
    """Tables whose rows may be changed, and the columns of each that may not."""
    functions: frozenset[str]
    pragmas: frozenset[str]
    """Pragmas that may be read; none may be set."""
    triggers: Mapping[str, str]
    """Triggers that may run, and the one table that each may read and change."""

    def __call__(
        self, action: int, name: str | None, detail: str | None, database: str | None, trigger: str | None
    ) -> int:
        """Decide whether SQLite may do an action; ``trigger`` is the trigger that would do it, if any."""
        is_allowed = self._allows(action, name or "", detail) if trigger is None else self._runs(trigger, action, name)
        return int(dbapi2.SQLITE_OK if is_allowed and database in {None, "main"} else dbapi2.SQLITE_DENY)

    def _runs(self, trigger: str, action: int, name: str | None) -> bool:
        """Whether a trigger may do an action: to the table it maintains, and to read the row that fired it."""
        table = self.triggers.get(trigger)
        changes = {dbapi2.SQLITE_INSERT, dbapi2.SQLITE_UPDATE}
        return table is not None and (name == table if action in changes else action == dbapi2.SQLITE_READ)

    def _allows(self, action: int, name: str, detail: str | None) -> bool:
        if action == dbapi2.SQLITE_READ:
            return name in self.read
        if action == dbapi2.SQLITE_INSERT:
            return name in self.insertable
        if action == dbapi2.SQLITE_UPDATE:
            return name in self.fixed_columns and detail not in self.fixed_columns[name]
        if action == dbapi2.SQLITE_FUNCTION:
            return detail in self.functions
        if action == dbapi2.SQLITE_PRAGMA:
            return name in self.pragmas and (detail is None or name in _ARGUED)
        return action in _FREE


QUEUE = Rights(
    read=frozenset({"outbox", "list_sync", "meta", "counts", "department_date"}),
    insertable=frozenset({"list_sync", "department_date"}),
    fixed_columns={
        "outbox": frozenset({"seq", "item_id", "urgency", "kind", "body", "length", "sha256", "created_utc"}),
        "list_sync": frozenset({"source", "marks", "taken", "take_failure"}),
        "department_date": frozenset(),
    },
    functions=frozenset({"count", "min", "max", "sum", "coalesce"}),
    pragmas=frozenset({"data_version", "read_uncommitted", "table_info", "table_xinfo"}),
    triggers={"outbox_counted_over": "counts"},
)
"""Of the half that faces the network: it takes items from the queue and marks what became of them, and notes how the
sync of lists stands and what the department said of the time. What an item is made of it cannot change, nor can it
remove or add one."""
