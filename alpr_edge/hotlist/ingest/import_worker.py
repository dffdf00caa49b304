"""Imports what the network or a drop folder brought: one import at a time, with a report of each.

The daemon starts a process for it, so that an import neither delays a read (by Python's lock or the processor) nor
takes the memory that the daemon needs. The two share the database alone.
"""

import os
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from pydantic import BaseModel

from alpr_edge.domain.errors import AlprEdgeError, FeedClockError, FeedError, LostError
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.hotlist.ingest import drop_folder, refused_list
from alpr_edge.hotlist.ingest.drop_folder import DroppedFile, Listing
from alpr_edge.hotlist.ingest.feed_file import PIECE_BYTES
from alpr_edge.hotlist.ingest.feed_reader import Progress
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, ListStore, import_feed
from alpr_edge.hotlist.ingest.process_limits import end_with_parent, limited_process
from alpr_edge.hotlist.ingest.refused_list import DOWNLOAD_ANEW
from alpr_edge.hotlist.ingest.request import request_for
from alpr_edge.hotlist.ingest.signature import read_signature
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.runtime.logs import configure_logs
from alpr_edge.settings import ListSource
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, FeedNote
from alpr_edge.store.hotlists.sync_state import REFUSED_LIST, SyncState
from alpr_edge.store.keys import load_key

log = structlog.get_logger(__name__)

TRY_AGAIN = os.EX_TEMPFAIL
"""Exit code of the process where another try may help: the store is busy or full, or the clock is behind."""


class ImportJob(BaseModel):
    """The job that the process reads from its standard input."""

    daemon_process: int
    """Id of the process that wants it; without that one the job is not done."""

    data_directory: Path
    keys_directory: Path
    source: ListSource
    before: list[tuple[int, str, int]]
    """The drop folder as it was some seconds ago."""
    now: datetime | None
    """The moment, UTC; None where the unit's clock is not trusted."""


@dataclass(frozen=True, slots=True)
class ImportWorker:
    """Imports lists."""

    lists: ListStore
    incoming: DownloadSpool

    def import_next(
        self, source: ListSource, before: Listing, now: datetime | None, progress: Progress | None = None
    ) -> ImportReport | None:
        """Import the next list that waits for a source; None when none does.

        Args:
            before: its drop folder some seconds ago; what has changed since is left for later.
            now: the moment, UTC; None where the clock is not confirmed.

        Raises:
            FeedError: it was refused; that is noted, and it is not tried again.
            FeedClockError: it was refused by the clock; that is noted, and it stays to be tried again.
            StoreError: the store is not usable; it is tried again.
        """
        if self.incoming.waits(source.name):
            return self._import_downloaded(source, now, progress)
        if source.folder is None:
            return None
        listing = drop_folder.listing(source.folder)
        state = self._state_of(source)
        due = drop_folder.due(before, listing, state.marks)
        if not due:
            return None
        try:
            report = self._import_dropped(source, source.folder, due[0], now, progress)
        except FeedClockError as error:
            self._note(source, take_failure=str(error))
            raise
        except FeedError as error:
            marks = drop_folder.marks_of_refusal(listing, state.marks, due[0])
            self._note(source, marks=marks, take_failure=str(error))
            raise
        marks = drop_folder.updated_marks(listing, state.marks, due[0])
        failure = {} if REFUSED_LIST in marks else {"take_failure": ""}
        # What the department has published since is of the refused list, not of the one that was imported now.
        download = DOWNLOAD_ANEW if REFUSED_LIST in state.marks.keys() - marks.keys() else {}
        self._note(source, marks=marks, taken=now, **failure, **download)
        return report

    def _import_dropped(
        self, source: ListSource, folder: Path, dropped: DroppedFile, now: datetime | None, progress: Progress | None
    ) -> ImportReport:
        path, state = folder / dropped.name, self._state_of(source)
        is_before_refused = refused_list.is_before_refused(state, dropped.changed_ns)
        if not is_before_refused:
            refused_list.require_fit(self.lists.directory, state, dropped.change, now)
        request = replace(request_for(source, path, dropped.change), keeps_refusal=is_before_refused)
        if request.signing_key is None:
            return import_feed(request, self.lists, now, progress)
        # Whoever owns the folder could change the file between the check of its signature and its last line.
        signature = read_signature(path)
        with ExitStack() as stack:
            with io_errors(f"{path}: cannot be read", FeedError), path.open("rb") as file:
                copy = stack.enter_context(_in_memory(source.name, iter(partial(file.read, PIECE_BYTES), b"")))
            return import_feed(replace(request, path=copy, signature=signature), self.lists, now, progress)

    def _import_downloaded(self, source: ListSource, now: datetime | None, progress: Progress | None) -> ImportReport:
        note, state = FeedNote(), self._state_of(source)
        try:
            with _open_download(self.incoming, source.name) as (note, path):
                refused_list.require_fit(self.lists.directory, state, note.change, now)
                is_lacking = refused_list.lacks_change(state.marks, note)
                request = replace(_request_for_download(source, path, note), keeps_refusal=is_lacking)
                report = import_feed(request, self.lists, now, progress)
        except LostError as error:
            self._note(source, serial=0, etag="", modified="", take_failure=str(error))
            self.incoming.remove(source.name)
            raise FeedError(str(error)) from None
        except FeedClockError as error:
            self._put_off(source, note, now, error)
            raise
        except FeedError as error:
            # The list and its signature may be of different versions, if the server changed both meanwhile: download
            # both again.
            values = {"etag": "", "modified": ""} if source.signing_key_file is not None else {}
            marks = refused_list.marks_of_download(state.marks, note, is_refused=True)
            serial = refused_list.serial_after_refusal(state, note)
            self._note(source, serial=serial, marks=marks, take_failure=str(error), **values)
            self.incoming.remove(source.name)
            raise
        marks = refused_list.marks_of_download(state.marks, note, is_refused=False)
        failure = {} if is_lacking else {"take_failure": ""}
        self._note(source, serial=note.serial, marks=marks, taken=now, **failure)
        self.incoming.remove(source.name)
        return report

    def _put_off(self, source: ListSource, note: FeedNote, now: datetime | None, error: FeedClockError) -> None:
        """Keep a downloaded feed until the clock is trusted; with a trusted clock, download it again."""
        if now is None:
            self._note(source, take_failure=str(error))
        else:
            _download_again(self.lists.database, self.incoming, source.name, note, str(error))

    def _state_of(self, source: ListSource) -> SyncState:
        return sync_state.state_of(self.lists.database, source.name)

    def _note(self, source: ListSource, **values: object) -> None:
        sync_state.note(self.lists.database, source.name, **values)


def pass_over(database: Database, incoming: DownloadSpool, source: ListSource, before: Listing, failure: str) -> None:
    """Let go of the feed that :meth:`ImportWorker.import_next` is at, because every process fails on it.

    A downloaded feed is downloaded again, the department's once; a file of the drop folder is tried again once it
    changes.

    Raises:
        StoreError: the database failed.
    """
    if incoming.waits(source.name):
        note = FeedNote()
        with suppress(LostError):
            note = incoming.read(source.name)[0]
        _download_again(database, incoming, source.name, note, failure)
        return
    marks = sync_state.state_of(database, source.name).marks
    for file in drop_folder.due(before, before, marks)[:1]:
        sync_state.note(
            database, source.name, marks=drop_folder.marks_of_refusal(before, marks, file), take_failure=failure
        )


def _download_again(database: Database, incoming: DownloadSpool, source: str, note: FeedNote, failure: str) -> None:
    """Remove a downloaded feed, and have it downloaded again.

    No other feed of its source is downloaded while one waits, so a feed that cannot be imported now must not wait. The
    department's feed is downloaded once more, and the second time passed over, as it would be asked for again at once.
    """
    state = sync_state.state_of(database, source)
    values: dict[str, object] = {"take_failure": failure, **DOWNLOAD_ANEW}
    if state.take_failure:
        values["serial"] = note.serial
        values["marks"] = refused_list.marks_of_download(state.marks, note, is_refused=True)
    sync_state.note(database, source, **values)
    incoming.remove(source)


def _request_for_download(source: ListSource, path: Path, note: FeedNote) -> ImportRequest:
    return replace(
        request_for(source, path, note.change),
        signature=b64decode(note.signature),
        accept_shrink=note.accept_shrink,
        accept_growth=note.accept_growth,
        is_departments=source.department,
    )


@contextmanager
def _open_download(incoming: DownloadSpool, source: str) -> Iterator[tuple[FeedNote, Path]]:
    """A downloaded feed in the clear, in memory alone: under a path that is gone after the block."""
    note, chunks = incoming.read(source)
    with _in_memory(source, chunks) as path:
        yield note, path


@contextmanager
def _in_memory(source: str, chunks: Iterable[bytes]) -> Iterator[Path]:
    """A file in memory alone: under a path that is gone after the block."""
    descriptor = os.memfd_create(f"alpr-edge-{source}", os.MFD_CLOEXEC)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - memfd_create gives a descriptor
        file.writelines(chunks)
        file.flush()
        yield Path(f"/proc/self/fd/{descriptor}")


@contextmanager
def open_import_worker(data_directory: Path, keys_directory: Path) -> Iterator[ImportWorker]:
    """An import worker over the unit's store; closes it at the end.

    Raises:
        StoreError: no key, or a database this release cannot use.
    """
    outbox_key, lists_key = load_key("outbox", keys_directory), load_key("lists", keys_directory)
    database = Database.open(data_directory, outbox_key, migrate=False)
    try:
        lists = ListStore(database, lists_key, data_directory / LISTS_DIRECTORY)
        yield ImportWorker(lists, DownloadSpool(data_directory, outbox_key))
    finally:
        database.close()


def main() -> int:
    """Run the importing process: read one job, import one list.

    The exit code is 0 where the feed was dealt with, and :data:`TRY_AGAIN` where something else than the feed was in
    the way; with any other the process failed on it.
    """
    configure_logs(verbose=True)
    with limited_process():
        return _run_job()


def _run_job() -> int:
    job = ImportJob.model_validate_json(sys.stdin.read())
    if not end_with_parent(job.daemon_process):
        log.error("hotlist.import_aborted", source=job.source.name, reason="the daemon that wanted it has ended")
        return TRY_AGAIN
    before = tuple(DroppedFile(*file) for file in job.before)
    try:
        with open_import_worker(job.data_directory, job.keys_directory) as worker:
            worker.import_next(job.source, before, job.now)
    except FeedClockError as error:
        log.error("hotlist.import_postponed", source=job.source.name, reason=str(error))
        return TRY_AGAIN
    except FeedError as error:
        log.error("hotlist.import_refused", source=job.source.name, reason=str(error))
    except (AlprEdgeError, OSError) as error:
        log.error("hotlist.import_aborted", source=job.source.name, reason=str(error))
        return TRY_AGAIN
    return 0


if __name__ == "__main__":
    sys.exit(main())
