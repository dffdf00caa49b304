"""The lists that units asked for: which unit has which source in its settings, and how new its list is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.schema import list_requests
from alpr_edge.settings.base import is_name

SOURCES_MAX = 64
"""Most sources recorded of one unit."""
SERIAL_MAX = 99_999_999
"""A unit may state any number; no list has a higher serial."""
SAME_WITHIN = timedelta(hours=1)
"""An equal request within this time is not written again."""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A unit's request for the list after the one that it has."""

    unit_id: str
    source: str
    serial: int
    """Serial of the newest list that it has; 0: none."""
    requested_at: datetime | None = None
    """When it asked, UTC; None: now."""


class ListRequests:
    """The record of requests; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def note(self, request: ListRequest) -> None:
        """Record a request, in place of the unit's one before for this source."""
        if not is_name(request.source):
            return
        serial, now = min(request.serial, SERIAL_MAX), naive_utc_now()
        table = list_requests.c
        mine = (table.unit_id == request.unit_id, table.source == request.source)
        with self._database.reading() as connection:
            row = connection.execute(select(list_requests).where(*mine)).one_or_none()
            count = select(func.count()).select_from(list_requests).where(table.unit_id == request.unit_id)
            if row is None and (connection.scalar(count) or 0) >= SOURCES_MAX:
                return
        if row is not None and row.serial == serial and now - row.requested_at < SAME_WITHIN:
            return
        values = {"serial": serial, "requested_at": now}
        with self._database.writing(request.unit_id) as connection:
            if not connection.execute(update(list_requests).where(*mine).values(values)).rowcount:
                names = {"unit_id": request.unit_id, "source": request.source}
                connection.execute(insert(list_requests).values(values | names))

    def all(self) -> list[ListRequest]:
        """Every unit's newest request for each source, by source and unit."""
        order = (list_requests.c.source, list_requests.c.unit_id)
        with self._database.reading() as connection:
            rows = connection.execute(select(list_requests).order_by(*order)).all()
        return [ListRequest(row.unit_id, row.source, row.serial, row.requested_at) for row in rows]
