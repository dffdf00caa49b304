"""Syncs a list by hand: downloads newer feeds, imports them, and reports the result."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.drop_folder import Listing
from alpr_edge.hotlist.ingest.feed_reader import Progress
from alpr_edge.hotlist.ingest.import_worker import ImportWorker
from alpr_edge.hotlist.ingest.importer import ImportReport
from alpr_edge.hotlist.ingest.source_feed import format_of
from alpr_edge.services.changes.list_change_values import change_begun, values_after_change
from alpr_edge.settings import ListSource
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader

STEPS_MAX = 1000
"""Most lists imported of one source in one call; a department publishes no more changes in a row."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The result for one source."""

    source: str
    reports: tuple[ImportReport, ...]
    """The reports of the imported lists, in order."""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ListSync:
    """Syncs lists, one source at a time."""

    downloader: HotlistDownloader
    """Downloads what is newer."""
    worker: ImportWorker
    """Imports what waits."""
    progress: Progress
    """Receives the progress of each import."""

    def sync_source(self, authoriser: Authoriser, source: ListSource, now: datetime | None) -> SyncResult:
        """Bring one list up to date; a failure is part of the answer, not an error.

        Args:
            now: the moment, UTC; None when the clock is not confirmed.

        Raises:
            AccessError: it is refused.
        """
        begun = change_begun(source.name, Operation.SYNC_LIST.value)
        subject = AccessSubject((f"list:{source.name}",), changes=(begun,))
        with authoriser.access(Operation.SYNC_LIST, subject=subject) as access:
            result = self._sync(source, now)
            access.changes = authoriser.changes_to(values_after_change(self.worker.lists.database, source.name))
            return result

    def _sync(self, source: ListSource, now: datetime | None) -> SyncResult:
        reports: list[ImportReport] = []
        try:
            # An unknown format is reported before a list is downloaded.
            format_of(source)
            reports.extend(self._import_all(source, now))
        except AlprEdgeError as error:
            return SyncResult(source.name, tuple(reports), str(error))
        return SyncResult(source.name, tuple(reports))

    def _import_all(self, source: ListSource, now: datetime | None) -> Iterator[ImportReport]:
        """Download and import until nothing newer comes."""
        before = _settled_listing(source)
        for _ in range(STEPS_MAX):
            is_downloaded = bool(source.url or source.department) and self.downloader.download(source)
            report = self.worker.import_next(source, before, now, self.progress)
            if report is not None:
                yield report
            if report is None or not (is_downloaded or source.folder):
                return


def _settled_listing(source: ListSource) -> Listing:
    """A drop folder as it was some seconds ago."""
    if source.folder is None:
        return ()
    listing = drop_folder.listing(source.folder)
    if listing:
        time.sleep(drop_folder.SETTLED_S)
    return listing
