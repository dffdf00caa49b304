"""Makes the row of a booking of an evidence package out of its checked payload."""

from typing import Any

from alpr_edge.department.ingest.part_checks import integer
from alpr_edge.domain.protocol.bookings import BookingPayload

_TEXTS = (
    *("package_id", "unit_id", "purpose", "offence", "medium", "recipient", "person_id", "person", "file_name"),
    *("package_sha256", "manifest_sha256", "with_scenes", "is_redacted", "sealed_passphrase"),
)
_NUMBERS = ("size_bytes", "reads", "hits", "pictures")


def booking_row(payload: BookingPayload) -> dict[str, Any]:
    """The row of :data:`~alpr_edge.department.db.schema.evidence_bookings`. Raises PartError for a number too large."""
    return {
        **{name: getattr(payload, name) for name in _TEXTS},
        **{name: integer(name, getattr(payload, name)) for name in _NUMBERS},
        "case_number": payload.case,
        "booked": payload.booked.utc,
    }
