"""Refuses changes of a complete list that was refused: they fit that list, not the one in use.

Made to the list in use they would look like a list that is up to date, without the cars that the refused one has. So
they are refused with it until a complete list is imported. Which one stands refused is kept with the marks of its
source, so a restart does not forget it.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.ingest.drop_folder import OLDER
from alpr_edge.hotlist.ingest.report import FeedReport, stands_refused, withheld_share_of, write_report
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import FeedNote
from alpr_edge.store.hotlists.sync_state import REFUSED_CHANGE, REFUSED_LIST, Marks, SyncState

DOWNLOAD_ANEW: Mapping[str, Any] = {"serial": 0, "etag": "", "modified": ""}
"""What a source's sync state says where its complete list is to be downloaded, whatever was before."""


def is_before_refused(state: SyncState, place: int) -> bool:
    """Whether a complete list stands refused that is newer than the feed at a place."""
    return state.refused_place is not None and place < state.refused_place


def require_fit(directory: Path, state: SyncState, change: ListChange, now: datetime | None) -> None:
    """Refuse what is no complete list while one stands refused; the report on the refused list is kept.

    Args:
        now: the moment, UTC; None where the clock is not confirmed.
    """
    if change is ListChange.COMPLETE or state.refused_place is None:
        return
    reason = (
        f"{state.source}: refused, the list in use stays: it changes a complete list that was refused; publish a "
        "complete list, or import the refused one by hand, with --accept-shrink or --accept-growth where that is right"
    )
    if not stands_refused(directory, state.source):
        at, share = rfc3339(now) if now else None, withheld_share_of(directory, state.source)
        report = FeedReport(state.source, at, reason, read=0, rejected=0, lines=(), withheld_share=share)
        write_report(directory, report)
    raise FeedError(reason)


def marks_of_download(marks: Marks, note: FeedNote, *, is_refused: bool) -> dict[str, list[int]]:
    """The marks after a download was imported or refused.

    A complete list ends the refusal of one before it, and of a change that is not newer than it.
    """
    new_marks = {name: list(mark) for name, mark in marks.items()}
    if note.change is ListChange.COMPLETE:
        new_marks.pop(REFUSED_LIST, None)
        if is_refused:
            new_marks[REFUSED_LIST] = [note.serial, 0]
    elif is_refused:
        newest, oldest = marks.get(REFUSED_CHANGE, (note.serial, note.serial))
        new_marks[REFUSED_CHANGE] = [max(newest, note.serial), min(oldest, note.serial)]
    if not (is_refused or lacks_change(marks, note)):
        new_marks.pop(REFUSED_CHANGE, None)
    return new_marks


def lacks_change(marks: Marks, note: FeedNote) -> bool:
    """Whether the list still lacks a change that was refused, once a download is imported."""
    if REFUSED_CHANGE not in marks:
        return False
    newest, oldest = marks[REFUSED_CHANGE]
    return newest > note.serial if note.change is ListChange.COMPLETE else (newest, oldest) != (note.serial,) * 2


def serial_after_refusal(state: SyncState, note: FeedNote) -> int:
    """The serial to ask from after a refusal: a change that does not fit asks for the complete list, once.

    The second time it is passed over: it would be downloaded with the complete list again and again.
    """
    newest_refused = next(iter(state.marks.get(REFUSED_CHANGE, ())), 0)
    is_new = REFUSED_LIST not in state.marks and note.serial > newest_refused
    return 0 if is_new and note.change is not ListChange.COMPLETE else note.serial


def take_again(database: Database, source: str) -> None:
    """Have a source's feeds imported again from the complete list on that stands refused; without one do nothing.

    For when a person imported a complete list by hand: the refused one is likely accepted now, and the changes that
    were refused with it are missing.

    Raises:
        StoreError: the database failed.
    """
    state = sync_state.state_of(database, source)
    if state.refused_place is None:
        return
    place, size = state.marks[REFUSED_LIST]
    marks = {name: mark for name, mark in state.marks.items() if name != REFUSED_LIST}
    if size:
        marks = {name: mark for name, mark in marks.items() if name == OLDER or mark[0] < place}
    sync_state.note(database, source, marks=marks, take_failure="", **DOWNLOAD_ANEW)
