"""The row: an entry as a plain tuple, as formats pass it to packing.

A list of five million is imported on a car's computer; a dataclass an entry would take longer than all of its parsing.
The generation holds the source, so a row does not.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from alpr_edge.domain.hits import HotlistEntry, Reason
from alpr_edge.domain.restrictions import Area, Hours

Restrictions = tuple[str | None, str | None, bool]
"""Area and hours in their text forms, and whether the entry is covert."""
Row = tuple[str, str, str | None, str, str, str, str, int | None, int | None, Restrictions | None]
"""Canonical plate or partial, plate as the feed wrote it, state, :class:`Reason` value, record id, vehicle, remarks,
when it takes effect and expires, in microseconds since 1970 UTC, and restrictions (None: none)."""

MOMENTS_MAX = 4096
"""Most moments that are remembered; a list repeats them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REASONS = {reason.value: reason for reason in Reason}


def entry_of(row: Row, source: str) -> HotlistEntry:
    plate, plate_raw, state, reason, record_id, vehicle, remarks, effective, expires, restrictions = row
    area, hours, covert = restrictions or (None, None, False)
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
        area=Area.parse(area) if area else None,
        hours=Hours.parse(hours) if hours else None,
        covert=covert,
    )


def microseconds(moment: datetime | None) -> int | None:
    """A moment as a row has it."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=MOMENTS_MAX)
def moment_of(microseconds: int | None) -> datetime | None:
    """The moment that a row has."""
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)
