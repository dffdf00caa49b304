"""Holds every read of an area and a time for a case: a canvass at the department (policy 462.4(c), 462.5).

It holds what has arrived. Cars deliver late, so it is run again for the same case: then only what is new is held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.holds.department_holds import DepartmentHolds, HoldAuthor
from alpr_edge.department.holds.listed_holds import ListedHold
from alpr_edge.department.search.criteria import DepartmentSearch, SearchPeriod
from alpr_edge.department.search.department_searches import DepartmentSearches
from alpr_edge.department.search.pages import PAGE_READS_MAX, FoundPage, ReadKey, UnseenReads
from alpr_edge.domain.errors import HoldError
from alpr_edge.domain.ground.areas import GroundArea
from alpr_edge.domain.holds.hold import HOLD_READS_MAX, HoldTerms, check_terms

READS_MAX = HOLD_READS_MAX
"""Most reads of one canvass; whoever needs more holds a part of the time after another."""


@dataclass(frozen=True, slots=True)
class CanvassHolds:
    """What a canvass holds."""

    reads: int
    """Reads that it found."""
    held_before: int
    """Of these, those that the department held for this case already."""
    placed: tuple[ListedHold, ...]
    """The new holds, one for each unit."""
    unseen: UnseenReads
    """What it could not see: reads without a place or a sure time, and units that sent nothing."""


class DepartmentCanvass:
    """Canvasses at the department; threads may share it. It asks nobody for permission: its callers do.

    Args:
        reads_max: most reads of one canvass.
    """

    def __init__(
        self, database: DepartmentDatabase, show: Callable[[int], None] = lambda _: None, reads_max: int = READS_MAX
    ) -> None:
        self._searches = DepartmentSearches(database)
        self._holds = DepartmentHolds(database)
        self._show = show
        self._reads_max = reads_max

    def hold(
        self, area: GroundArea, period: SearchPeriod, terms: HoldTerms, author: HoldAuthor, *, with_untimed: bool
    ) -> CanvassHolds:
        """Hold every read of an area and a time that is not yet held for the case."""
        checked, found = check_terms(terms, author.at), list[str]()
        asked = DepartmentSearch(area=area, period=period)
        unseen = None
        for search in (asked, replace(asked, is_untimed=True)) if with_untimed else (asked,):
            for page in self._pages(search):
                found += [read.read_id for read in page.reads]
                unseen = unseen or page.unseen  # of the first page: what is asked for goes with the area and the time
                self._show(len(found))
                if len(found) > self._reads_max:
                    raise HoldError(f"more than {self._reads_max} reads; take a smaller area, or a part of the time")
        assert unseen is not None, "a search has a page"
        before = self._holds.held_ids(checked.case_number, author.at, checked.until)
        new = [read_id for read_id in found if read_id not in before]
        placed = self._holds.place(new, checked, author) if new else []
        return CanvassHolds(len(found), len(found) - len(new), tuple(placed), unseen)

    def _pages(self, search: DepartmentSearch) -> Iterator[FoundPage]:
        """The pages of a search, each of which goes further back in time, or on among those without one."""
        place: ReadKey | None = None
        has_more = True
        while has_more:
            page = self._searches.page(search, place, PAGE_READS_MAX)
            yield page
            place, has_more = page.next, page.next is not None
