"""Finds the reads of a case: what any unit or the department holds for it, with all that corrects one of them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, RowMapping, or_, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.hold_schema import held_reads, holds
from alpr_edge.department.db.schema import reads
from alpr_edge.department.holds.listed_holds import in_force
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.search.read_details import show_reads
from alpr_edge.domain.errors import EvidenceError

READS_MAX = 20_000
"""Most reads of one package: what is known of them stays in memory while it is written."""
CHAIN_MAX = 20
"""Corrections of corrections that are followed."""
IDS_AT_ONCE = 200
ReadIdentity = tuple[str, str]
"""Unit and read: two units may use one id."""
_NO_TIME = datetime.max.replace(tzinfo=UTC)


def held_for_case(database: DepartmentDatabase, case: str, now: datetime, hold_id: str = "") -> set[ReadIdentity]:
    """The reads that are held for a case, also those that have not arrived yet.

    Args:
        hold_id: of this hold alone; empty: of every one.
    """
    same = (holds.c.hold_id == held_reads.c.hold_id) & (holds.c.unit_id == held_reads.c.unit_id)
    query = select(held_reads.c.unit_id, held_reads.c.read_id).distinct().select_from(held_reads.join(holds, same))
    query = query.where(holds.c.case_number == case, in_force(now))
    if hold_id:
        query = query.where(holds.c.hold_id == hold_id)
    with database.reading() as connection:
        found = {(row.unit_id, row.read_id) for row in connection.execute(query.limit(READS_MAX + 1))}
    if hold_id and not found:
        raise EvidenceError(f"{hold_id}: no hold of this case in force; see: alpr-edge department holds list")
    require_count(len(found))
    return found


def with_corrections(database: DepartmentDatabase, wanted: Collection[ReadIdentity]) -> tuple[FoundRead, ...]:
    """Reads with those that they correct and that corrected them, by time; those of no sure time come last."""
    found, waiting, asked = dict[ReadIdentity, FoundRead](), set(wanted), set[ReadIdentity]()
    for _ in range(CHAIN_MAX):
        asked |= waiting
        for part in _parts(sorted(waiting)):
            with database.reading() as connection:
                shown = show_reads(connection, _linked_rows(connection, part))
            found |= {(read.unit_id, read.read_id): read for read in shown}
            require_count(len(found))
        waiting = {other for read in found.values() for other in _links(read)} - asked
        if not waiting:
            break
    return tuple(sorted(found.values(), key=_order))


def require_count(count: int) -> None:
    """Refuse more reads than a package holds. Raises EvidenceError."""
    if count > READS_MAX:
        raise EvidenceError(f"more than {READS_MAX:,} reads: book them out in parts, hold by hold (--hold)")


def _linked_rows(connection: Connection, identities: Sequence[ReadIdentity]) -> list[RowMapping]:
    """Rows of some reads, and of those that correct one of them."""
    wanted, ids = set(identities), [read_id for _, read_id in identities]
    query = select(reads).where(or_(reads.c.read_id.in_(ids), reads.c.supersedes.in_(ids)))
    rows = connection.execute(query).mappings().all()
    return [row for row in rows if wanted & {(row["unit_id"], row["read_id"]), (row["unit_id"], row["supersedes"])}]


def _links(read: FoundRead) -> Iterator[ReadIdentity]:
    yield read.unit_id, read.read_id
    if read.supersedes is not None:
        yield read.unit_id, read.supersedes


def _order(read: FoundRead) -> tuple[datetime, str, str]:
    return read.seen_at or _NO_TIME, read.unit_id, read.read_id


def _parts(identities: Sequence[ReadIdentity]) -> Iterator[Sequence[ReadIdentity]]:
    return (identities[start : start + IDS_AT_ONCE] for start in range(0, len(identities), IDS_AT_ONCE))
