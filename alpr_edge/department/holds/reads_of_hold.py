"""The reads of one hold, a page at a time: those that are here by time, and the ids of those that are not."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from alpr_edge.department.db.hold_schema import held_reads
from alpr_edge.department.db.schema import reads
from alpr_edge.department.holds.listed_holds import ListedHold
from alpr_edge.department.search.pages import PAGE_READS, FoundRead
from alpr_edge.department.search.read_details import show_reads
from alpr_edge.domain.errors import HoldError

NO_PAGE = "there is no such page of this hold"
NOT_HELD = "this hold has no such read, or it has not arrived here"
_SAME = (reads.c.read_id == held_reads.c.read_id) & (reads.c.unit_id == held_reads.c.unit_id)


@dataclass(frozen=True, slots=True)
class ReadOfHold:
    """A read of a hold."""

    read_id: str
    read: FoundRead | None
    """As it is now; None: it has not arrived here, or its id is wrong."""


@dataclass(frozen=True, slots=True)
class HeldPage:
    """A page of the reads of a hold."""

    hold: ListedHold
    number: int
    """From 1."""
    reads: tuple[ReadOfHold, ...]
    """Those that were seen first come first; those of no sure time, and those that are not here, come last."""

    @property
    def page_count(self) -> int:
        """How many pages the hold has."""
        return max(1, -(-self.hold.reads // PAGE_READS))


def reads_of_hold(connection: Connection, hold: ListedHold, number: int) -> HeldPage:
    """A page of the reads of a hold.

    Args:
        number: which page, from 1.
    """
    order = reads.c.seen_at.nulls_last(), reads.c.read_id.nulls_last(), held_reads.c.read_id
    query = select(held_reads.c.read_id).select_from(held_reads.outerjoin(reads, _SAME)).where(_is_of(hold))
    query = query.order_by(*order).limit(PAGE_READS).offset((number - 1) * PAGE_READS)
    page = HeldPage(hold, number, ())
    if not 1 <= number <= page.page_count:
        raise HoldError(NO_PAGE)
    ids = list(connection.scalars(query))
    here = {read.read_id: read for read in _details_of(connection, hold, ids)}
    return HeldPage(hold, number, tuple(ReadOfHold(read_id, here.get(read_id)) for read_id in ids))


def read_of_hold(connection: Connection, hold: ListedHold, read_id: str) -> FoundRead:
    query = select(held_reads.c.read_id).where(_is_of(hold), held_reads.c.read_id == read_id)
    found = _details_of(connection, hold, list(connection.scalars(query)))
    if not found:
        raise HoldError(NOT_HELD)
    return found[0]


def _is_of(hold: ListedHold) -> ColumnElement[bool]:
    return (held_reads.c.hold_id == hold.hold_id) & (held_reads.c.unit_id == hold.unit_id)


def _details_of(connection: Connection, hold: ListedHold, read_ids: Sequence[str]) -> tuple[FoundRead, ...]:
    query = select(reads).where(reads.c.unit_id == hold.unit_id, reads.c.read_id.in_(read_ids))
    return show_reads(connection, connection.execute(query).mappings().all())
