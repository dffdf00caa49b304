"""Lists the evidence packages that units booked out, and opens their passphrases; each opening is on record first.

One person with the department's folder can open a passphrase. That it takes two is not built yet.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import RowMapping, insert, select

from alpr_edge.department.db.database import DepartmentDatabase, naive_utc_now
from alpr_edge.department.db.evidence_schema import evidence_bookings, evidence_openings
from alpr_edge.department.db.schema import items
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.protocol.bookings import PREFIX, BookingPayload, open_passphrase
from alpr_edge.domain.protocol.sealing import SealedError

LISTED_MAX = 1000
REASON_CHARACTERS_MAX = 500
_STAMPED = re.compile(r"time stamp of (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC")
"""The words of a unit whose package was stamped."""


@dataclass(frozen=True, slots=True)
class DepartmentBooking:
    """A booking as the department has it; no plate and no passphrase."""

    package_id: str
    unit_id: str
    case: str
    purpose: str
    person: str
    medium: str
    recipient: str
    booked: str | None
    """RFC 3339, as the unit believed; None: its clock was unset."""
    file_name: str
    package_sha256: str
    size_bytes: int
    reads: int
    is_redacted: bool
    is_escrowed: bool
    """Whether its passphrase is here."""
    openings: int
    """How often somebody looked at the passphrase."""
    time_stamp: str
    """What its unit says of the time stamp (RFC 3161), in words; empty: it asked for none."""
    stamped: str | None
    """When it was stamped, RFC 3339, by its unit's word; None: it was not."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who looks at a passphrase, and why."""

    opened_by: str
    reason: str


class EvidenceBookings:
    """The bookings of a department; threads may share it.

    Args:
        directory: the department's folder.
        database: its database.
    """

    def __init__(self, directory: Path, database: DepartmentDatabase) -> None:
        self._directory = directory
        self._database = database

    def list_bookings(self, case: str = "") -> list[DepartmentBooking]:
        """The bookings, by unit and package, the newest first; of a case alone where one is given."""
        table = evidence_bookings.c
        is_of = (items.c.item_id == PREFIX + table.package_id) & (items.c.unit_id == table.unit_id)
        rows_and_bodies = select(evidence_bookings, items.c.body).outerjoin(items, is_of)
        newest = table.booked.desc().nulls_last()
        query = rows_and_bodies.order_by(newest, table.package_id.desc()).limit(LISTED_MAX)
        if wanted := normal_case(case):
            query = query.where(table.case_number == wanted)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            openings = list(connection.execute(select(evidence_openings.c.package_id, evidence_openings.c.unit_id)))
        return [_booking_of(row, sum(each == (row.package_id, row.unit_id) for each in openings)) for row in rows]

    def passphrase(self, package_id: str, opening: Opening) -> str:
        """The passphrase of a package, once it is on record who looks at it and why.

        Args:
            package_id: the package, as :meth:`list_bookings` names it.
            opening: who looks, and why.

        Raises:
            DepartmentError: there is no such package, its passphrase is not here, does not open, or no reason is given.
        """
        reason = opening.reason.strip()
        if not reason or not reason.isprintable() or len(reason) > REASON_CHARACTERS_MAX:
            raise DepartmentError("say why the passphrase is needed, in one line: it goes on record")
        key = load_media_key(TlsFiles(self._directory))
        with self._database.writing() as connection:
            query = select(evidence_bookings).where(evidence_bookings.c.package_id == package_id)
            row = connection.execute(query).mappings().first()
            if row is None:
                raise DepartmentError(f"{package_id}: no such package is booked here")
            if not row["sealed_passphrase"]:
                raise DepartmentError(f"{package_id}: its unit knew no department; the passphrase is not here")
            try:
                passphrase = open_passphrase(row["sealed_passphrase"], package_id, key)
            except SealedError as error:
                raise DepartmentError(f"{package_id}: {error}") from None
            values = {"package_id": package_id, "unit_id": row["unit_id"], "opened_at": naive_utc_now()}
            connection.execute(insert(evidence_openings).values(**values, opened_by=opening.opened_by, reason=reason))
        return passphrase


def _booking_of(row: RowMapping, openings: int) -> DepartmentBooking:
    time_stamp = _time_stamp(row["body"])
    stamped = _STAMPED.fullmatch(time_stamp)
    names = ("package_id", "unit_id", "purpose", "person", "medium", "recipient", "booked", "file_name")
    return DepartmentBooking(
        **{name: row[name] for name in names},
        case=row["case_number"],
        package_sha256=row["package_sha256"],
        size_bytes=row["size_bytes"],
        reads=row["reads"],
        is_redacted=row["is_redacted"],
        is_escrowed=bool(row["sealed_passphrase"]),
        openings=openings,
        time_stamp=time_stamp,
        stamped=None if stamped is None else f"{stamped[1]}T{stamped[2]}Z",
    )


def _time_stamp(body: bytes | None) -> str:
    """What a booking, as it was sent, says of the time stamp; units of earlier releases say nothing."""
    try:
        return BookingPayload.model_validate_json(body or b"").time_stamp
    except ValidationError:
        return ""
