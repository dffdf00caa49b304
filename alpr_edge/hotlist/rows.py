"""The row: how a format hands an entry to packing, as a plain tuple.

A list of five million is imported on a car's computer; a dataclass an entry would take longer than all of its parsing.
The generation holds the source, so a row does not.
"""

from datetime import UTC, datetime, timedelta

from alpr_edge.domain.hits import HotlistEntry, Reason

Row = tuple[str, str, str | None, str, str, str, str, int | None, int | None]
"""Canonical plate, plate as the feed wrote it, state, :class:`Reason` value, record id, vehicle, remarks, and when it
takes effect and expires, in microseconds since 1970 UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REASONS = {reason.value: reason for reason in Reason}


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
    )


def entry_of(row: Row, source: str) -> HotlistEntry:
    """The entry of a row."""
    plate, plate_raw, state, reason, record_id, vehicle, remarks, effective, expires = row
    return HotlistEntry(
        source=source,
        plate=plate,
        plate_raw=plate_raw,
        state=state,
        reason=_REASONS.get(reason, Reason.OTHER),
        record_id=record_id,
        vehicle=vehicle,
        remarks=remarks,
        effective=moment_of(effective),
        expires=moment_of(expires),
    )


def microseconds(moment: datetime | None) -> int | None:
    """A moment as a row carries it."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def moment_of(microseconds: int | None) -> datetime | None:
    """A row's moment."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
