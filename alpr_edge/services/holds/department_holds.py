"""Places on a unit what its department holds, and releases what the department released.

Nobody of the car does this: the record of it names the unit itself, and the holds name who placed them there.
"""

from dataclasses import dataclass

import structlog

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.access_log.records import AccessEntry
from alpr_edge.domain.errors import HoldError, LostError, StoreError
from alpr_edge.domain.holds.hold import Hold, HoldPerson, HoldRelease
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.holds import (
    HOLDS_BYTES_MAX,
    HOLDS_SPOOL_NAME,
    DepartmentHoldsPayload,
    hold_of_department,
)
from alpr_edge.services.audit.access_entries import unit_entry
from alpr_edge.settings import Settings
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.store.retention import holds

COMPONENT = "run"
DEPARTMENT = HoldPerson("", "department")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HoldChanges:
    """What a unit changed to hold what its department holds."""

    placed: tuple[Hold, ...] = ()
    released: tuple[Hold, ...] = ()


def read_waiting_holds(incoming: DownloadSpool) -> DepartmentHoldsPayload:
    """What the uplink handed over and waits.

    Raises:
        HoldError: it cannot be read, or nothing waits.
    """
    content = bytearray()
    try:
        for chunk in incoming.read(HOLDS_SPOOL_NAME)[1]:
            content += chunk
            if len(content) > HOLDS_BYTES_MAX:
                raise HoldError("longer than any holds of a department")
        return DepartmentHoldsPayload.model_validate_json(bytes(content))
    except (LostError, ValueError) as error:
        raise HoldError(f"the department's holds cannot be read ({type(error).__name__})") from None


def take_in_department_holds(
    settings: Settings, database: Database, payload: DepartmentHoldsPayload, now: Instant
) -> HoldChanges:
    """Hold exactly what the department holds, besides what people of the unit hold; again, it changes nothing.

    It is one transaction, and goes on record after it: where the access log takes no record, the reads are held all
    the same, since the hold may be the order of a court.

    Raises:
        HoldError: it is of another unit, or cannot be read; nothing was changed.
        StoreError: the database cannot be written; likewise.
    """
    if payload.unit_id != settings.unit.id:
        raise HoldError("the department's holds are those of another unit")
    try:
        wanted = {one.hold_id: (hold_of_department(one, now), one.read_ids) for one in payload.holds}
    except ValueError:
        raise HoldError("the department's holds name a moment that is none") from None
    changes = _apply(database, wanted, settings.unit.id, now)
    for operation, changed in ((Operation.HOLD_READ, changes.placed), (Operation.RELEASE_READ, changes.released)):
        for hold in changed:
            _record(settings, operation, hold, now)
    return changes


def _apply(database: Database, wanted: dict[str, tuple[Hold, list[str]]], unit_id: str, now: Instant) -> HoldChanges:
    placed, released = list[Hold](), list[Hold]()
    with database.write() as connection:
        there = holds.ids_of_department(connection)
        for hold_id, (hold, read_ids) in wanted.items():
            if hold_id not in there:
                holds.add_hold(connection, hold, read_ids, unit_id)
                placed.append(hold)
            elif not there[hold_id]:
                holds.cover_reads(connection, hold, read_ids, unit_id)
        for hold_id, is_released in there.items():
            if hold_id not in wanted and not is_released:
                released.append(holds.release(connection, hold_id, unit_id, HoldRelease(DEPARTMENT, now, "")))
    return HoldChanges(tuple(placed), tuple(released))


def _record(settings: Settings, operation: Operation, hold: Hold, now: Instant) -> None:
    entry: AccessEntry = unit_entry(COMPONENT, operation.value, now).model_copy(
        update={"objects": (hold.hold_id,), "note": f"by the department, case {hold.terms.case_number}"}
    )
    try:
        with open_access_log(settings, migrate=True) as access_log:
            access_log.append(entry, now)
    except StoreError as error:
        log.error("holds.not_recorded", failure=str(error))
