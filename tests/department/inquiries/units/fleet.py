"""A fleet of units whose last words differ, as a department has it."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from alpr_edge.department.db.heartbeat_schema import unit_heartbeats
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.unit_ends import UnitEnd
from alpr_edge.domain.protocol.heartbeats import HeartbeatFaultPayload, HeartbeatPayload, HeartbeatPlacePayload
from tests.department.enrolment import enrol_unit

HEARD, FAULTY, SILENT, RETIRED = "car-21", "car-22", "car-23", "car-24"
SILENT_FOR = timedelta(days=4)
STATION = (37.6391, -120.9969)
_NOT_KNOWN = dict.fromkeys(HeartbeatPayload.model_fields)


def heartbeat_at(
    place: tuple[float, float] | None, ago: timedelta = timedelta(), *faults: HeartbeatFaultPayload
) -> HeartbeatPayload:
    """What a unit says of itself that was somewhere a while ago."""
    at = datetime.now(UTC) - ago
    stated = None if place is None else HeartbeatPlacePayload(lat_deg=place[0], lon_deg=place[1], at=at)
    known = {"schema_version": 1, "version": "0.2.0", "is_running": True, "is_ready": True, "lists": []}
    return HeartbeatPayload.model_validate(_NOT_KNOWN | known | {"faults": list(faults), "place": stated})


def deliver_fleet(directory: Path, folder: Path) -> None:
    """Enroll units and store their heartbeats: one that is well, one with a fault, a silent one, and a retired one."""
    fault = HeartbeatFaultPayload(kind="a camera's lens is dirty", part="camera left", state="attention")
    words = {
        HEARD: heartbeat_at(STATION, timedelta(minutes=3)),
        FAULTY: heartbeat_at((37.66, -121.02), timedelta(hours=3), fault),
        SILENT: heartbeat_at((37.61, -120.96), SILENT_FOR),
        RETIRED: heartbeat_at((37.64, -120.94), timedelta(hours=30)),
    }
    for unit_id in words:
        enrol_unit(directory, unit_id, folder / unit_id)
    with closing(Storage(directory, create=False)) as storage:
        for unit_id, payload in words.items():
            storage.heartbeats.take_in(unit_id, payload)
        silent_since = (datetime.now(UTC) - SILENT_FOR).replace(tzinfo=None)
        with storage.database.writing() as connection:
            mine = update(unit_heartbeats).where(unit_heartbeats.c.unit_id == SILENT)
            connection.execute(mine.values(received_at=silent_since))
        storage.units.revoke(RETIRED, "retired from service", UnitEnd.RETIRED)


def store_heartbeat(directory: Path, unit_id: str, payload: HeartbeatPayload) -> None:
    """Store a heartbeat of a unit."""
    with closing(Storage(directory, create=False)) as storage:
        storage.heartbeats.take_in(unit_id, payload)
