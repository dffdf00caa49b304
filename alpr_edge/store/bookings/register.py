"""Keeps the bookings of evidence packages, and queues each for the department in the same transaction.

A package bears its name only once its booking, with the passphrase sealed for the department, is on the disk: there is
no whole package that nobody knows of. A booking whose package is not known to have got its name was cut short: the
medium may or may not hold it, which the digest of the booking tells.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.protocol.bookings import BookingPayload, booking_item_id
from alpr_edge.domain.protocol.items import ItemKind, Urgency, encode, instant_payload
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.row_mapping import instant_of, instant_or_none, instant_row
from alpr_edge.store.db.schema import evidence_exports, outbox
from alpr_edge.store.outbox.enqueue import body_row

LISTED_MAX = 1000
_SAME_NAMES = (
    *("package_id", "purpose", "offence", "medium", "recipient", "person_id", "person", "session", "file_name"),
    *("package_sha256", "manifest_sha256", "size_bytes", "reads", "hits", "pictures", "time_stamp"),
)
"""Columns that have the names of the fields."""


@dataclass(frozen=True, slots=True)
class PackageBooking:
    """The booking of a package."""

    package_id: str
    case: str
    purpose: str
    offence: str
    medium: str
    """Number of the medium in the evidence room's own count; empty: none was given."""
    recipient: str
    person_id: str
    person: str
    session: str
    file_name: str
    package_sha256: str
    """Of the encrypted container, as the medium gave it back."""
    manifest_sha256: str
    """Of the tag manifest inside it."""
    size_bytes: int
    reads: int
    hits: int
    pictures: int
    with_scenes: bool
    is_redacted: bool
    is_escrowed: bool
    """Whether the department gets the passphrase, sealed for it."""
    booked: Instant
    time_stamp: str = ""
    """What came of the time stamp, in words; empty: this unit asks for none."""
    finished: Instant | None = None
    """When the package got its name; None: it was cut short before that was noted, and may or may not have it."""


def add_booking(database: Database, booking: PackageBooking, unit_id: str, sealed_passphrase: str) -> None:
    """Store a booking and queue it; it is on the disk when this returns.

    Args:
        sealed_passphrase: the passphrase as only the department can open it; empty: there is no department.

    Raises:
        StoreError: it is not on the disk, and the package must not get its name.
    """
    body = encode(_payload(booking, unit_id, sealed_passphrase))
    item_id = booking_item_id(booking.package_id)
    item = body_row(item_id, ItemKind.BOOKING, Urgency.ACCESS, body, booking.booked.utc)
    with database.write() as connection:
        connection.execute(insert(evidence_exports), _row(booking))
        connection.execute(insert_or(outbox), item)


def finish_booking(database: Database, package_id: str, now: Instant) -> None:
    """Note that the package of a booking got its name.

    Raises:
        StoreError: there is no such booking, or it is finished already.
    """
    is_it = (evidence_exports.c.package_id == package_id) & evidence_exports.c.finished_boot_id.is_(None)
    with database.write() as connection:
        done = connection.execute(update(evidence_exports).where(is_it).values(instant_row("finished", now))).rowcount
    if not done:
        raise StoreError(f"{package_id}: no booking of this package waits to be finished")


def list_bookings(database: Database, case: str = "") -> list[PackageBooking]:
    """The bookings, the newest first, at most :data:`LISTED_MAX`; of a case alone where one is given."""
    query = select(evidence_exports).order_by(evidence_exports.c.seq.desc()).limit(LISTED_MAX)
    if wanted := normal_case(case):
        query = query.where(evidence_exports.c.case_number == wanted)
    with database.read() as connection:
        return [_booking_of(row) for row in connection.execute(query).mappings()]


def _row(booking: PackageBooking) -> dict[str, Any]:
    return {
        **{name: getattr(booking, name) for name in _SAME_NAMES},
        "case_number": booking.case,
        "with_scenes": int(booking.with_scenes),
        "redacted": int(booking.is_redacted),
        "escrowed": int(booking.is_escrowed),
        **instant_row("booked", booking.booked),
    }


def _booking_of(row: RowMapping) -> PackageBooking:
    return PackageBooking(
        **{name: row[name] for name in _SAME_NAMES},
        case=row["case_number"],
        with_scenes=bool(row["with_scenes"]),
        is_redacted=bool(row["redacted"]),
        is_escrowed=bool(row["escrowed"]),
        booked=instant_of(row, "booked"),
        finished=instant_or_none(row, "finished"),
    )


def _payload(booking: PackageBooking, unit_id: str, sealed_passphrase: str) -> BookingPayload:
    return BookingPayload(
        **{name: getattr(booking, name) for name in _SAME_NAMES},
        unit_id=unit_id,
        case=booking.case,
        with_scenes=booking.with_scenes,
        is_redacted=booking.is_redacted,
        booked=instant_payload(booking.booked),
        sealed_passphrase=sealed_passphrase,
    )
