"""Which version of each list and of the roster every unit has, and since when, by what it says as it asks for the next.

A unit names the serial that it took last with each request for a list, and with each request for the roster. A moment
is noted only when the serial differs from the one before: it is when this server first heard of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.heartbeat_schema import held_versions
from alpr_edge.department.list_requests import SERIAL_MAX, SOURCES_MAX
from alpr_edge.settings.base import is_name

ROSTER = "roster"
_LIST = "lists/"
DOCUMENTS_MAX = SOURCES_MAX + 1
"""Most documents noted of one unit: its lists, and the roster."""


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """What a unit has of a document."""

    unit_id: str
    serial: int
    """Of the version that it took last; 0: none."""
    since: datetime
    """When it first named this serial, UTC, by this server's clock."""


class HeldVersions:
    """The record of what units have; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def note_list(self, unit_id: str, source: str, serial: int) -> None:
        if is_name(source):
            self._note(unit_id, _LIST + source, serial)

    def note_roster(self, unit_id: str, serial: int) -> None:
        """Note the serial of the roster that a unit has; raises as :meth:`note_list`."""
        self._note(unit_id, ROSTER, serial)

    def of_list(self, source: str) -> dict[str, HeldVersion]:
        """What each unit has of a list, by unit."""
        return self._all(_LIST + source)

    def of_roster(self) -> dict[str, HeldVersion]:
        """What each unit has of the roster, by unit."""
        return self._all(ROSTER)

    def _all(self, document: str) -> dict[str, HeldVersion]:
        table = held_versions.c
        with self._database.reading() as connection:
            rows = connection.execute(select(held_versions).where(table.document == document).order_by(table.unit_id))
            return {row.unit_id: HeldVersion(row.unit_id, row.serial, row.since.replace(tzinfo=UTC)) for row in rows}

    def _note(self, unit_id: str, document: str, serial: int) -> None:
        table, stated = held_versions.c, min(serial, SERIAL_MAX)
        mine = (table.unit_id == unit_id, table.document == document)
        with self._database.reading() as connection:
            before = connection.scalar(select(table.serial).where(*mine))
            count = select(func.count()).select_from(held_versions).where(table.unit_id == unit_id)
            if before == stated or (before is None and (connection.scalar(count) or 0) >= DOCUMENTS_MAX):
                return
        values = {"serial": stated, "since": naive_utc_now()}
        with self._database.writing(unit_id) as connection:
            if not connection.execute(update(held_versions).where(*mine).values(values)).rowcount:
                connection.execute(insert(held_versions).values(values | {"unit_id": unit_id, "document": document}))
