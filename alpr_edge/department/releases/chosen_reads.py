"""Chooses the reads of a package: those that the department's search finds within what was approved, and no others."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import reads
from alpr_edge.department.search import statements
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod, check_search
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.search.pages import PAGE_READS_MAX, FoundRead
from alpr_edge.domain.errors import ReleaseError
from alpr_edge.domain.ground.areas import parse_ground_area
from alpr_edge.domain.releases.packages import LeftOut
from alpr_edge.domain.releases.requests import ReleaseScope

READS_MAX = 20_000
"""Most reads of one package: their ids stay in memory while it is written."""


@dataclass(frozen=True, slots=True)
class ChosenReads:
    """The reads of a package, and how many were left out."""

    reads: tuple[FoundRead, ...]
    """By time."""
    left_out: Counter[LeftOut]


def choose_reads(database: DepartmentDatabase, searches: DepartmentSearches, scope: ReleaseScope) -> ChosenReads:
    """Choose the reads of what was approved."""
    search, chosen, left_out = _search_of(scope), list[FoundRead](), _nearly_found(database, scope)
    after, is_first = None, True
    while is_first or after is not None:
        page = searches.page(search, after, PAGE_READS_MAX)
        for read in page.reads:
            if read.correction is not None and read.correction.plate not in scope.plates:
                left_out[LeftOut.CORRECTED] += 1
            else:
                chosen.append(read)
        if len(chosen) > READS_MAX:
            raise ReleaseError(f"more than {READS_MAX} reads fit: have a shorter time or fewer plates approved")
        after, is_first = page.next, False
    return ChosenReads(tuple(sorted(chosen, key=_order)), left_out)


def _search_of(scope: ReleaseScope) -> DepartmentSearch:
    area = parse_ground_area(scope.area) if scope.area else None
    return DepartmentSearch(plates=scope.plates, period=SearchPeriod(scope.begin, scope.end), area=area)


def _nearly_found(database: DepartmentDatabase, scope: ReleaseScope) -> Counter[LeftOut]:
    """Reads of the plates of which nobody can say that they are of the approved time, or of the approved area."""
    criteria = check_search(_search_of(scope))
    of_plates = reads.c.plate.in_(scope.plates)
    untimed = select(func.count()).select_from(reads).where(of_plates, reads.c.seen_at.is_(None))
    with database.reading() as connection:
        counts = Counter({LeftOut.TIME_NOT_SURE: connection.scalar(untimed) or 0})
        if criteria.area is not None:
            in_time = [reads.c.cell.is_(None), *statements.period(criteria)]
            placeless = select(func.count()).select_from(reads).where(of_plates, *in_time)
            counts[LeftOut.PLACE_NOT_KNOWN] = connection.scalar(placeless) or 0
    return counts


def _order(read: FoundRead) -> tuple[datetime, str, str]:
    assert read.seen_at is not None, "of a search by time"
    return read.seen_at, read.unit_id, read.read_id
