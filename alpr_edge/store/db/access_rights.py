"""The rights of a connection to the database, for the daemon that needs only the queue.

SQLite asks before it runs a statement whether it may touch each table and column (sqlite3_set_authorizer); what is not
named here is refused, tables of a later release too. This binds the statements of this program, so that no mistake in
the daemon that faces the network reaches a read, an entry or a list. It does not stop somebody who runs other code in
that daemon, which holds the key of the whole file: ``alpr_edge/store/README.md`` says what is planned against that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlcipher3 import dbapi2

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]
"""Called with an action, two names that go with it, a database and a trigger; returns SQLITE_OK or SQLITE_DENY."""

_PRAGMAS_WITH_ARGUMENT = {"table_info", "table_xinfo"}
"""Pragmas whose argument says what they are asked about; the argument of any other would set it."""
_ALWAYS_ALLOWED = {dbapi2.SQLITE_SELECT, dbapi2.SQLITE_TRANSACTION}


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
        is_allowed = (
            self._allows(action, name or "", detail) if trigger is None else self._allows_trigger(trigger, action, name)
        )
        return int(dbapi2.SQLITE_OK if is_allowed and database in {None, "main"} else dbapi2.SQLITE_DENY)

    def _allows_trigger(self, trigger: str, action: int, name: str | None) -> bool:
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
            return name in self.pragmas and (detail is None or name in _PRAGMAS_WITH_ARGUMENT)
        return action in _ALWAYS_ALLOWED


QUEUE = Rights(
    read=frozenset({"outbox", "list_sync", "meta", "counts", "department_date", "log_statements"}),
    insertable=frozenset({"list_sync", "department_date", "log_statements"}),
    fixed_columns={
        "outbox": frozenset({"seq", "item_id", "urgency", "kind", "body", "length", "sha256", "created_utc"}),
        "list_sync": frozenset({"source", "marks", "taken", "take_failure"}),
        "department_date": frozenset(),
        "log_statements": frozenset(),
    },
    functions=frozenset({"count", "min", "max", "sum", "coalesce"}),
    pragmas=frozenset({"data_version", "read_uncommitted", "table_info", "table_xinfo"}),
    triggers={"outbox_counted_over": "counts"},
)
"""The rights of the daemon that faces the network: it reads the items of the queue and marks what became of them, and
notes the state of the lists' sync, the date that the department reported and what it says of the access log. It can
neither change the content of an item nor add or remove one."""
