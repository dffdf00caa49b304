"""Imports a feed: through its format and validation into a sealed file that goes live by one row.

Until that row is written the list in use is live, and it stays so when anything is refused.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from alpr_edge.domain.errors import FeedError, StoreError
from alpr_edge.domain.hits import Generation
from alpr_edge.domain.instants import rfc3339
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.formats.base import Rejected
from alpr_edge.hotlist.index import sealed_file
from alpr_edge.hotlist.index.loader import open_marks, open_sealed
from alpr_edge.hotlist.index.packed_list import GenerationDraft, common
from alpr_edge.hotlist.ingest.feed_reader import FeedReading, Progress, check_entries, pack_feed
from alpr_edge.hotlist.ingest.import_lock import import_lock
from alpr_edge.hotlist.ingest.report import FeedReport, stands_refused, withheld_share_of, write_report
from alpr_edge.hotlist.ingest.validation import FeedTally, memory_refusal, size_difference
from alpr_edge.settings.base import is_name
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists.generations import (
    StoredGeneration,
    all_generations,
    forget_oldest,
    live,
    next_serial,
    record_and_activate,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListStore:
    """The folder, the rows and the key of a unit's generations."""

    database: Database
    """The database of their rows."""
    lists_key: bytes
    """The key of 32 bytes."""
    directory: Path
    """The folder of their sealed files; made when missing."""


@dataclass(frozen=True, slots=True)
class ImportRequest(FeedReading):
    """A feed to import, and how."""

    dry_run: bool = False
    """Whether to check only; nothing is written, nothing goes live."""
    by_hand: bool = False
    """Whether a person ran the import and reads its answer: a refusal is then no fault of the unit."""
    is_departments: bool = False
    """Whether the department handed it out: what is accepted of its size, the department accepted."""
    keeps_refusal: bool = False
    """Whether a newer complete list of the source stands refused: that stays the report on its last feed."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The result of an import."""

    source: str
    serial: int | None
    """The new generation; None: a dry run, nothing went live."""
    issued: datetime | None
    read: int
    """Lines of records."""
    kept: int
    rejected: int
    rejected_lines: tuple[Rejected, ...]
    """The first of the rejected lines."""
    skipped_junk: int
    withheld: int
    """Entries whose reason the source does not allow: immigration violators, unless its settings say otherwise."""
    duplicates: int
    added: int
    removed: int
    changed: int
    """Entries that say something else now; of one plate, also of another state, reason or record id."""
    unmatched_removals: int = 0
    """Lines of removals that name no entry of the list before."""
    unknown_reasons: int = 0
    """Lines whose words for the reason are not known; :attr:`unknown_wordings` has the first of these."""
    unknown_wordings: tuple[str, ...] = ()
    unread_columns: tuple[str, ...] = ()
    """Names of the columns that nothing is read from."""
    notices: tuple[str, ...] = ()
    """What whoever imports it should look at, a sentence each."""


def import_feed(
    request: ImportRequest, lists: ListStore, now: datetime | None, progress: Progress | None = None
) -> ImportReport:
    """Import a feed and make it live; a loader notices it with its next refresh.

    Args:
        now: the moment, UTC; None where the clock is not confirmed.

    Raises:
        FeedError: the feed was refused as a whole; the list in use stays live.
        FeedClockError: the feed was refused by the unit's clock; the list in use stays, and another time may be
            accepted.
        StoreError: the generation could not be written; the list in use stays.
    """
    require_source_name(request.source)
    try:
        with import_lock(lists.directory):
            return _Import(request, lists, now).run_reported(progress)
    except FeedError as error:
        raise type(error)(f"{request.source}: refused, the list in use stays: {error}") from None


def require_source_name(source: str) -> None:
    """Refuse what is no name of a source: it is part of the names of files.

    Raises:
        FeedError: it is none.
    """
    if not is_name(source):
        raise FeedError("a source's name is 1 to 64 letters, digits, dots, dashes or underscores")


@dataclass(slots=True)
class _Import:
    """One import, step by step."""

    request: ImportRequest
    lists: ListStore
    now: datetime | None
    tally: FeedTally = field(default_factory=FeedTally)
    accepted_size: str = ""
    """Its size, in words, where it is beyond the unit's limits and the department accepted it; else empty."""
    withheld_rise: str = ""
    """How many more lines than of the list before were left out for their reason, in words; empty: not many."""

    def run_reported(self, progress: Progress | None) -> ImportReport:
        """Run, and keep a report on how it ended; a dry run leaves none."""
        try:
            report = self.run(progress)
        except FeedError as error:
            self._keep_report(str(error))
            raise
        except MemoryError:
            refusal = memory_refusal(self.tally)
            self._keep_report(str(refusal))
            raise refusal from None
        self._keep_report("", report.kept)
        return report

    def run(self, progress: Progress | None) -> ImportReport:
        """Pack, validate, make live and report."""
        current = next((row for row in live(self.lists.database) if row.generation.source == self.request.source), None)
        generation = current.generation if current else None
        draft, issued_at = self._pack(current, progress)
        entry_count = len(draft.packed_list)
        check_entries(self.request, entry_count, generation, self.tally)
        self._note_acceptance(entry_count, generation)
        self._note_withheld_rise()
        common_count, changed_count = self._shared_with(current, draft)
        return ImportReport(
            source=self.request.source,
            serial=None if self.request.dry_run else self._go_live(draft, issued_at, self._imported_at(issued_at)),
            issued=issued_at,
            read=self.tally.read,
            kept=entry_count,
            rejected=self.tally.rejected_lines,
            rejected_lines=tuple(self.tally.samples),
            skipped_junk=self.tally.skipped_junk,
            withheld=self.tally.withheld,
            duplicates=draft.duplicates,
            added=entry_count - common_count,
            removed=(generation.entries if generation else 0) - common_count,
            changed=changed_count,
            unmatched_removals=self.tally.unmatched_removals,
            unknown_reasons=self.tally.unknown_words.reason_lines,
            unknown_wordings=tuple(self.tally.unknown_words.wordings),
            unread_columns=self.tally.unknown_words.columns,
            notices=self._notices(),
        )

    def _pack(
        self, current: StoredGeneration | None, progress: Progress | None
    ) -> tuple[GenerationDraft, datetime | None]:
        """Read the whole feed; its entries packed, and its date of issue (else that of the list it changes)."""
        is_change = current is not None and self.request.change is not ListChange.COMPLETE
        if current and is_change and current.generation.serial != self._newest_serial():
            raise FeedError("the list was rolled back, so this change is not of the list in use; import a complete one")
        base = open_sealed(current, self.lists.lists_key, self.lists.directory) if current and is_change else None
        generation = current.generation if current else None
        return pack_feed(self.request, generation, base, self.now, self.tally, progress)

    def _note_acceptance(self, entry_count: int, current: Generation | None) -> None:
        """Put in words, and log, that the list is beyond the unit's limits and that the department accepted it."""
        difference = size_difference(entry_count, current, self.request.limits)
        if difference and self.request.is_departments:
            self.accepted_size = f"{difference}; the department accepted that"
            log.warning("hotlist.size_accepted", source=self.request.source, by="department", reason=difference)

    def _note_withheld_rise(self) -> None:
        """Put in words, and log, that many more lines of a complete list were left out for their reason."""
        if self.request.change is ListChange.COMPLETE:
            self.withheld_rise = self.tally.withheld_rise(self._share_before())
        if self.withheld_rise:
            log.warning("hotlist.more_withheld", source=self.request.source, reason=self.withheld_rise)

    def _share_before(self) -> float | None:
        return withheld_share_of(self.lists.directory, self.request.source)

    def _notices(self) -> tuple[str, ...]:
        return (*self.tally.unknown_words.notices, *filter(None, (self.withheld_rise, self.accepted_size)))

    def _newest_serial(self) -> int:
        """Of the generation that was imported last, whether it is the one in use or not."""
        return all_generations(self.lists.database, self.request.source)[0].generation.serial

    def _keep_report(self, refusal: str, kept: int = 0) -> None:
        request = self.request
        if request.dry_run or (request.keeps_refusal and stands_refused(self.lists.directory, request.source)):
            return
        unknown_words = self.tally.unknown_words
        is_new_list = not refusal and request.change is ListChange.COMPLETE
        report = FeedReport(
            source=self.request.source,
            at=rfc3339(self.now) if self.now else None,
            refused=refusal,
            read=self.tally.read,
            rejected=self.tally.rejected_lines,
            lines=tuple(self.tally.samples),
            kept=kept,
            skipped_junk=self.tally.skipped_junk,
            withheld=self.tally.withheld,
            unmatched_removals=self.tally.unmatched_removals,
            unknown_reasons=unknown_words.reason_lines,
            unknown_wordings=tuple(unknown_words.wordings),
            unread_columns=unknown_words.columns,
            notices=self._notices(),
            withheld_share=self.tally.withheld_share if is_new_list else self._share_before(),
            is_more_withheld=bool(self.withheld_rise),
        )
        write_report(self.lists.directory, report, by_hand=self.request.by_hand)

    def _shared_with(self, current: StoredGeneration | None, draft: GenerationDraft) -> tuple[int, int]:
        """Count the entries that the list in use has too, and those of them that differ; 0 when it does not open."""
        if current is None:
            return 0, 0
        try:
            return common(draft.marks, open_marks(current, self.lists.lists_key, self.lists.directory))
        except StoreError as error:
            # A damaged list must not keep its replacement out.
            log.warning("hotlist.not_compared", source=self.request.source, fault=str(error))
            return 0, 0

    def _imported_at(self, issued_at: datetime | None) -> datetime | None:
        """From when a list without a date ages: from the import of the complete list, which a change renews in part."""
        if issued_at is not None or self.request.change is ListChange.COMPLETE:
            return self.now
        return all_generations(self.lists.database, self.request.source)[0].generation.imported_at

    def _go_live(self, draft: GenerationDraft, issued_at: datetime | None, imported_at: datetime | None) -> int:
        source, lists = self.request.source, self.lists
        serial = next_serial(lists.database, source)
        name, entries = f"{source}.{serial:08d}.list", len(draft.packed_list)
        sha256 = sealed_file.write(lists.directory / name, sealed_file.Seal(source, serial), draft, lists.lists_key)
        record_and_activate(lists.database, Generation(source, serial, issued_at, imported_at, entries), name, sha256)
        forget_oldest(lists.database, source, lists.directory)
        log.info("hotlist.imported", source=source, serial=serial, entries=entries)
        return serial
