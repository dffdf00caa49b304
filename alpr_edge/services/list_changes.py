"""Changes a unit's lists by hand: import a feed, roll a list back, drop one, dismiss a refused feed.

Each change is written to the audit log of the lists before it is made.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alpr_edge.domain.access import Actor, Permission, Purpose, authorise
from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.ingest.import_lock import import_lock, make_lists_folder
from alpr_edge.hotlist.ingest.importer import (
    ImportReport,
    ImportRequest,
    ListStore,
    Progress,
    import_feed,
    require_source_name,
)
from alpr_edge.hotlist.ingest.report import FeedReport, read_report, remove_reports, standing_refusal
from alpr_edge.hotlist.ingest.report import dismiss_refusal as move_refusal
from alpr_edge.hotlist.ingest.rollback import roll_back
from alpr_edge.store.hotlists.audit_log import ListAuditLog
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
    actor: Actor,
    purpose: Purpose,
    request: ImportRequest,
    now: datetime | None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a feed as the next generation of its source; a refusal is told to the actor, and is no fault of the unit.

    Args:
        lists: the unit's lists.
        actor: the person who imports it.
        purpose: what the data is wanted for.
        request: the feed, and how to read it.
        now: the moment, UTC; None when the clock is not confirmed.
        progress: receives the progress of the import.

    Raises:
        AccessError: the actor may not.
        FeedError: the feed was refused; the list in use stays in use.
        StoreError: the list or the audit log cannot be written.
    """
    authorise(actor, purpose, Permission.MANAGE_LISTS)
    if not request.dry_run:
        options = {"accept_shrink": request.accept_shrink, "accept_growth": request.accept_growth}
        _record(lists.directory, actor, purpose, "import_list", request.source, now, **options)
    return import_feed(replace(request, by_hand=True), lists, now, progress)


def roll_back_list(
    lists: ListStore, actor: Actor, purpose: Purpose, source: str, now: datetime | None
) -> StoredGeneration:
    """Make the generation before a source's live one live again.

    Returns:
        The generation now live.

    Raises:
        AccessError: the actor may not.
        FeedError: the source is not known, or has no older generation.
        StoreError: the older generation cannot be used, or the audit log cannot be written.
    """
    authorise(actor, purpose, Permission.MANAGE_LISTS)
    _record(lists.directory, actor, purpose, "roll_back_list", source, now)
    return roll_back(lists, source)


def drop_list(
    lists: ListStore, incoming: DownloadSpool, actor: Actor, purpose: Purpose, source: str, now: datetime | None
) -> RemovedList:
    """Remove a list from the unit: its generations, its reports, and what was downloaded and not imported yet.

    A source that the settings still name comes back with its next feed.

    Args:
        lists: the unit's lists.
        incoming: the feeds that were downloaded.
        actor: the person who drops it.
        purpose: what the data is wanted for.
        source: the list.
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        AccessError: the actor may not.
        FeedError: the unit has nothing of a list of this name.
        StoreError: another import runs, or the list or the audit log cannot be written.
    """
    authorise(actor, purpose, Permission.MANAGE_LISTS)
    require_source_name(source)
    with import_lock(lists.directory):
        rows = all_generations(lists.database, source)
        if not (rows or incoming.waits(source) or _has_report(lists, source) or _was_synced(lists, source)):
            raise FeedError(f"no list is called {source}; alpr-edge hotlist status shows them all")
        serials = [row.generation.serial for row in rows]
        _record(lists.directory, actor, purpose, "drop_list", source, now, generations=serials)
        remove_list(lists.database, source, lists.directory)
        incoming.remove(source)
        remove_reports(lists.directory, source)
    return RemovedList(source, len(rows), sum(row.generation.entries for row in rows if row.live))


def dismiss_refusal(directory: Path, actor: Actor, purpose: Purpose, source: str, now: datetime | None) -> FeedReport:
    """Dismiss a source's refused feed, so that it is no fault of the unit any more. Its list still grows older.

    Args:
        directory: folder of the lists.
        actor: the person who dismisses it.
        purpose: what the data is wanted for.
        source: the list.
        now: the moment, UTC; None when the clock is not confirmed.

    Returns:
        The report on the feed.

    Raises:
        AccessError: the actor may not.
        FeedError: no feed of the source stands refused.
        StoreError: the report cannot be moved, or the audit log cannot be written.
    """
    authorise(actor, purpose, Permission.MANAGE_LISTS)
    require_source_name(source)
    with import_lock(directory):
        report = standing_refusal(directory, source)
        _record(directory, actor, purpose, "dismiss_refusal", source, now)
        move_refusal(directory, source)
    return report


def _record(
    directory: Path, actor: Actor, purpose: Purpose, action: str, source: str, now: datetime | None, **details: object
) -> None:
    make_lists_folder(directory)
    ListAuditLog(directory).append(actor, purpose, action, now, source=source, **details)


def _has_report(lists: ListStore, source: str) -> bool:
    try:
        read_report(lists.directory, source)
    except FeedError:
        return False
    return True


def _was_synced(lists: ListStore, source: str) -> bool:
    state = state_of(lists.database, source)
    return bool(state.asked or state.taken or state.fetch_failure or state.take_failure)
