"""Lists the evidence packages that were booked out, by units and here, with who asked for their passphrases."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.day_keys.item_bodies import open_bodies, select_bodies
from alpr_edge.department.db.evidence_schema import evidence_bookings, evidence_openings
from alpr_edge.department.db.schema import items
from alpr_edge.department.evidence.passphrase_rows import PassphraseRequest, passphrase_requests
from alpr_edge.domain.holds.case_numbers import normal_case
from alpr_edge.domain.protocol.bookings import PREFIX, BookingPayload
from alpr_edge.evidence.signer import DEPARTMENT

BODIES_AT_ONCE = 200
LISTED_MAX = 1000
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
    requests: tuple[PassphraseRequest, ...]
    """Who asked for it, and who approved that."""
    time_stamp: str
    """What its unit says of the time stamp (RFC 3161), in words; empty: it asked for none."""
    stamped: str | None
    """When it was stamped, RFC 3339, by its unit's word; None: it was not."""

    @property
    def is_department(self) -> bool:
        """Whether it was made at the department, of all units."""
        return self.unit_id == DEPARTMENT


class EvidenceBookings:
    """The bookings of a department; threads may share it."""

    def __init__(self, database: DepartmentDatabase) -> None:
        self._database = database

    def list_bookings(self, case: str = "") -> list[DepartmentBooking]:
        """The bookings, by unit and package, the newest first; of a case alone where one is given."""
        table = evidence_bookings.c
        newest = table.booked.desc().nulls_last()
        query = select(evidence_bookings).order_by(newest, table.package_id.desc()).limit(LISTED_MAX)
        if wanted := normal_case(case):
            query = query.where(table.case_number == wanted)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
            bodies = _bodies(connection, [PREFIX + row["package_id"] for row in rows])
            openings = Counter(connection.scalars(select(evidence_openings.c.package_id)))
            requests = defaultdict[str, list[PassphraseRequest]](list)
            for each in passphrase_requests(connection):
                requests[each.package_id].append(each)
        return [
            _booking_of(
                row,
                bodies.get((row["unit_id"], PREFIX + row["package_id"])),
                openings[row.package_id],
                requests[row.package_id],
            )
            for row in rows
        ]


def _bodies(connection: Connection, item_ids: Sequence[str]) -> dict[tuple[str, str], bytes | None]:
    """What units sent of bookings, by unit and item."""
    found = dict[tuple[str, str], bytes | None]()
    for start in range(0, len(item_ids), BODIES_AT_ONCE):
        query = select_bodies().where(items.c.item_id.in_(item_ids[start : start + BODIES_AT_ONCE]))
        rows = connection.execute(query).all()
        opened = open_bodies(connection, rows)
        found |= {(row.unit_id, row.item_id): body for row, body in zip(rows, opened, strict=True)}
    return found


def _booking_of(
    row: RowMapping, body: bytes | None, openings: int, requests: Sequence[PassphraseRequest]
) -> DepartmentBooking:
    time_stamp = _time_stamp(body)
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
        requests=tuple(requests),
        time_stamp=time_stamp,
        stamped=None if stamped is None else f"{stamped[1]}T{stamped[2]}Z",
    )


def _time_stamp(body: bytes | None) -> str:
    """What a booking, as it was sent, says of the time stamp; units of earlier releases say nothing."""
    try:
        return BookingPayload.model_validate_json(body or b"").time_stamp
    except ValidationError:
        return ""
