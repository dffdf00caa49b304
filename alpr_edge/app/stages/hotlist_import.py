"""The stage of the capture daemon that finds new lists and has another process import them.

Two checks of a drop folder, some seconds apart, must agree before a file counts as complete. The process is started
anew for each list, has a lower priority for processor and memory than the daemon, and is stopped with it: an import
that was cut off leaves nothing behind. It is tried again; a feed whose imports are killed again and again is let go of.
Of the lists that wait the smallest comes first: a large one takes minutes. While the disk is full none is imported.

A list that does not say when it was issued ages from its import. Where the clock was not confirmed then, the import is
dated once it is, by the time since it on the clock of the boot; a unit that stops in between leaves it without a date.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.ports import Clock
from alpr_edge.domain.retry import Backoff
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.hotlist.ingest import drop_folder
from alpr_edge.hotlist.ingest.drop_folder import Listing
from alpr_edge.hotlist.ingest.import_worker import TRY_AGAIN, ImportJob, pass_over
from alpr_edge.hotlist.ingest.report import FeedReport, write_report
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings import ListSource, Settings
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from alpr_edge.store.hotlists.generations import date_import, next_serial

CHECK_S = 1.0
POLL_S = 0.2
"""Time between two checks of an importing process: it is stopped as soon as the unit stops."""
IMPORT_S_MAX = 1800.0
"""Longest time of one import; the largest list planned for takes minutes."""
STOP_S_MAX = 2.0
CRASHES_MAX = 3
"""Imports of a source killed or broken off one after the other, from which on their feed is let go of: it needs more
memory or time than there is here, or the import has a fault, and newer feeds wait behind it. Other failures, as of a
full disk, are of the unit and pass."""
RETRY_BACKOFF = Backoff(first_s=5.0, longest_s=300.0)

log = structlog.get_logger(__name__)


class ImportRecords(Protocol):
    """Where imports are put on record, by the list's source; StoreError where that fails."""

    def begin_import(self, source: str) -> None:
        """Put on record that an import begins."""

    def end_import(self, source: str) -> None:
        """Put on record which generation is live after it."""


@dataclass(slots=True)
class _SourceState:
    """A source, with the result of its last check."""

    source: ListSource
    listing: Listing = ()
    since_s: float = 0.0
    failures: int = 0
    crashes: int = 0
    """Imports that were killed or broken off since the last one that ended as it should."""
    retry_s: float = 0.0
    without_time: bool = False
    """Whether the time was not trusted when the import last failed."""
    undated: tuple[int, Instant] | None = None
    """The generation that was imported last and its moment, where that has no trusted UTC; None: it has."""


@dataclass(slots=True, eq=False)
class HotlistImportStage:
    """Checks for new lists until the unit stops; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    settings: Settings
    database: Database
    incoming: DownloadSpool
    clock: Clock
    """Gives the time that the import uses: its process has no receiver."""
    records: ImportRecords
    has_room: Callable[[], bool]
    """Whether anything new may be stored: the rest of a full disk is for cleaning up."""
    name: str = "lists"
    _states: list[_SourceState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._states = [_SourceState(source) for source in self.settings.hotlist.source]

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Check once a second, and have at most one list imported at a time."""
        while not stop.wait(CHECK_S):
            beat()
            for state in self._states:
                self._date_import(state)
            due_states = [(size, state) for state in self._states if (size := self._due_bytes(state))]
            if due_states and self.has_room():
                self._import_next(min(due_states, key=lambda due: due[0])[1], beat, stop)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def _due_bytes(self, state: _SourceState) -> int:
        """Size of what is to be imported now of a source; 0: nothing is."""
        now_s, source = time.monotonic(), state.source
        if now_s < state.retry_s and not (state.without_time and self.clock.now().trusted):
            return 0
        if size := self.incoming.waiting_bytes(source.name):
            return size
        if source.folder is None:
            return 0
        listing = drop_folder.listing(source.folder)
        if listing != state.listing:
            state.listing, state.since_s = listing, now_s
        if now_s - state.since_s < drop_folder.SETTLED_S:
            return 0
        marks = sync_state.state_of(self.database, source.name).marks
        return sum(file.size for file in drop_folder.due(listing, listing, marks))

    def _import_next(self, state: _SourceState, beat: Callable[[], None], stop: threading.Event) -> None:
        begun, source = self.clock.now(), state.source.name
        state.without_time = not begun.trusted
        try:
            self.records.begin_import(source)
        except StoreError as error:
            log.error("hotlist.import_not_begun", source=source, failure=str(error), wait_s=_put_off(state))
            return
        serial = next_serial(self.database, source)
        try:
            code = self._run_process(state, beat, stop)
        finally:
            self._record_end(source)
        if code == 0 or stop.is_set():
            state.failures, state.crashes, state.retry_s = 0, 0, 0.0
            if next_serial(self.database, source) > serial:
                state.undated = (serial, begun) if state.without_time else None
            return
        log.error("hotlist.import_process_failed", source=source, exit_code=code, wait_s=_put_off(state))
        if code != TRY_AGAIN:
            self._handle_crash(state, code)

    def _date_import(self, state: _SourceState) -> None:
        """Date the newest import as soon as the clock is confirmed."""
        now = self.clock.now()
        if state.undated is None or now.trusted_utc is None:
            return
        serial, begun = state.undated
        imported_at = now.trusted_utc - timedelta(milliseconds=now.ms_since(begun))
        date_import(self.database, state.source.name, serial, imported_at)
        state.undated = None
        log.info("hotlist.import_dated", source=state.source.name, serial=serial)

    def _record_end(self, source: str) -> None:
        """Put on record what is live now; where that fails, the self-check makes the record later."""
        try:
            self.records.end_import(source)
        except StoreError as error:
            log.error("hotlist.not_on_record", source=source, failure=str(error))

    def _handle_crash(self, state: _SourceState, code: int) -> None:
        """Report that an import was killed or broken off; let go of its feed when that happened too often."""
        state.crashes += 1
        source = state.source
        reason = f"the import has a fault (exit code {code}); the log says which"
        if code < 0:
            reason = f"the import was ended by signal {-code}, for memory or time; split the feed by source"
        if state.crashes >= CRASHES_MAX:
            reason = f"{reason}; after {state.crashes} tries it was let go of"
            pass_over(self.database, self.incoming, source, state.listing, reason)
            log.error("hotlist.feed_let_go", source=source.name, tries=state.crashes)
            state.failures, state.crashes, state.retry_s = 0, 0, 0.0
        directory = self.settings.unit.data_directory / LISTS_DIRECTORY
        write_report(directory, FeedReport(source.name, None, reason, 0, 0, ()))

    def _run_process(self, state: _SourceState, beat: Callable[[], None], stop: threading.Event) -> int:
        job = ImportJob(
            daemon_process=os.getpid(),
            data_directory=self.settings.unit.data_directory,
            keys_directory=self.settings.store.keys_directory,
            source=state.source,
            before=[(file.changed_ns, file.name, file.size) for file in state.listing],
            now=self.clock.now().trusted_utc,
        )
        command = [sys.executable, "-m", "alpr_edge.hotlist.ingest.import_worker"]
        with io_errors(f"no process for the import of {state.source.name}", StoreError):
            process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own interpreter and module
        with process:
            assert process.stdin is not None
            with suppress(BrokenPipeError):  # it was killed already, which its end says
                process.stdin.write(job.model_dump_json().encode())
                process.stdin.close()
            return self._wait_for_end(process, beat, stop)

    def _wait_for_end(self, process: "subprocess.Popen[bytes]", beat: Callable[[], None], stop: threading.Event) -> int:
        """Wait for the process's end, showing life; stop it with the unit, on a full disk, or when it takes too long.

        Returns:
            Its exit code; where the disk got full the one of an import that may be tried again.
        """
        deadline_s = time.monotonic() + IMPORT_S_MAX
        while not stop.is_set() and time.monotonic() < deadline_s:
            beat()
            if not self.has_room():
                _end(process)
                return TRY_AGAIN
            try:
                return process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
        return _end(process)


def _put_off(state: _SourceState) -> float:
    """Have a source tried again later; returns after how many seconds."""
    state.failures += 1
    wait_s = RETRY_BACKOFF.wait_s(state.failures, random.random())  # noqa: S311 - jitter
    state.retry_s = time.monotonic() + wait_s
    return round(wait_s, 1)


def _end(process: "subprocess.Popen[bytes]") -> int:
    process.terminate()
    try:
        return process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
