"""Keeps the lists that the unit matches against up to date, and judges them by their age.

Each list ages by its own issue date. When one turns amber, and again when it turns red, a tone sounds; so it does for a
list that is amber from the start because the time is unknown. Officers' own entries do not age: they expire.
"""

from datetime import datetime
from typing import Any

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind, faults_of
from alpr_edge.domain.alerting import ListAge
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.list_ages import list_age, old_list_words
from alpr_edge.domain.matching import Entries
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.index.officer_entries import CombinedIndex, OfficerEntryLoader
from alpr_edge.hotlist.ingest.report import Refusals
from alpr_edge.settings import HotlistSettings

log = structlog.get_logger(__name__)

_GRAVITY = (ListAge.FRESH, ListAge.AMBER, ListAge.RED)


class HotlistRefresh:
    """The lists and officers' entries of the running unit."""

    def __init__(self, lists: HotlistLoader, own: OfficerEntryLoader, settings: HotlistSettings) -> None:
        self._lists = lists
        self._own = own
        self._settings = settings
        self._ages: dict[str, ListAge] = {}
        self._age_faults: list[Fault] = []
        self._list_figures: dict[str, dict[str, Any]] = {}
        self._refusals = Refusals(lists.directory)
        self._refusal_lines: list[str] = []
        self._left_out: dict[str, str] = {}

    @property
    def entries(self) -> Entries:
        """All entries at present but for those that ended for certain, for one read."""
        return CombinedIndex(self._lists.index, self._own.index, self._own.passed)

    def refresh(self, now: datetime | None) -> None:
        """Load what changed; what cannot be read now is tried again with the next call. Hangs with the disk."""
        self._refusal_lines, self._left_out = self._refusals.lines(), self._refusals.left_out()
        try:
            self._lists.refresh_if_changed()
            self._own.refresh(now)
        except AlprEdgeError as error:
            log.error("hotlist.load_failed", failure=str(error))

    def faults(self) -> list[Fault]:
        """What is not matched at all, what is old, and whose last feed was refused. Never waits."""
        index = self._lists.index
        none = [] if index.lists or self._open_entry_count() else ["no hotlist: nothing can be matched"]
        return [
            *faults_of(FaultKind.LIST_UNUSABLE, (f"list {fault.source}: {fault.message}" for fault in index.faults)),
            *faults_of(FaultKind.NO_LIST, none),
            *self._age_faults,
            *faults_of(FaultKind.FEED_REFUSED, self._refusal_lines),
        ]

    def figures(self) -> dict[str, Any]:
        """What health tells of each list as it was judged last, and of officers' own entries that are not covert."""
        return {"lists": self._list_figures, "own_entries": self._open_entry_count()}

    def _open_entry_count(self) -> int:
        """Officers' own entries but for covert ones, of which health, that everybody sees, tells nothing."""
        return sum(not own.entry.covert for own in self._own.index.entries)

    def _age_fault(self, generation: Generation, now: datetime | None) -> Fault:
        source = generation.source
        kind = FaultKind.LIST_RED if self._ages[source] is ListAge.RED else FaultKind.LIST_AMBER
        return Fault(kind, source, old_list_words(source, generation.age(now), *self._settings.ages_of(source)))

    def judge(self, now: datetime | None) -> None:
        """Judge every list's age; logged when one turned for the worse since the last call."""
        before = self._ages
        generations = [sealed_list.generation for sealed_list in self._lists.index.lists]
        self._ages = {generation.source: self._age(generation, now) for generation in generations}
        self._age_faults = [
            self._age_fault(generation, now)
            for generation in generations
            if self._ages[generation.source] is not ListAge.FRESH
        ]
        self._list_figures = {
            generation.source: _list_figures(generation, now) | {"left_out": self._left_out.get(generation.source, "")}
            for generation in generations
        }
        worse = [
            source
            for source, age in self._ages.items()
            if _GRAVITY.index(age) > _GRAVITY.index(before.get(source, ListAge.FRESH))
        ]
        for source in worse:
            log.warning("hotlist.aged", source=source, age=self._ages[source].value)

    def _age(self, generation: Generation, now: datetime | None) -> ListAge:
        age = generation.age(now)
        return list_age(None if age is None else age.total_seconds(), *self._settings.ages_of(generation.source))


def _list_figures(generation: Generation, now: datetime | None) -> dict[str, Any]:
    age = generation.age(now)
    return {
        "entries": generation.entries,
        "age_s": None if age is None else round(age.total_seconds()),
        "is_dated": generation.issued_at is not None,
    }
