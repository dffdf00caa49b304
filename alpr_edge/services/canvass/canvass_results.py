"""What a canvass found: the reads held for it by place and time, with those that fit a partial plate of the incident.

The whole of it is for a package of evidence; a page of it, with the map, for the page in the car. Covert hits leave no
trace in either: nothing is said of hits.
"""

from contextlib import ExitStack
from dataclasses import dataclass

from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.domain.canvass.canvass_result import CanvassRead, CanvassResult
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.evidence.canvass_map import canvass_map
from alpr_edge.services.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.services.authorisation.operations import Operation
from alpr_edge.services.canvass.unit_canvasses import canvass_for
from alpr_edge.store.canvass.canvass_rows import held_count
from alpr_edge.store.canvass.held_rows import canvass_reads
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

    Args:
        database: the database of this unit.
        authoriser: allows it and puts it on record, the partial plates as what is searched for.
        purpose: a crime-scene canvass, with the incident's number as its case.
        canvass_id: the canvass.
        unit_id: this unit.

    Raises:
        AccessError: it is refused.
        CanvassError: there is none of that id, or the purpose is of another incident.
    """
    with authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, AccessSubject((canvass_id[:128],))) as access:
        result = _result(database, purpose, canvass_id, unit_id)
        _record_partials(authoriser, purpose, result.canvass, result.candidates)
        access.show(tuple(read.read_id for read in result.reads))
        return result


def canvass_page(
    database: Database, authoriser: Authoriser, purpose: Purpose, canvass_id: str, number: int
) -> CanvassPage:
    """A page of what a canvass found; raises as :func:`canvass_result` does.

    Args:
        database: the database of this unit.
        authoriser: allows it and puts it on record.
        purpose: a crime-scene canvass, with the incident's number as its case.
        canvass_id: the canvass.
        number: of the page, from 1; one that is not there is the last.
    """
    with authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, AccessSubject((canvass_id[:128],))) as access:
        page = _page(_result(database, purpose, canvass_id, ""), number)
        shown = (*page.reads, *(read for read in page.candidates if read not in page.reads))
        _record_partials(authoriser, purpose, page.canvass, tuple(read for read in shown if read.is_candidate))
        access.show(tuple(read.read_id for read in shown))
        return page


def _page(result: CanvassResult, number: int) -> CanvassPage:
    page_count = max(1, -(-len(result.reads) // PAGE_READS))
    number = min(max(1, number), page_count)
    first = (number - 1) * PAGE_READS
    is_first, candidates = number == 1, result.candidates
    return CanvassPage(
        canvass=result.canvass,
        number=number,
        page_count=page_count,
        reads=result.reads[first : first + PAGE_READS],
        first_number=first + 1,
        candidates=candidates[:CANDIDATES_SHOWN_MAX] if is_first else (),
        candidate_count=len(candidates),
        read_count=len(result.reads),
        unplaced_count=result.unplaced_count,
        untimed_count=result.untimed_count,
        left_out=result.left_out,
        map=canvass_map(result) if is_first else "",
    )


def _result(database: Database, purpose: Purpose, canvass_id: str, unit_id: str) -> CanvassResult:
    with database.read() as connection:
        canvass = canvass_for(connection, purpose, canvass_id)
        count = held_count(connection, canvass_id)
    found = tuple(canvass_reads(database, canvass))
    return CanvassResult(canvass, unit_id, canvass_id, found, max(0, count - len(found)))


def _record_partials(
    authoriser: Authoriser, purpose: Purpose, canvass: Canvass, candidates: tuple[CanvassRead, ...]
) -> None:
    """Put on record each partial plate that reads are matched against (Civil Code 1798.90.52(b)), with what fits it."""
    with ExitStack() as accesses:
        for partial in canvass.partials:
            subject = AccessSubject((canvass.canvass_id,), query=partial)
            access = accesses.enter_context(authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, subject))
            fitting = (read.read_id for read in candidates if any(fit.partial == partial for fit in read.fits))
            access.show(tuple(fitting))
