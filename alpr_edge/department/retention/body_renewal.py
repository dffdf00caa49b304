"""Encrypts the bodies that stay of a day anew, under the next key of the day, before the purge destroys the first."""

from datetime import date

from sqlalchemy import Connection, tuple_

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.day_keys import DayKeyRecord, keys_of
from alpr_edge.department.db.day_keys.item_bodies import BodySealer, open_bodies, replace_bodies, select_bodies
from alpr_edge.department.db.schema import items
from alpr_edge.department.retention.leases import Lease
from alpr_edge.department.retention.pace import PurgePace
from alpr_edge.domain.protocol.items import digest

DAMAGED_MAX = 100
"""Damaged bodies after which a run ends: their key stays whatever is done with the rest."""


class BodyRenewal:
    """Encrypts the bodies under one key anew. A body and the key that it is under change in one transaction."""

    def __init__(self, database: DepartmentDatabase, record: DayKeyRecord) -> None:
        self._database, self._record = database, record
        self._damaged: list[tuple[str, str]] = []
        """Item and unit of those that do not open, and stay as they are."""

    def run(self, lease: Lease, pace: PurgePace) -> int:
        """Encrypt all that open; returns how many stay."""
        while len(self._damaged) < DAMAGED_MAX:
            with pace.writing(self._database) as connection:
                lease.renew(connection)
                if not self._seal_some(connection, pace.count):
                    break
        return len(self._damaged)

    def _seal_some(self, connection: Connection, count: int) -> bool:
        """Encrypt the next bodies; False: there are none."""
        is_left = items.c.key_id == self._record.key_id
        if self._damaged:
            is_left &= tuple_(items.c.item_id, items.c.unit_id).not_in(self._damaged)
        rows = connection.execute(select_bodies().add_columns(items.c.sha256).where(is_left).limit(count)).all()
        if not rows:
            return False
        bodies, keys = open_bodies(connection, rows), keys_of(connection)
        keys.are_used(connection)
        sealer = BodySealer(keys.key_of_day(connection, date.fromisoformat(self._record.day)))
        whole = [
            (row.unit_id, row.item_id, body, sealer)
            for row, body in zip(rows, bodies, strict=True)
            if body is not None and digest(body) == row.sha256
        ]
        replace_bodies(connection, whole)
        sealed = {(item_id, unit_id) for unit_id, item_id, _, _ in whole}
        self._damaged += [(row.item_id, row.unit_id) for row in rows if (row.item_id, row.unit_id) not in sealed]
        return True
