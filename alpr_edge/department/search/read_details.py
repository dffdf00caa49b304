"""Makes what is shown of reads: their times, and the reads that corrected them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, select

from alpr_edge.department.db.schema import read_times, reads
from alpr_edge.department.search.pages import FoundRead, ReadCorrection, TimeBasis

CORRECTIONS_MAX = 16
"""Most corrections of a correction that are followed; a pass is corrected once, or a few times by people."""
_NAMES = (
    *("read_id", "unit_id", "camera_id", "plate", "state", "confidence", "first_seen", "last_seen", "utc_source"),
    *("lat_deg", "lon_deg", "supersedes", "corrected_by", "origin"),
)
_Identity = tuple[str, str]
"""Unit and read."""


def show_reads(connection: Connection, rows: Sequence[RowMapping]) -> tuple[FoundRead, ...]:
    """Rows of reads as they are shown, in their order.

    Args:
        rows: rows of the table, at most a page.
    """
    corrections = _last_corrections(connection, [_identity(row) for row in rows])
    times = _later_times(connection, [_identity(row) for row in rows])
    shown = []
    for row in rows:
        identity = _identity(row)
        seen_at: datetime | None = row["seen_at"]
        is_placed = seen_at is not None and identity in times
        shown.append(
            FoundRead(
                **{name: row[name] for name in _NAMES},
                seen_at=None if seen_at is None else seen_at.replace(tzinfo=UTC),
                basis=_basis(row, is_placed=is_placed),
                uncertainty_ms=times[identity] if is_placed else None,
                correction=corrections.get(identity),
            )
        )
    return tuple(shown)


def _basis(row: RowMapping, *, is_placed: bool) -> TimeBasis:
    if row["seen_at"] is None:
        return TimeBasis.NOT_SURE
    if is_placed:
        return TimeBasis.PLACED
    return TimeBasis.OWN if row["origin"] is None else TimeBasis.IMPORTED


def _identity(row: RowMapping) -> _Identity:
    return row["unit_id"], row["read_id"]


def _last_corrections(connection: Connection, identities: Sequence[_Identity]) -> dict[_Identity, ReadCorrection]:
    """The read that holds in place of each that was corrected; of several corrections of one the last by its id."""
    ends = {identity: identity for identity in identities}
    corrections = dict[_Identity, ReadCorrection]()
    for _ in range(CORRECTIONS_MAX):
        newer = _corrections_of(connection, [*ends.values()])
        ends = {identity: newer[end] for identity, end in ends.items() if end in newer}
        if not ends:
            break
        texts = _texts(connection, [*ends.values()])
        corrections |= {identity: texts[end] for identity, end in ends.items()}
    return corrections


def _corrections_of(connection: Connection, identities: Sequence[_Identity]) -> dict[_Identity, _Identity]:
    """The corrections of some reads of their own units."""
    wanted, newer = set(identities), dict[_Identity, _Identity]()
    columns = select(reads.c.unit_id, reads.c.read_id, reads.c.supersedes).order_by(reads.c.read_id)
    for row in connection.execute(columns.where(reads.c.supersedes.in_([read_id for _, read_id in identities]))):
        if (row.unit_id, row.supersedes) in wanted and row.read_id != row.supersedes:
            newer[row.unit_id, row.supersedes] = row.unit_id, row.read_id
    return newer


def _texts(connection: Connection, identities: Sequence[_Identity]) -> dict[_Identity, ReadCorrection]:
    columns = select(reads.c.unit_id, reads.c.read_id, reads.c.plate, reads.c.corrected_by)
    rows = connection.execute(columns.where(reads.c.read_id.in_([read_id for _, read_id in identities])))
    return {(row.unit_id, row.read_id): ReadCorrection(row.read_id, row.plate, row.corrected_by) for row in rows}


def _later_times(connection: Connection, identities: Sequence[_Identity]) -> dict[_Identity, float | None]:
    """Reads whose time was said later, each with how far that may be off."""
    columns = select(read_times.c.unit_id, read_times.c.read_id, read_times.c.uncertainty_ms)
    is_one = read_times.c.read_id.in_([read_id for _, read_id in identities]) & read_times.c.sure
    return {(row.unit_id, row.read_id): row.uncertainty_ms for row in connection.execute(columns.where(is_one))}
