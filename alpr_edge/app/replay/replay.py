"""Replays a recording through the composition of the daemon, and leaves everything it made in one folder.

The replay has a store, keys and hotlist of its own in that folder, so that trying a recording on a unit never mixes
with what the unit has read. Its clock is the recording's: it starts at the position log's first valid fix, else at the
time that the caller gives.
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from alpr_edge.alerts.wav import WavPlayer
from alpr_edge.app.collection.no_collection import CollectionLimits
from alpr_edge.app.connections.department import open_department
from alpr_edge.app.factories import VisionModels, open_lists
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.pipeline import CameraInput, Pipeline, PipelineParts
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.app.replay.output import DriveFiles, Summary
from alpr_edge.app.replay.recording import Recording
from alpr_edge.app.stages.access_log_upload import AccessLogUpload
from alpr_edge.domain.errors import AlprEdgeError, CaptureError, FeedError, RosterError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.motion.fix_check import possible_fixes
from alpr_edge.domain.positioning import position_at
from alpr_edge.domain.recognition.frames import Frame
from alpr_edge.hotlist.index.loader import HotlistLoader
from alpr_edge.hotlist.ingest.importer import ImportRequest, import_feed
from alpr_edge.position.log_source import UNCERTAINTY_MS, LogSource, first_fix_utc
from alpr_edge.runtime.clock import ReplayedClock, SystemClock
from alpr_edge.runtime.durable_files import private_directory
from alpr_edge.runtime.interrupts import InterruptDelay
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.services.accounts.rosters import put_in_force, waiting_roster
from alpr_edge.services.upload import send_all
from alpr_edge.settings import Settings
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.keys import create_keys
from alpr_edge.store.unit_store import UnitStore, open_store
from alpr_edge.uplink.roster_downloader import RosterDownloader
from alpr_edge.uplink.uploader import Uploader

# Access log and roster of a replay: as on a unit, start and end go on record, and the department's people come.
#
# Each step is one turn of the unit's own stage. What fails is a line for whoever replays, and ends nothing.


@dataclass(slots=True, eq=False)
class ReplayPeople:
    """People and access log of one replay."""

    settings: Settings
    store: UnitStore
    _clock: SystemClock = field(default_factory=SystemClock)
    _log: AccessLogUpload = field(init=False)

    def __post_init__(self) -> None:
        self._log = AccessLogUpload(self.settings, self.store.database, self._clock)

    def open_log(self) -> None:
        """Record the start."""
        stop = threading.Event()
        stop.set()  # one turn
        self._log.run(_do_nothing, stop)

    def fetch_roster(self) -> list[str]:
        """Put the department's people in force, where there is a department; returns what went wrong."""
        if not self.settings.uplink.url:
            return []
        incoming, database = self.store.incoming, self.store.database
        try:
            downloader = RosterDownloader(
                uplink=self.settings.uplink,
                unit_id=self.settings.unit.id,
                incoming=incoming,
                database=database,
                clock=self._clock,
            )
            downloader.step()
            return [downloader.trouble] if downloader.trouble else self._install()
        except AlprEdgeError as error:
            return [f"the department's people are not here: {error}"]

    def close_log(self) -> list[str]:
        """Record the end, sign the log and queue it for the department; returns what is wrong with it."""
        self._log.finish()
        return [fault.text for fault in self._log.faults()]

    def _install(self) -> list[str]:
        try:
            handed = waiting_roster(self.store.incoming)
            if handed is None:
                return []  # a department without people
            directory, keys = self.settings.unit.data_directory, self.settings.store.keys_directory
            with open_accounts(directory, keys, migrate=True) as accounts:
                put_in_force(self.settings, accounts, handed, self._clock.now())
        except RosterError as error:
            return [f"the department's roster is refused: {error}"]
        return []


def _do_nothing() -> None:
    """No beat is awaited."""


HOTLIST_SOURCE = "drive"
LATER_SOURCE = "later"
"""Name of the list that goes live while the recording plays."""
CLEW_MARK = b"DATE"


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """The functions that receive the progress of a replay."""

    frame: Callable[[int, int | None], None]
    """(frames done, frames in all if known)."""
    upload: Callable[[int], None]
    """(items waiting)."""


@dataclass(frozen=True, slots=True, eq=False)
class ReplayPlan:
    """What to replay, with which models, and into which folder.

    Args:
        out: an empty folder.
        upload_s_max: the longest time to try to send the reads; the rest is left in the outbox.
    """

    recording: Recording
    models: VisionModels
    out: Path
    settings: Settings
    start: datetime
    real_time: bool
    upload_s_max: float = 120.0


def drive(plan: ReplayPlan, progress: Progress) -> tuple[Summary, list[str]]:
    """Replay a recording.

    Returns:
        The summary, and one line for each thing that went wrong on the way without ending it.
    """
    with InterruptDelay() as interrupts:
        files = DriveFiles(plan.out)
        try:
            return files.summary, _drive(plan, files, progress, interrupts)
        finally:
            # Also of a drive that failed at once: the folder is known for a drive's by its summary.
            files.close()


def _drive(plan: ReplayPlan, files: DriveFiles, progress: Progress, interrupts: InterruptDelay) -> list[str]:
    settings = _settings_of(plan)
    private_directory(settings.unit.data_directory)
    create_keys(settings.store.keys_directory, settings.unit.data_directory)
    with open_store(settings, migrate=True) as store, ExitStack() as on_exit:
        people = ReplayPeople(settings, store)
        people.open_log()
        on_exit.callback(people.close_log)  # of a drive that fails; otherwise it is closed already
        with interrupts.allow_interrupts():
            replay = _Replay(plan, settings, store, files, progress)
        faults = replay.process(lambda: interrupts.is_pending)
        faults += [*people.fetch_roster(), *people.close_log()]
        return [*faults, *replay.upload(interrupts)]


class _Replay:
    """One replay under way."""

    def __init__(
        self, plan: ReplayPlan, settings: Settings, store: UnitStore, files: DriveFiles, progress: Progress
    ) -> None:
        self._plan = plan
        self._settings = settings
        self._store = store
        self._files = files
        self._progress = progress
        self._recording = plan.recording
        self._start = _start(plan)
        self._clock = ReplayedClock(self._start)
        self._faults: list[str] = []
        self._lists = self._hotlist()
        self._later_list = plan.recording.later_list
        log = plan.recording.nmea
        self._fixes = [] if log is None else possible_fixes(LogSource(log, self._start).fixes())
        self._total = plan.recording.length()
        self._done = itertools.count(1)
        self._stop = threading.Event()
        self._limits = CollectionLimits(settings.capture, self._position_at)

    def process(self, is_interrupted: Callable[[], bool]) -> list[str]:
        """Process every frame, or those before an interrupt; returns what went wrong."""
        wav = self._plan.out / "alerts.wav"
        player = WavPlayer(wav, self._settings.alerts.volume, self._start)
        try:
            pipeline = self._pipeline(player)
            self._stop = pipeline.supervisor.stop
            pipeline.run_to_end(is_interrupted)
        finally:
            player.close()
        summary = self._files.summary
        summary.frames_dropped = pipeline.recognition.frames.drop_count
        summary.frames_lost = pipeline.recognition.lost_count
        summary.frames = pipeline.frames_seen + summary.frames_dropped + summary.frames_lost
        summary.frames_not_collected = self._limits.drops.figures()
        summary.alerts_wav = str(wav)
        return self._faults + pipeline.failures()

    def upload(self, interrupts: InterruptDelay) -> list[str]:
        """Send everything, if a department is set; returns what went wrong."""
        summary, outbox = self._files.summary, self._store.outbox
        summary.outbox_left = outbox.counts().ready
        if not self._settings.uplink.url:
            return []
        department = open_department(self._settings)
        uploader = Uploader(outbox, department, self._settings.uplink, SystemClock())
        try:
            with interrupts.allow_interrupts():
                send_all(uploader, outbox, self._plan.upload_s_max, self._progress.upload)
        finally:
            department.close()
            counts = outbox.counts()
            summary.outbox_left = counts.ready
            summary.uploaded = counts.delivered + counts.quarantined
            summary.receipts = counts.delivered
        faults = [f"{counts.quarantined} items were refused and lie in quarantine"] if counts.quarantined else []
        if summary.outbox_left:
            faults.append(f"{summary.outbox_left} items wait in the outbox: {uploader.state.last_error}")
        return faults

    def _hotlist(self) -> HotlistLoader:
        self._feeds, loader = open_lists(self._settings, self._store.database)
        if self._recording.hotlist is not None:
            self._import(self._recording.hotlist, HOTLIST_SOURCE, self._start)
        loader.load()
        return loader

    def _import(self, path: Path, source: str, now: Instant) -> None:
        import_feed(ImportRequest(path, source, _format_of(path)), self._feeds, now.trusted_utc)

    def _pipeline(self, player: WavPlayer) -> Pipeline:
        parts = PipelineParts(
            models=self._plan.models,
            alerter=Alerter(player, self._clock, self._settings, lambda: self._lists.index),
            locate=self._position_at,
            recorder=Recorder(
                self._store.reads, self._settings.store, self._store.refused_records, [self._files.observe]
            ),
            tick=self._tick,
        )
        camera = CameraInput(self._recording.camera_id, lambda _: self._frames(), self._limits.takes)
        return Pipeline(self._settings, [camera], parts, live=self._plan.real_time)

    def _position_at(self, at: Instant) -> Position | None:
        return position_at(self._fixes, at, self._settings.position.fix_age_ms_max)

    def _tick(self, frame: Frame) -> None:
        self._clock.move_to(frame.captured_at)
        later = self._later_list
        if later is not None and frame.captured_at.ms_since(self._start) >= later.after_s * 1000:
            self._later_list = None
            self._import(later.path, LATER_SOURCE, frame.captured_at)
            self._lists.load()
        self._progress.frame(next(self._done), self._total)

    def _frames(self) -> Iterator[Frame]:
        """The recording's frames; one that breaks off ends there, and the frames before it count."""
        began_s = time.monotonic()
        try:
            for frame in self._recording.frames(self._start):
                if self._plan.real_time:
                    due_s = frame.captured_at.ms_since(self._start) / 1000
                    self._stop.wait(max(0.0, began_s + due_s - time.monotonic()))
                yield frame
        except CaptureError as error:
            self._faults.append(str(error))


def _settings_of(plan: ReplayPlan) -> Settings:
    """The caller's settings with the folders of this replay."""
    data = plan.out / "unit"
    return plan.settings.model_copy(
        update={
            "unit": plan.settings.unit.model_copy(update={"data_directory": data, "runtime_directory": data}),
            "store": plan.settings.store.model_copy(update={"keys_directory": data / "keys"}),
        }
    )


def _start(plan: ReplayPlan) -> Instant:
    """The recording's first instant: by its position log, else by the caller."""
    log = plan.recording.nmea
    utc = None if log is None else first_fix_utc(log)
    if utc is not None:
        return Instant("drive", 0, utc, UtcSource.GNSS, UNCERTAINTY_MS)
    return Instant("drive", 0, plan.start, UtcSource.RTC)


def _format_of(path: Path) -> FormatName:
    """A CLEW table begins with its date; everything else is taken for CSV."""
    with io_errors(f"{path}: cannot be read", FeedError), path.open("rb") as file:
        return FormatName.CLEW if file.read(len(CLEW_MARK)) == CLEW_MARK else FormatName.GENERIC_CSV
