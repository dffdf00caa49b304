"""Searches what the units of a department read, page by page.

A page is bounded in what it shows and in what it looks through; it says what is left and what it could not see. By
plates it goes along them in their order, the newest read of each first; by place or unit back in time, in spans that
grow where little is found. So no search takes long, and none has to be ended half way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, func, or_, select

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.retention_schema import deletion_runs
from alpr_edge.department.db.schema import certificates, reads
from alpr_edge.department.search import statements
from alpr_edge.department.search.criteria import DepartmentSearch, ReadCriteria, check_search
from alpr_edge.department.search.pages import (
    COUNT_MAX,
    PAGE_READS,
    PAGE_READS_MAX,
    FoundPage,
    FoundRead,
    ReadKey,
    UnseenReads,
)
from alpr_edge.department.search.read_details import show_reads
from alpr_edge.department.search.wildcards import next_plates
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.fixes import Position

UNITS_MAX = 1_000
"""Most silent units that are named."""


def unseen_reads(connection: Connection, criteria: ReadCriteria, plates: Sequence[str]) -> UnseenReads:
    """Count what a search could not see.

    Args:
        plates: where it goes by plates, those that the page looked at: of these alone the reads are counted.
    """
    of_plates: list[ColumnElement[bool]] = [reads.c.plate.in_(plates)] if criteria.goes_by_plates else []
    deleted, until = connection.execute(select(func.sum(deletion_runs.c.reads), func.max(deletion_runs.c.begun))).one()
    return UnseenReads(
        untimed=_count_untimed(connection, criteria, of_plates),
        placeless=_count_placeless(connection, criteria, of_plates),
        silent_units=_silent_units(connection, criteria),
        deleted=int(deleted or 0),
        deleted_until=until,
    )


def _count_untimed(connection: Connection, criteria: ReadCriteria, of_plates: list[ColumnElement[bool]]) -> int | None:
    if criteria.begin is None or criteria.is_untimed:
        return None
    is_fit = [*of_plates, *statements.filters(criteria), reads.c.seen_at.is_(None)]
    places = connection.execute(select(reads.c.lat_deg, reads.c.lon_deg).where(*is_fit).limit(COUNT_MAX)).all()
    if len(places) == COUNT_MAX:  # more were not looked at: any of them may lie in the area
        return COUNT_MAX
    return sum(is_inside(criteria, row.lat_deg, row.lon_deg) for row in places)


def _count_placeless(
    connection: Connection, criteria: ReadCriteria, of_plates: list[ColumnElement[bool]]
) -> int | None:
    if criteria.area is None:
        return None
    conditions = [*of_plates, *statements.filters_without_place(criteria), *statements.times(criteria)]
    rows = select(reads.c.read_id).where(*conditions, reads.c.cell.is_(None)).limit(COUNT_MAX)
    return connection.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _silent_units(connection: Connection, criteria: ReadCriteria) -> tuple[str, ...]:
    if criteria.begin is None or criteria.end is None:
        return ()
    unit = certificates.c
    of_unit = [reads.c.unit_id == unit.unit_id, *statements.period(criteria)]
    first = select(reads.c.seen_at).where(*of_unit).limit(1).scalar_subquery()
    was_valid = (unit.issued_at < criteria.end) & (unit.not_after >= criteria.begin)
    query = select(unit.unit_id).distinct().where(was_valid, first.is_(None))
    query = query.where(or_(unit.revoked_at.is_(None), unit.revoked_at >= criteria.begin))
    if criteria.unit_id is not None:
        query = query.where(unit.unit_id == criteria.unit_id)
    return tuple(connection.scalars(query.order_by(unit.unit_id).limit(UNITS_MAX)))


def is_inside(criteria: ReadCriteria, lat_deg: Any, lon_deg: Any) -> bool:  # noqa: ANN401 - columns of a row
    """Whether a place lies in the area of a search, where it has one."""
    if criteria.area is None:
        return True
    return lat_deg is not None and criteria.area.contains(Position(lat_deg, lon_deg, 0.0, None, ""))


SPAN_OF_CELLS = timedelta(hours=100)
"""First span of time of a single cell; of so many cells it is so much shorter."""
SPAN_OF_UNIT = timedelta(hours=24)
SPAN_MIN = timedelta(minutes=1)
_EARLIEST = ""
"""Stands before every id: what comes after it in the order of time lies before its moment."""


@dataclass(frozen=True, slots=True)
class LookBounds:
    """How much one page looks at, at most."""

    rows_at_once: int = 500
    """Most reads that one statement returns."""
    plates_at_once: int = 100
    """Plates that one statement looks at; ten times as many where not each of them has a read that fits."""
    plate_looks_max: int = 5
    """Statements of a page that goes by plates; likewise the next, back in time."""
    time_looks_max: int = 24


BOUNDS = LookBounds()


class DepartmentSearches:
    """Searches of a department's reads; threads may share it. It asks nobody for permission: its callers do."""

    def __init__(self, database: DepartmentDatabase, bounds: LookBounds = BOUNDS) -> None:
        self._database = database
        self._bounds = bounds

    def page(self, search: DepartmentSearch, after: ReadKey | None = None, size: int = PAGE_READS) -> FoundPage:
        """A page of what a search finds.

        Args:
            after: where the last page ended; None: the first page.
            size: the most reads, at most :data:`~alpr_edge.department.search.pages.PAGE_READS_MAX`.
        """
        criteria = check_search(search)
        if not 1 <= size <= PAGE_READS_MAX:
            raise SearchError(f"a page has 1 to {PAGE_READS_MAX} reads")
        if after is not None and after.seen_at is None and not (criteria.goes_by_plates or criteria.is_untimed):
            raise SearchError("there is no such page of this search; begin anew")
        with self._database.reading() as connection:
            statements.plan_each_time(connection)
            look = _Look(connection, criteria, self._bounds, size)
            if criteria.goes_by_plates:
                rest = look.go_by_plates(after)
            else:
                rest = look.go_untimed(after) if criteria.is_untimed else look.go_back(after)
            shown = show_reads(connection, look.rows)
            return FoundPage(shown, rest, unseen_reads(connection, criteria, look.plates))

    def read(self, unit_id: str, read_id: str) -> FoundRead | None:
        """One read of a unit; None: there is none, or it was deleted."""
        is_one = (reads.c.unit_id == unit_id) & (reads.c.read_id == read_id)
        with self._database.reading() as connection:
            rows = list(connection.execute(select(reads).where(is_one)).mappings())
            return next(iter(show_reads(connection, rows)), None)


class _Look:
    """A page in the making.

    Args:
        size: the most reads of the page.
    """

    def __init__(self, connection: Connection, criteria: ReadCriteria, bounds: LookBounds, size: int) -> None:
        self._connection = connection
        self._criteria = criteria
        self._bounds = bounds
        self._size = size
        self.rows = list[RowMapping]()
        """The reads of the page."""
        self.plates = list[str]()
        """The plates that were looked at."""

    def go_by_plates(self, after: ReadKey | None) -> ReadKey | None:
        """Look at plates in their order; the place after which the next page begins, None where there is none."""
        plates = [] if after is None else [after.plate]
        if self._criteria.plates:
            plates = [plate for plate in plates if plate in self._criteria.plates]
        for _ in range(self._bounds.plate_looks_max):
            plates = plates or self._next_plates("" if after is None else after.plate)
            if not plates:
                return None
            self.plates += plates
            count = self._rows_wanted()
            some = statements.of_plates(self._connection, self._criteria, plates, after, count)
            if end := self._take(some):
                return end
            if len(some) == count:
                after = _key(some[-1])
                plates = [plate for plate in plates if plate >= after.plate]
            else:
                after, plates = ReadKey(plates[-1], None, _EARLIEST, _EARLIEST), []
        return after

    def go_back(self, after: ReadKey | None) -> ReadKey | None:
        """Look back in time, from the end of the period; result as above."""
        begin, end = self._criteria.begin, self._criteria.end
        assert begin is not None, "a search by place or unit has a time"
        assert end is not None, "likewise"
        key = ReadKey("", end, _EARLIEST, _EARLIEST) if after is None else after
        span = self._first_span()
        for _ in range(self._bounds.time_looks_max):
            edge, count = _edge(key, begin, span), self._rows_wanted()
            some = statements.between(self._connection, self._criteria, edge, key, count)
            if place := self._take(some):
                return place
            if len(some) == count:
                key, span = _key(some[-1]), max(SPAN_MIN, span / 2)
            elif edge == begin:
                return None
            else:
                key, span = ReadKey("", edge, _EARLIEST, _EARLIEST), span * 2
        return key

    def go_untimed(self, after: ReadKey | None) -> ReadKey | None:
        """Look at the reads whose time is not sure; result as above."""
        for _ in range(self._bounds.time_looks_max):
            count = self._rows_wanted()
            some = statements.without_time(self._connection, self._criteria, after, count)
            if place := self._take(some):
                return place
            if len(some) < count:
                return None
            after = _key(some[-1])
        return after

    def _rows_wanted(self) -> int:
        """Most reads that the next statement returns: the rest of the page and one, but of an area's cells more.

        What lies in a cell may lie outside of the area, so a statement of as many as fit may find none.
        """
        left = self._bounds.rows_at_once if self._criteria.area is not None else self._size - len(self.rows) + 1
        return min(left, self._bounds.rows_at_once)

    def _take(self, some: Sequence[RowMapping]) -> ReadKey | None:
        """Take those that lie in the area; the last one's key once the page is full and another one fits."""
        for row in some:
            if is_inside(self._criteria, row["lat_deg"], row["lon_deg"]):
                if len(self.rows) == self._size:
                    return _key(self.rows[-1])
                self.rows.append(row)
        return None

    def _next_plates(self, after: str) -> list[str]:
        criteria = self._criteria
        count = self._bounds.plates_at_once * (1 if criteria.asks_for_plates_alone else 10)
        if criteria.pattern:
            return next_plates(self._connection, criteria.pattern, after, count)
        return [plate for plate in criteria.plates if plate > after][:count]

    def _first_span(self) -> timedelta:
        cells = len(self._criteria.cells)
        return max(SPAN_MIN, SPAN_OF_CELLS / cells) if cells else SPAN_OF_UNIT


def _edge(key: ReadKey, begin: datetime, span: timedelta) -> datetime:
    """The moment a span before a read, at the earliest the begin of the period."""
    assert key.seen_at is not None, "a place in time"
    return begin if key.seen_at - begin <= span else key.seen_at - span


def _key(row: RowMapping) -> ReadKey:
    return ReadKey(row["plate"], row["seen_at"], row["read_id"], row["unit_id"])
