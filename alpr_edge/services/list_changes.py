"""Changes a unit's lists by hand: import a feed, roll a list back, drop one, dismiss a refused feed.

Each change is on record before it is made, and what it changed after.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.ingest.feed_reader import Progress
from alpr_edge.hotlist.ingest.import_lock import import_lock
from alpr_edge.hotlist.ingest.importer import (
    ImportReport,
    ImportRequest,
    ListStore,
    import_feed,
    require_source_name,
)
from alpr_edge.hotlist.ingest.refused_list import take_again
from alpr_edge.hotlist.ingest.report import FeedReport, read_report, remove_reports, standing_refusal
from alpr_edge.hotlist.ingest.report import dismiss_refusal as move_refusal
from alpr_edge.hotlist.ingest.rollback import roll_back
from alpr_edge.services.changes.list_change_values import change_begun, values_after_change
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.store.hotlists.generations import StoredGeneration, all_generations
from alpr_edge.store.hotlists.list_removal import remove_list
from alpr_edge.store.hotlists.sync_state import state_of


@dataclass(frozen=True, slots=True)
class RemovedList:
    """A list that was dropped."""

    source: str
    generations: int
    """How many of its generations were on the unit."""
    entries: int
    """How many entries the live one had; 0: none was live."""


def import_list(
    lists: ListStore,
    authoriser: Authoriser,
    request: ImportRequest,
    now: datetime | None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a feed as the next generation of its source; a refusal is told to the actor, and is no fault of the unit.

    Args:
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        AccessError: it is refused.
        FeedError: the feed was refused; the list in use stays in use.
        StoreError: the list cannot be written, or it is not on record.
    """
    require_source_name(request.source)
    subject = _subject(Operation.IMPORT_LIST, request.source, request)
    with authoriser.access(Operation.IMPORT_LIST, subject=subject) as access:
        report = import_feed(replace(request, by_hand=True), lists, now, progress)
        if request.change is ListChange.COMPLETE and not request.dry_run:
            take_again(lists.database, request.source)
        access.changes = authoriser.changes_to(values_after_change(lists.database, request.source))
        return report


def roll_back_list(lists: ListStore, authoriser: Authoriser, source: str) -> StoredGeneration:
    """Make the generation before a source's live one live again.

    Returns:
        The generation now live.
    """
    require_source_name(source)
    subject = _subject(Operation.ROLL_BACK_LIST, source)
    with authoriser.access(Operation.ROLL_BACK_LIST, subject=subject) as access, import_lock(lists.directory):
        live = roll_back(lists, source)
        access.changes = authoriser.changes_to(values_after_change(lists.database, source))
        return live


def drop_list(lists: ListStore, incoming: DownloadSpool, authoriser: Authoriser, source: str) -> RemovedList:
    """Remove a list from the unit: its generations, its reports, and what was downloaded and not imported yet.

    A source that the settings still name comes back with its next feed.
    """
    require_source_name(source)
    subject = _subject(Operation.DROP_LIST, source)
    with authoriser.access(Operation.DROP_LIST, subject=subject) as access, import_lock(lists.directory):
        rows = all_generations(lists.database, source)
        if not (rows or incoming.waits(source) or _has_report(lists, source) or _was_synced(lists, source)):
            raise FeedError(f"no list is called {source}; alpr-edge hotlist status shows them all")
        remove_list(lists.database, source, lists.directory)
        incoming.remove(source)
        remove_reports(lists.directory, source)
        access.changes = authoriser.changes_to(values_after_change(lists.database, source))
    return RemovedList(source, len(rows), sum(row.generation.entries for row in rows if row.live))


def dismiss_refusal(directory: Path, authoriser: Authoriser, source: str) -> FeedReport:
    """Dismiss a source's refused feed, so that it is no fault of the unit any more. Its list still grows older.

    Returns:
        The report on the feed.
    """
    require_source_name(source)
    subject = AccessSubject((_object(source),))
    with authoriser.access(Operation.DISMISS_REFUSAL, subject=subject), import_lock(directory):
        report = standing_refusal(directory, source)
        move_refusal(directory, source)
    return report


def _object(source: str) -> str:
    return f"list:{source}"


def _subject(operation: Operation, source: str, request: ImportRequest | None = None) -> AccessSubject:
    """A list that is about to be changed; that it is begun goes on record with the access."""
    is_trial = request is not None and request.dry_run
    changes = () if is_trial else (change_begun(source, operation.value),)
    notes = []
    if request is not None:
        notes += ["a trial, which changes nothing"] * request.dry_run
        notes += ["accepts a shrink"] * request.accept_shrink + ["accepts a growth"] * request.accept_growth
    return AccessSubject((_object(source),), note=", ".join(notes), changes=changes)


def _has_report(lists: ListStore, source: str) -> bool:
    try:
        read_report(lists.directory, source)
    except FeedError:
        return False
    return True


def _was_synced(lists: ListStore, source: str) -> bool:
    state = state_of(lists.database, source)
    return bool(state.asked or state.taken or state.fetch_failure or state.take_failure)
