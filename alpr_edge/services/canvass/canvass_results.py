"""What a canvass found: the reads held for it by place and time, with those that fit a partial plate of the incident.

The whole of it is for a package of evidence; a page of it, with the map, for the page in the car. Covert hits leave no
trace in either: nothing is said of hits.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.access.authorisation.record_texts import object_parts
from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.canvass.canvass_result import CanvassRead, CanvassResult, HeldRead
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.evidence.canvass_map import canvass_map
from alpr_edge.services.canvass.unit_canvasses import canvass_for
from alpr_edge.store.canvass.canvass_rows import held_count
from alpr_edge.store.canvass.held_rows import canvass_reads, held_reads_of
from alpr_edge.store.db.database import Database

PAGE_READS = 25
CANDIDATES_SHOWN_MAX = 100
"""Most candidates on a page; the whole result has them all."""


@dataclass(frozen=True, slots=True)
class CanvassPage:
    """A page of what a canvass found."""

    canvass: Canvass
    number: int
    page_count: int
    reads: tuple[CanvassRead, ...]
    """By time."""
    first_number: int
    """The number of the first of them in the whole result."""
    candidates: tuple[CanvassRead, ...]
    """On the first page alone."""
    candidate_count: int
    read_count: int
    unplaced_count: int
    untimed_count: int
    left_out: int
    map: str
    """SVG, on the first page alone: places of all reads, and no plate."""


def canvass_result(
    database: Database, authoriser: Authoriser, purpose: Purpose, canvass_id: str, unit_id: str
) -> CanvassResult:
    """Everything that a canvass found.

    Raises:
        AccessError: it is refused.
        CanvassError: there is none of that id, or the purpose is of another incident.
    """
    with authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, AccessSubject((canvass_id[:128],))) as access:
        canvass, held, left_out = _canvass_reads(database, purpose, canvass_id)
        record_partials(authoriser, purpose, canvass, held)
        _show_all(authoriser, access, AccessSubject((canvass.canvass_id,)), [read.read_id for read in held])
        return CanvassResult(canvass, unit_id, canvass_id, tuple(canvass_reads(database, canvass, held)), left_out)


def canvass_page(
    database: Database, authoriser: Authoriser, purpose: Purpose, canvass_id: str, number: int
) -> CanvassPage:
    """A page of what a canvass found; raises as :func:`canvass_result` does.

    Args:
        number: of the page, from 1; one that is not there is the last.
    """
    with authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, AccessSubject((canvass_id[:128],))) as access:
        canvass, held, left_out = _canvass_reads(database, purpose, canvass_id)
        page_count = max(1, -(-len(held) // PAGE_READS))
        number = min(max(1, number), page_count)
        first = (number - 1) * PAGE_READS
        candidates = [read for read in held if read.partials]
        on_page, shown = held[first : first + PAGE_READS], candidates[:CANDIDATES_SHOWN_MAX] if number == 1 else []
        ids = tuple(dict.fromkeys(read.read_id for read in (*on_page, *shown)))
        record_partials(authoriser, purpose, canvass, [read for read in candidates if read.read_id in ids])
        access.show(ids)
        return CanvassPage(
            canvass=canvass,
            number=number,
            page_count=page_count,
            reads=tuple(canvass_reads(database, canvass, on_page)),
            first_number=first + 1,
            candidates=tuple(canvass_reads(database, canvass, shown)),
            candidate_count=len(candidates),
            read_count=len(held),
            unplaced_count=sum(read.place is None for read in held),
            untimed_count=sum(read.seen is None for read in held),
            left_out=left_out,
            map=canvass_map(canvass, held) if number == 1 else "",
        )


def _canvass_reads(database: Database, purpose: Purpose, canvass_id: str) -> tuple[Canvass, list[HeldRead], int]:
    """A canvass, its reads by time, and how many are held beyond those that one result may have."""
    with database.read() as connection:
        canvass = canvass_for(connection, purpose, canvass_id)
        count = held_count(connection, canvass_id)
    held = held_reads_of(database, canvass)
    return canvass, held, max(0, count - len(held))


def record_partials(authoriser: Authoriser, purpose: Purpose, canvass: Canvass, shown: Sequence[HeldRead]) -> None:
    """Record each partial plate that reads are matched against, with its matches (Civil Code 1798.90.52(a)(2))."""
    with ExitStack() as accesses:
        for partial in canvass.partials:
            subject = AccessSubject((canvass.canvass_id,), query=partial)
            access = accesses.enter_context(authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, subject))
            _show_all(authoriser, access, subject, [read.read_id for read in shown if partial in read.partials])


def _show_all(authoriser: Authoriser, access: Access, subject: AccessSubject, read_ids: Sequence[str]) -> None:
    """Say that an access shows some reads, each of which is named on record, in more than one where one has no room."""
    first, *others = object_parts(read_ids)
    for part in others:
        with authoriser.access(Operation.SHOW_CANVASS_RESULT, access.purpose, subject) as more:
            more.show(part)
    access.show(first)
