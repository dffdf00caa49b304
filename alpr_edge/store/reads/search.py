"""Finds stored reads by plate, time, place, camera and state, span by span of their numbers in order of arrival.

There is no index of times: most times are known only once their boot has clock pairs. As reads arrive in the order of
time, the numbers around a period are found by halving. That is where a search begins, and not where it ends: reads that
were stored late (salvage, records once refused) lie elsewhere, so the spans beside it are looked through after it.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, func, select

from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.patterns import is_partial
from alpr_edge.domain.positioning import METRES_PER_DEGREE
from alpr_edge.domain.restrictions import Area
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import reads

SLICE_ROWS = 20_000
"""Rows that one statement looks through."""
ROWS_MAX = 2_000
"""Rows that one statement returns."""
INDEX_ROWS = 50_000
"""Plates of the index that one statement looks through."""
ORDER_SLACK = timedelta(hours=1)
"""How far the order of arrival may differ from that of time: a read is stored once it is decided."""
PROBE_ROWS = 500
"""Rows in which a time is looked for at one number; reads without a trusted clock have none."""
_PREFIX = re.compile("[0-9A-Z]*")
_TRUSTED = (UtcSource.GNSS.value, UtcSource.NTP.value)

Span = tuple[int, int]
"""Numbers of reads in order of arrival, both ends among them."""


@dataclass(frozen=True, slots=True)
class Period:
    """A time from one moment to another, both aware."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ReadFilter:
    """What is asked of reads; None: anything."""

    pattern: str | None = None
    """Canonical plate; ? stands for one character, * for any number."""
    period: Period | None = None
    area: Area | None = None
    camera_id: str | None = None
    state: str | None = None
    """Reads of another state are left out. Those of which none was read, most of all, fit."""


@dataclass(frozen=True, slots=True)
class SpanResult:
    """What one statement found in a span, looking from its end."""

    rows: Sequence[RowMapping]
    """Reads that may fit, the newest first: number, plate, place, and both instants. Those whose clock was not trusted
    are among them whatever the period is; of a place only the square around it was compared."""
    rest: Span | None
    """What is left of the span; None: nothing."""


_COLUMNS = (
    reads.c.seq,
    reads.c.lat_deg,
    reads.c.lon_deg,
    *(column for column in reads.c if column.name.startswith(("first_seen_", "last_seen_"))),
)


def all_reads(database: Database) -> Span:
    """The span of everything that is stored; empty (its end before its begin) where nothing is."""
    # One statement each: SQLite looks up either end in the index, and walks every row for both at once.
    with database.read() as connection:
        first = connection.scalar(select(func.min(reads.c.seq)))
        return (first or 1, connection.scalar(select(func.max(reads.c.seq))) or 0)


def look(database: Database, wanted: ReadFilter, span: Span) -> SpanResult:
    """Look through the end of a span: by the index of plates where one is asked for, else row by row."""
    first, last = span
    begin = first if wanted.pattern is not None else max(first, last - SLICE_ROWS + 1)
    query = select(*_COLUMNS).where(*_conditions(wanted)).order_by(reads.c.seq.desc()).limit(ROWS_MAX)
    if wanted.pattern is None:
        query = query.where(reads.c.seq.between(begin, last))
    else:
        numbers = _numbers_of_plate(database, wanted.pattern, span)
        begin = numbers[-1] if len(numbers) == ROWS_MAX else first
        query = query.where(reads.c.seq.in_(numbers))
    rows = database.rows(query)
    looked_to = rows[-1]["seq"] if wanted.pattern is None and len(rows) == ROWS_MAX else begin
    return SpanResult(rows, (first, looked_to - 1) if looked_to > first else None)


def span_of(database: Database, period: Period) -> Span | None:
    """The numbers around a period, by the times of reads with a trusted clock; None where they do not tell.

    A hint where to begin: whether each read lies in the period is for whoever looks through it.
    """
    first, last = all_reads(database)
    begin = _first_after(database, (first, last), _shift(period.begin, -ORDER_SLACK))
    end = None if begin is None else _first_after(database, (begin, last), _shift(period.end, ORDER_SLACK))
    return None if begin is None or end is None or end <= begin else (begin, end - 1)


def cameras_in(database: Database, period: Period, span: Span) -> set[str]:
    """The cameras of reads in the end of a span whose own trusted time lies in a period."""
    begin = max(span[0], span[1] - SLICE_ROWS + 1)
    query = select(reads.c.camera_id).where(reads.c.seq.between(begin, span[1]), _is_within(period)).distinct()
    return set(database.scalars(query))


def newest_place(database: Database) -> tuple[float, float] | None:
    """Latitude and longitude of the newest read, if one of the newest few has a place."""
    newest = select(reads.c.lat_deg, reads.c.lon_deg).order_by(reads.c.seq.desc()).limit(PROBE_ROWS)
    places = ((row["lat_deg"], row["lon_deg"]) for row in database.rows(newest))
    return next((place for place in places if place[0] is not None), None)


def newest_places(database: Database) -> list[tuple[float, float]]:
    """Latitude and longitude of the newest reads that have a place, the newest first: the way of the car."""
    newest = select(reads.c.lat_deg, reads.c.lon_deg).where(reads.c.lat_deg.is_not(None))
    rows = database.rows(newest.order_by(reads.c.seq.desc()).limit(PROBE_ROWS))
    return [(row["lat_deg"], row["lon_deg"]) for row in rows]


def _numbers_of_plate(database: Database, pattern: str, span: Span) -> list[int]:
    """The last numbers in a span of reads with a plate, the newest first: from the index of plates alone."""
    # The plus keeps SQLite from walking the rows themselves in the order of their numbers.
    number = reads.c.seq + 0
    query = select(reads.c.seq).where(number.between(*span)).order_by(number.desc()).limit(ROWS_MAX)
    if not is_partial(pattern):
        return list(database.scalars(query.where(reads.c.plate == pattern)))
    prefix = _PREFIX.match(pattern)
    numbers: list[int] = []
    for part in _index_parts(database, prefix.group() if prefix else ""):
        numbers += database.scalars(query.where(part, reads.c.plate.op("GLOB")(pattern)))
    return sorted(numbers, reverse=True)[:ROWS_MAX]


def _index_parts(database: Database, prefix: str) -> Iterator[ColumnElement[bool]]:
    """The plates with a prefix as ranges of the index, each short enough for one statement."""
    # No plate has a character after Z, which stands for the end of those with the prefix.
    low, end = prefix, f"{prefix}["
    while True:
        later = select(reads.c.plate).where(reads.c.plate > low, reads.c.plate < end).order_by(reads.c.plate)
        high = next(iter(database.scalars(later.offset(INDEX_ROWS).limit(1))), end)
        yield (reads.c.plate >= low) & (reads.c.plate < high)
        if high == end:
            return
        low = high


def _conditions(wanted: ReadFilter) -> list[ColumnElement[bool]]:
    conditions = list[ColumnElement[bool]]()
    if wanted.camera_id is not None:
        conditions.append(reads.c.camera_id == wanted.camera_id)
    if wanted.state is not None:
        conditions.append((reads.c.state == wanted.state) | reads.c.state.is_(None))
    if wanted.period is not None:
        first, last = reads.c.first_seen_utc_source, reads.c.last_seen_utc_source
        conditions.append(_is_within(wanted.period) | first.not_in(_TRUSTED) | last.not_in(_TRUSTED))
    if wanted.area is not None:
        conditions += _square(wanted.area)
    return conditions


def _is_within(period: Period) -> ColumnElement[bool]:
    return (reads.c.first_seen_utc <= period.end) & (reads.c.last_seen_utc >= period.begin)


def _square(area: Area) -> list[ColumnElement[bool]]:
    """A square of degrees around a circle; near a pole or the date line without its sides."""
    high = area.radius_m / METRES_PER_DEGREE * 1.01
    conditions: list[ColumnElement[bool]] = [reads.c.lat_deg.between(area.lat_deg - high, area.lat_deg + high)]
    wide = high / max(1e-6, math.cos(math.radians(min(90.0, abs(area.lat_deg) + high))))
    if abs(area.lon_deg) + wide < 180.0:
        conditions.append(reads.c.lon_deg.between(area.lon_deg - wide, area.lon_deg + wide))
    return conditions


def _shift(moment: datetime, by: timedelta) -> datetime:
    """A moment so much later or earlier; near the ends of the calendar the moment itself, where no read is near."""
    try:
        return moment + by
    except OverflowError:
        return moment


def _first_after(database: Database, span: Span, moment: datetime) -> int | None:
    """The first number whose time is after a moment, one past the span where there is none; None: no times there."""
    low, high = span[0], span[1] + 1
    while low < high:
        middle = (low + high) // 2
        utc = _time_near(database, middle)
        if utc is None:
            return None
        low, high = (low, middle) if utc > moment else (middle + 1, high)
    return low


def _time_near(database: Database, number: int) -> datetime | None:
    """The trusted time of the last read up to a number, or of the first after it."""
    utc, is_trusted = reads.c.last_seen_utc, reads.c.last_seen_utc_source.in_(_TRUSTED)
    before = reads.c.seq.between(number - PROBE_ROWS, number)
    after = reads.c.seq.between(number + 1, number + PROBE_ROWS)
    for place, order in ((before, reads.c.seq.desc()), (after, reads.c.seq.asc())):
        moment: datetime | None = next(
            iter(database.scalars(select(utc).where(place, is_trusted).order_by(order).limit(1))), None
        )
        if moment is not None:
            return moment
    return None
