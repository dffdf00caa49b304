"""What units say of themselves: the newest heartbeat of each, a bounded history, and who has been silent for long.

Of places the newest of each unit alone is kept, apart from the history: 600 heartbeats with their places would be the
track of a patrol car over two days, which nobody needs who looks for a unit, and which would tell where officers were.
A place is no read and falls under no period of the policy (462.5); it goes when the unit says another, and 30 days
after the unit was there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.heartbeat_schema import unit_heartbeats, unit_places
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import to_utc
from alpr_edge.domain.motion.last_place import LastPlace
from alpr_edge.domain.protocol.heartbeats import HeartbeatPayload, HeartbeatPlacePayload

HISTORY_MAX = 600
"""Most heartbeats kept of one unit: two days at one in five minutes."""
SILENT_AFTER = timedelta(hours=72)
"""A unit that is not heard for longer is told as silent: a car that stands over a weekend is not."""
AHEAD_MAX = timedelta(minutes=5)
"""A place that is dated further ahead of this server's clock is not kept: no later one would take it over."""

PLACE_KEPT = timedelta(days=30)
"""A place is neither told nor kept for longer, also of a unit that no longer says where it is."""


@dataclass(frozen=True, slots=True)
class UnitHeartbeat:
    """A heartbeat as it came."""

    unit_id: str
    received_at: datetime
    payload: HeartbeatPayload

    def is_silent(self, now: datetime) -> bool:
        """Whether nothing was heard for longer than :data:`SILENT_AFTER` since this one."""
        return now - self.received_at > SILENT_AFTER


class Heartbeats:
    """The record of heartbeats; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def take_in(self, unit_id: str, payload: HeartbeatPayload) -> None:
        """Store a heartbeat without its place, let the oldest of its unit go, and note the newest place."""
        table = unit_heartbeats.c
        row = {"unit_id": unit_id, "received_at": naive_utc_now(), "body": payload.model_dump_json(exclude={"place"})}
        mine = select(table.heartbeat_id).where(table.unit_id == unit_id)
        last_to_go = mine.order_by(table.heartbeat_id.desc()).offset(HISTORY_MAX).limit(1).scalar_subquery()
        with self._database.writing(unit_id) as connection:
            connection.execute(insert(unit_heartbeats).values(row))
            old = (table.unit_id == unit_id, table.heartbeat_id <= last_to_go)
            connection.execute(delete(unit_heartbeats).where(*old))
            connection.execute(delete(unit_places).where(unit_places.c.at < _oldest_place()))
            if payload.place is not None:
                _note_place(connection, unit_id, payload.place)

    def places(self) -> dict[str, LastPlace]:
        """Where each unit was last by what it said; one that said nothing within 30 days is not among them."""
        with self._database.reading() as connection:
            rows = connection.execute(select(unit_places).where(unit_places.c.at >= _oldest_place())).all()
        return {row.unit_id: LastPlace(row.lat_deg, row.lon_deg, row.at.replace(tzinfo=UTC)) for row in rows}

    def newest(self) -> dict[str, UnitHeartbeat]:
        """The newest heartbeat of each unit that was ever heard."""
        table = unit_heartbeats.c
        last = select(func.max(table.heartbeat_id)).group_by(table.unit_id)
        with self._database.reading() as connection:
            rows = connection.execute(select(unit_heartbeats).where(table.heartbeat_id.in_(last))).all()
        return {row.unit_id: _heartbeat(row) for row in rows}

    def history(self, unit_id: str) -> list[UnitHeartbeat]:
        """The heartbeats of a unit that are kept, newest first."""
        table = unit_heartbeats.c
        query = select(unit_heartbeats).where(table.unit_id == unit_id).order_by(table.heartbeat_id.desc())
        with self._database.reading() as connection:
            return [_heartbeat(row) for row in connection.execute(query)]


def _oldest_place() -> datetime:
    """Of when the oldest place is that is kept."""
    return naive_utc_now() - PLACE_KEPT


def _note_place(connection: Connection, unit_id: str, stated: HeartbeatPlacePayload) -> None:
    """Put a place where the one before it stood, unless that is newer."""
    try:
        place = LastPlace.of(stated.lat_deg, stated.lon_deg, to_utc(stated.at))
    except ValueError:
        return
    table, at = unit_places.c, place.at.replace(tzinfo=None)
    if not _oldest_place() <= at <= naive_utc_now() + AHEAD_MAX:
        return
    values = {"lat_deg": place.lat_deg, "lon_deg": place.lon_deg, "at": at}
    before = connection.scalar(select(table.at).where(table.unit_id == unit_id))
    if before is None:
        connection.execute(insert(unit_places).values(values | {"unit_id": unit_id}))
    elif before < at:
        connection.execute(update(unit_places).where(table.unit_id == unit_id).values(values))


def _heartbeat(row: Row[tuple[int, str, datetime, str]]) -> UnitHeartbeat:
    try:
        payload = HeartbeatPayload.model_validate_json(row.body)
    except ValidationError:
        raise StoreError(f"heartbeat {row.heartbeat_id} of {row.unit_id} is not as it was stored") from None
    return UnitHeartbeat(row.unit_id, row.received_at.replace(tzinfo=UTC), payload)
