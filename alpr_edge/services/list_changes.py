"""Changes a unit's lists by hand: import a feed, roll a list back, drop one, dismiss a refused feed.

Each change is written to the audit log of the lists before it is made.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
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
from alpr_edge.services.authorisation.authoriser import Access, AccessSubject, Authoriser
from alpr_edge.services.authorisation.operations import Operation
from alpr_edge.services.changes.values_in_force import list_value
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
    authoriser: Authoriser,
    request: ImportRequest,
    now: datetime | None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a feed as the next generation of its source; a refusal is told to the actor, and is no fault of the unit.

    Args:
        lists: the unit's lists.
        authoriser: allows it and puts it on record.
        request: the feed, and how to read it.
        now: the moment, UTC; None when the clock is not confirmed.
        progress: receives the progress of the import.

    Raises:
        AccessError: it is refused.
        FeedError: the feed was refused; the list in use stays in use.
        StoreError: the list or the audit log cannot be written.
    """
    with authoriser.access(Operation.IMPORT_LIST, subject=_subject(request.source, request)) as access:
        if not request.dry_run:
            options = {"accept_shrink": request.accept_shrink, "accept_growth": request.accept_growth}
            _record(lists.directory, access, "import_list", request.source, now, **options)
        report = import_feed(replace(request, by_hand=True), lists, now, progress)
        access.changes = authoriser.changes_to(list_value(lists.database, request.source))
        return report


def roll_back_list(lists: ListStore, authoriser: Authoriser, source: str, now: datetime | None) -> StoredGeneration:
    """Make the generation before a source's live one live again.

    Returns:
        The generation now live.

    Raises:
        AccessError: it is refused.
        FeedError: the source is not known, or has no older generation.
        StoreError: the older generation cannot be used, or the audit log cannot be written.
    """
    with authoriser.access(Operation.ROLL_BACK_LIST, subject=_subject(source)) as access:
        _record(lists.directory, access, "roll_back_list", source, now)
        live = roll_back(lists, source)
        access.changes = authoriser.changes_to(list_value(lists.database, source))
        return live


def drop_list(
    lists: ListStore, incoming: DownloadSpool, authoriser: Authoriser, source: str, now: datetime | None
) -> RemovedList:
    """Remove a list from the unit: its generations, its reports, and what was downloaded and not imported yet.

    A source that the settings still name comes back with its next feed.

    Args:
        lists: the unit's lists.
        incoming: the feeds that were downloaded.
        authoriser: allows it and puts it on record.
        source: the list.
        now: the moment, UTC; None when the clock is not confirmed.

    Raises:
        AccessError: it is refused.
        FeedError: the unit has nothing of a list of this name.
        StoreError: another import runs, or the list or the audit log cannot be written.
    """
    require_source_name(source)
    with authoriser.access(Operation.DROP_LIST, subject=_subject(source)) as access, import_lock(lists.directory):
        rows = all_generations(lists.database, source)
        if not (rows or incoming.waits(source) or _has_report(lists, source) or _was_synced(lists, source)):
            raise FeedError(f"no list is called {source}; alpr-edge hotlist status shows them all")
        serials = [row.generation.serial for row in rows]
        _record(lists.directory, access, "drop_list", source, now, generations=serials)
        remove_list(lists.database, source, lists.directory)
        incoming.remove(source)
        remove_reports(lists.directory, source)
        access.changes = authoriser.changes_to(list_value(lists.database, source))
    return RemovedList(source, len(rows), sum(row.generation.entries for row in rows if row.live))


def dismiss_refusal(directory: Path, authoriser: Authoriser, source: str, now: datetime | None) -> FeedReport:
    """Dismiss a source's refused feed, so that it is no fault of the unit any more. Its list still grows older.

    Args:
        directory: folder of the lists.
        authoriser: allows it and puts it on record.
        source: the list.
        now: the moment, UTC; None when the clock is not confirmed.

    Returns:
        The report on the feed.

    Raises:
        AccessError: it is refused.
        FeedError: no feed of the source stands refused.
        StoreError: the report cannot be moved, or the audit log cannot be written.
    """
    require_source_name(source)
    with authoriser.access(Operation.DISMISS_REFUSAL, subject=_subject(source)) as access, import_lock(directory):
        report = standing_refusal(directory, source)
        _record(directory, access, "dismiss_refusal", source, now)
        move_refusal(directory, source)
    return report


def list_changes_by_hand(data_directory: Path, authoriser: Authoriser, purpose: Purpose) -> list[dict[str, Any]]:
    """The lines of the lists' own log: who changed a list by hand, the oldest first.

    Raises:
        AccessError: it is refused.
        StoreError: the log cannot be read.
    """
    with authoriser.access(Operation.SHOW_LIST_CHANGES, purpose) as access:
        lines = list(ListAuditLog(data_directory / LISTS_DIRECTORY).lines())
        access.show(count=len(lines))
        return lines


def _subject(source: str, request: ImportRequest | None = None) -> AccessSubject:
    note = "a trial, which changes nothing" if request is not None and request.dry_run else ""
    return AccessSubject((f"list:{source[:64]}",), note=note)


def _record(directory: Path, access: Access, action: str, source: str, now: datetime | None, **details: object) -> None:
    make_lists_folder(directory)
    ListAuditLog(directory).append(access.actor.name, access.purpose.code, action, now, source=source, **details)


def _has_report(lists: ListStore, source: str) -> bool:
    try:
        read_report(lists.directory, source)
    except FeedError:
        return False
    return True


def _was_synced(lists: ListStore, source: str) -> bool:
    state = state_of(lists.database, source)
    return bool(state.asked or state.taken or state.fetch_failure or state.take_failure)
