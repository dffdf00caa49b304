"""What reads are searched by, and which searches are refused: those that would look through everything.

Who may search, and for what purpose (policy 462.4, 462.6), is decided before: nothing here knows people.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.ground.areas import GroundArea
from alpr_edge.domain.ground.cells import cells_of
from alpr_edge.domain.patterns import ANY, ONE, canonical_partial, is_partial, partial_fault
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, fold_written, written_fault
from alpr_edge.hotlist.formats import state_codes

KNOWN_MIN = 3
"""Known characters of a part of a plate: with fewer it fits a share of all cars."""
PATTERN_LENGTH_MAX = 16
PLATES_MAX = 100
"""Most plates of one search."""
CELLS_MAX = 1_000
"""Most cells of an area, some 15 km by 15 km."""
PERIOD_MAX = timedelta(days=366)
"""Longest time of a search by area or unit."""


@dataclass(frozen=True, slots=True)
class SearchPeriod:
    """A time from one moment up to another, both aware; the second lies outside."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class DepartmentSearch:
    """A search as it is asked for; what is left out is not asked for."""

    plates: tuple[str, ...] = ()
    """Plates, or a single part of one with ? for one character and * for any number; as people write them."""
    period: SearchPeriod | None = None
    """When the vehicle was first seen."""
    area: GroundArea | None = None
    """Where the car was that read it."""
    unit_id: str | None = None
    camera_id: str | None = None
    state: str | None = None
    """Two letters: reads of another state are left out. Those of which none was read, most of all, fit."""
    is_untimed: bool = False
    """Whether it is for the reads that would fit but whose time is not sure, in place of those in the period."""


@dataclass(frozen=True, slots=True)
class ReadCriteria:
    """A search that was checked."""

    plates: tuple[str, ...]
    """Canonical texts, ascending."""
    pattern: str
    """A canonical part of a plate; empty: none is asked for."""
    begin: datetime | None
    """UTC without a zone, as the database has it; likewise the next, which lies outside."""
    end: datetime | None
    area: GroundArea | None
    cells: tuple[int, ...]
    """The cells that the area lies in."""
    unit_id: str | None
    camera_id: str | None
    state: str | None
    is_untimed: bool

    @property
    def goes_by_plates(self) -> bool:
        """Whether plates lead to the reads; else the place or the unit does, in the order of time."""
        return bool(self.plates) or (bool(self.pattern) and not (self.cells and self.begin))

    @property
    def asks_for_plates_alone(self) -> bool:
        """Whether every read of a plate that fits is found."""
        others = (self.begin, self.area, self.unit_id, self.camera_id, self.state)
        return not self.is_untimed and all(each is None for each in others)


def check_search(search: DepartmentSearch) -> ReadCriteria:
    texts = tuple(sorted({_plate(text) for text in search.plates}))
    parts = [text for text in texts if is_partial(text)]
    if parts and len(texts) > 1:
        raise SearchError("a part of a plate is searched for by itself: leave the other plates out")
    if len(texts) > PLATES_MAX:
        raise SearchError(f"{len(texts)} plates are too many for one search; {PLATES_MAX} at most")
    _require_bounds(search, is_by_plate=bool(texts))
    return ReadCriteria(
        plates=() if parts else texts,
        pattern=parts[0] if parts else "",
        begin=None if search.period is None else _naive(search.period.begin),
        end=None if search.period is None else _naive(search.period.end),
        area=search.area,
        cells=() if search.area is None else _cells(search.area),
        unit_id=search.unit_id,
        camera_id=search.camera_id,
        state=_state(search.state),
        is_untimed=search.is_untimed,
    )


def _state(text: str | None) -> str | None:
    """The two letters of a state, which may be written out; None: none is asked for."""
    letters, _ = state_codes.from_text(text or "")
    if text and letters not in state_codes.KNOWN_CODES:
        codes = ", ".join(sorted(state_codes.KNOWN_CODES))
        raise SearchError(f"that is no state: two letters or a name, or none; the states are {codes}")
    return letters


def _plate(text: str) -> str:
    """The canonical text of a plate or of a part of one, the letter O as the digit 0, as reads are matched."""
    written = fold_written(text)
    if fault := written_fault(written):
        raise SearchError(f"that is no plate: it holds {fault}")
    plate = canonical_partial(written)
    if not is_partial(plate):
        if not plate:
            raise SearchError("that is no plate: it holds no letter or digit")
        if len(plate) > PLATE_LENGTH_MAX:
            raise SearchError(
                f"that is no plate: longer than {PLATE_LENGTH_MAX} characters; several have commas between them"
            )
        return plate
    known = len(plate.replace(ONE, "").replace(ANY, ""))
    if known < KNOWN_MIN:
        raise SearchError(f"a part of a plate needs {KNOWN_MIN} known characters; add what else is known of it")
    if fault := partial_fault(plate):
        raise SearchError(f"that is no part of a plate: {fault}")
    if len(plate) > PATTERN_LENGTH_MAX:
        raise SearchError(f"that is no part of a plate: longer than {PATTERN_LENGTH_MAX} characters with its wildcards")
    return plate


def _require_bounds(search: DepartmentSearch, *, is_by_plate: bool) -> None:
    """Refuse what would look through everything."""
    period = search.period
    if period is not None:
        if period.begin.tzinfo is None or period.end.tzinfo is None:
            raise SearchError("a time of a search needs its zone")
        if period.end <= period.begin:
            raise SearchError("the time ends before it begins; swap from and to")
    if is_by_plate:
        return
    if search.area is None and search.unit_id is None:
        raise SearchError("too little to search by; add a plate, or an area and a time, or a unit and a time")
    if period is None:
        by = "an area" if search.area is not None else "a unit"
        raise SearchError(f"a search by {by} needs a time as well; add from and to")
    if period.end - period.begin > PERIOD_MAX:
        raise SearchError(f"the time is longer than {PERIOD_MAX.days} days; search a shorter one, or add a plate")


def _cells(area: GroundArea) -> tuple[int, ...]:
    try:
        return tuple(cells_of(area, CELLS_MAX))
    except ValueError:
        raise SearchError("the area is wider than some 15 km by 15 km; make it smaller") from None


def _naive(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise SearchError("a time of a search lies outside the calendar") from None
