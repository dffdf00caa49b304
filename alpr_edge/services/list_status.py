"""Shows the state of the unit's lists: ages, sizes, syncs and refused feeds, and how many own entries are in force."""

from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.alerting import ListAge
from alpr_edge.domain.hits import Generation
from alpr_edge.hotlist.index.index import ListFault
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.hotlist.ingest.report import (
    FeedReport,
    dismissed_refusals,
    last_reports,
    refusals,
    refusals_by_hand,
)
from alpr_edge.services.match_plate import age_of_list
from alpr_edge.settings import HotlistSettings
from alpr_edge.store.hotlists import officer_entries, sync_state
from alpr_edge.store.hotlists.sync_state import SyncState


@dataclass(frozen=True, slots=True)
class ListState:
    """The state of a source."""

    source: str
    generation: Generation | None
    """The live generation; None: the unit has no list of this source."""
    level: ListAge | None
    """How far the list can be trusted by its age."""
    sync: SyncState
    refusal: str
    """Why the last feed that came by itself was refused; empty when it was not."""
    refusal_by_hand: str
    """Why the last import by hand was refused; empty when it was not."""
    refusal_dismissed: str
    """Why a feed was refused whose refusal somebody dismissed; empty without one."""
    is_in_settings: bool
    last_feed: FeedReport | None
    """The report on the last feed that went live or came by itself; None: there is none that can be read."""


@dataclass(frozen=True, slots=True)
class HotlistStatus:
    """The state of everything that reads are matched against."""

    lists: tuple[ListState, ...]
    """In order of source; those of the settings, those on the unit, and those with a refused feed."""
    entry_count: int
    """Officers' own entries in force, covert ones left out."""
    faults: tuple[ListFault, ...]
    """Lists that do not open."""


def hotlist_status(lists: ListStore, limits: HotlistSettings, now: datetime | None) -> HotlistStatus:
    """Open every live list and collect its state; no plate is in it.

    Args:
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        StoreError: the database does not answer.
    """
    index = HotlistLoader(lists.database, lists.lists_key, lists.directory).load()
    own = officer_entries.entries_in_force(lists.database, now)
    generations = {sealed_list.generation.source: sealed_list.generation for sealed_list in index.lists}
    return HotlistStatus(
        _list_states(lists, generations, limits, now),
        sum(not each.entry.covert for each in own),
        index.faults,
    )


def _list_states(
    lists: ListStore, generations: dict[str, Generation], limits: HotlistSettings, now: datetime | None
) -> tuple[ListState, ...]:
    last, by_hand, dismissals = (
        {report.source: report.refused for report in reports(lists.directory)}
        for reports in (refusals, refusals_by_hand, dismissed_refusals)
    )
    last_feeds = {report.source: report for report in last_reports(lists.directory)}
    in_settings = {source.name for source in limits.source}
    return tuple(
        ListState(
            source=name,
            generation=generations.get(name),
            level=age_of_list(generations[name], now, limits) if name in generations else None,
            sync=sync_state.state_of(lists.database, name),
            refusal=last.get(name, ""),
            # Not shown of a name that is neither here nor in the settings: the person who mistyped it was told.
            refusal_by_hand=by_hand.get(name, ""),
            refusal_dismissed=dismissals.get(name, ""),
            is_in_settings=name in in_settings,
            last_feed=last_feeds.get(name),
        )
        for name in sorted(in_settings | set(generations) | set(last))
    )
