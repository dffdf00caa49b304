"""Tells that hits came or that something was said of one, by a bounded look at the database."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import HIT_ITEMS, items

ITEMS_AT_ONCE = 1_000
"""Most items that one look finds; where there are more, the next look finds the rest."""
OVERLAP = timedelta(seconds=30)
"""How far each look goes back behind the last: what was received earlier may be committed later."""
KNOWN_MAX = 20_000


class HitArrivals:
    """Counts what arrived of hits, whichever server of the department took it in; one thread asks it.

    Args:
        database: the department's database.
    """

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database
        self._until = datetime.now(UTC).replace(tzinfo=None) - OVERLAP
        self._known = dict[tuple[str, str], datetime]()
        self._count = 0

    def current(self) -> int:
        """A number that grows whenever hits, answers or withdrawals arrived since it was asked last.

        Raises:
            StoreError: the database does not answer.
        """
        key = (items.c.received_at, items.c.unit_id, items.c.item_id)
        query = select(*key).where(text(HIT_ITEMS), items.c.received_at >= self._until - OVERLAP)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(*key).limit(ITEMS_AT_ONCE)).all()
        new = {(row.unit_id, row.item_id): row.received_at for row in rows}
        if new.keys() - self._known.keys():
            self._count += 1
        if rows:  # not this server's clock, which may be another than that of the server that took it in
            is_full = len(rows) == ITEMS_AT_ONCE
            self._until = max(self._until, rows[-1].received_at + (OVERLAP if is_full else timedelta()))
        self._known |= new
        if len(self._known) > KNOWN_MAX:
            edge = self._until - OVERLAP
            self._known = {name: at for name, at in self._known.items() if at >= edge}
        return self._count
