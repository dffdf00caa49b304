"""A search that somebody saved to run it again: what it looks for, what for, and until when it may be run.

It runs by its owner's own act alone. Nobody is alerted by one: that would be an entry of a hotlist, which asks for what
policy 462.4(c) says.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alpr_edge.department.search.criteria import PERIOD_MAX, DepartmentSearch, SearchPeriod
from alpr_edge.domain.errors import SearchError
from alpr_edge.domain.ground.areas import parse_ground_area
from alpr_edge.domain.patterns import names_plate, tells_plate
from alpr_edge.domain.permissions.purposes import Purpose

NAME_CHARACTERS_MAX = 80


@dataclass(frozen=True, slots=True)
class SavedCriteria:
    """What a saved search looks for; what is left out is not asked for."""

    plates: tuple[str, ...] = ()
    """As :attr:`.DepartmentSearch.plates`."""
    last_days: int | None = None
    """Days up to the moment at which it is run; None: the next two say when."""
    begin: datetime | None = None
    """Aware, likewise the next, which lies outside; None: at any time."""
    end: datetime | None = None
    area: str = ""
    """In its text form (:mod:`alpr_edge.domain.ground.areas`)."""
    unit_id: str | None = None
    """The unit that read it, or the other system that reads were imported from."""
    camera_id: str | None = None
    state: str | None = None

    @classmethod
    def of(cls, search: DepartmentSearch, last_days: int | None = None) -> "SavedCriteria":
        """What a search looks for."""
        period = search.period if last_days is None else None
        return cls(
            plates=search.plates,
            last_days=last_days,
            begin=None if period is None else period.begin,
            end=None if period is None else period.end,
            area="" if search.area is None else str(search.area),
            unit_id=search.unit_id,
            camera_id=search.camera_id,
            state=search.state,
        )

    def search_at(self, now: datetime) -> DepartmentSearch:
        """The search, as it is run at a moment.

        Raises:
            SearchError: its days are too many, or none.
        """
        return DepartmentSearch(
            plates=self.plates,
            period=self._period_at(now),
            area=parse_ground_area(self.area) if self.area else None,
            unit_id=self.unit_id,
            camera_id=self.camera_id,
            state=self.state,
        )

    def _period_at(self, now: datetime) -> SearchPeriod | None:
        if self.last_days is not None:
            if not 1 <= self.last_days <= PERIOD_MAX.days:
                raise SearchError(f"the last days of a saved search are 1 to {PERIOD_MAX.days}")
            return SearchPeriod(now - timedelta(days=self.last_days), now)
        return None if self.begin is None or self.end is None else SearchPeriod(self.begin, self.end)


@dataclass(frozen=True, slots=True)
class SavedSearchDates:
    """That somebody has a saved search: all that is told of it to anybody else."""

    saved_id: str
    person_id: str
    made_at: datetime
    ends_at: datetime
    """It cannot be run any more from then on."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A saved search, as it is on file."""

    dates: SavedSearchDates
    name: str = field(repr=False)
    purpose: Purpose = field(repr=False)
    criteria: SavedCriteria = field(repr=False)


def check_name(name: str, criteria: SavedCriteria) -> str:
    """Check what somebody calls a search; returns it without outer blanks."""
    name = name.strip()
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise SearchError(f"a name of a saved search is 1 to {NAME_CHARACTERS_MAX} printable characters")
    if tells_plate(name, criteria.plates) or names_plate(name):
        raise SearchError("a name tells no plate, as it stands in lists and on command lines; choose another")
    return name
