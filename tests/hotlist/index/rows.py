"""Rows of packed lists, made of entries."""

from alpr_edge.domain.hits import HotlistEntry
from alpr_edge.hotlist.index.row import Restrictions, Row, microseconds


def row_of(entry: HotlistEntry) -> Row:
    """The row of an entry."""
    return (
        entry.plate,
        entry.plate_raw,
        entry.state,
        entry.reason.value,
        entry.record_id,
        entry.vehicle,
        entry.remarks,
        microseconds(entry.effective),
        microseconds(entry.expires),
        _restrictions_of(entry),
    )


def _restrictions_of(entry: HotlistEntry) -> Restrictions | None:
    if entry.area is None and entry.hours is None and not entry.covert:
        return None
    area, hours = (None if value is None else str(value) for value in (entry.area, entry.hours))
    return area, hours, entry.covert
