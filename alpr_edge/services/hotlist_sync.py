"""A sync by hand: download what is newer, import what waits, for each source in turn, and say what became of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from alpr_edge.domain.errors import AlprEdgeError
from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.drop_folder import Listing
from alpr_edge.hotlist.ingest.import_worker import ImportWorker
from alpr_edge.hotlist.ingest.importer import ImportReport
from alpr_edge.settings import ListSource
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader

STEPS_MAX = 1000
"""Most lists imported of one source in one call; a department publishes no more changes in a row."""
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class SyncResult:
    """The result for one source."""

    source: str
    reports: tuple[ImportReport, ...]
    """The reports of the imported lists, in order."""
    failure: str = ""


def sync_source(
    downloader: HotlistDownloader, worker: ImportWorker, source: ListSource, now: datetime | None, progress: Progress
) -> SyncResult:
    """Bring one list up to date; a failure is part of the answer, not an error."""
    reports: list[ImportReport] = []
    try:
        before = _settled(source)
        for _ in range(STEPS_MAX):
            fetched = bool(source.url or source.department) and downloader.download(source)
            report = worker.import_next(source, before, now, progress)
            reports += [report] if report else []
            if report is None or not (fetched or source.folder):
                break
    except AlprEdgeError as error:
        return SyncResult(source.name, tuple(reports), str(error))
    return SyncResult(source.name, tuple(reports))


def _settled(source: ListSource) -> Listing:
    """A drop folder as it was some seconds ago."""
    if source.folder is None:
        return ()
    listing = drop_folder.listing(source.folder)
    if listing:
        time.sleep(drop_folder.SETTLED_S)
    return listing
