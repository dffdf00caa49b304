"""Builds the threads between camera and outbox: cameras -> recognition -> tracking -> writer, for car and recording.

One decoding thread a camera, recognition workers, one thread that tracks, and one writer. Between cameras and
recognition a live unit keeps only the newest frame of each camera, and tracking, which sounds alerts, never waits for
the writer; a recording at full pace waits instead, so that two replays are equal.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from alpr_edge.app.factories import VisionModels
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.pipeline.camera_figures import ResultTimes, camera_figures
from alpr_edge.app.pipeline.image_encoding import frame_bytes
from alpr_edge.app.pipeline.plate_states import state_function
from alpr_edge.app.pipeline.recognition import RECOGNITION, WORKER_RESTART, Recognition, worker_count
from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.app.pipeline.second_reader_worker import QueuedSecondReader, second_reader_worker
from alpr_edge.app.pipeline.sparing_reader import SparingReader
from alpr_edge.domain.errors import RefusedError, StoreError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import NS_PER_MS, Instant
from alpr_edge.domain.reads import Evidence, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.decision_rule import DecisionRule
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.known_plates import KnownPlates
from alpr_edge.domain.recognition.passes import Origin, Passes, PassParts
from alpr_edge.domain.recognition.second_opinions import SecondOpinion
from alpr_edge.domain.recognition.vehicle_pass import NO_EVIDENCE, VehiclePass
from alpr_edge.domain.vehicle_alerts import Announcement
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.runtime.channels import BoundedChannel, SheddingChannel
from alpr_edge.runtime.stages import BatchStage, Rescue, SourceStage, WorkStage
from alpr_edge.runtime.supervisor import Supervisor
from alpr_edge.settings import DecisionSettings, Settings

# One camera's work on a recognised frame: track, decide, alert; then pass what is new on for writing.
#
# An alert is sounded before anything is written to disk: the officer's second counts, and the disk may be slow. Nor
# does the next alert wait for it: records of a live unit go into a channel that never blocks.

JITTER_MS_MAX = 1000.0
"""By how much the time between two results may differ from that between their frames: only what was over so long ago is
over at a camera that gives no frame."""


class CameraPasses:
    """Processes the recognised frames of one camera, in order."""

    def __init__(self, passes: Passes, alerter: Alerter, records: BoundedChannel[ReadUpdate]) -> None:
        self._passes = passes
        self._alerter = alerter
        self._records = records
        self._open_hits: set[str] = set()
        """Open reads with a hit that is not covert."""
        self._last: Instant | None = None
        self._last_s = 0.0
        """When the last frame was processed, on the monotonic clock."""
        self.frames = 0
        """Frames processed so far."""
        self.reads = 0
        """Reads decided so far."""
        self.hits = 0
        """Of these, those with a hit, but for hits of covert entries, of which health tells nothing."""

    def process(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Process what was recognised in one frame, from tracking to record."""
        self.frames += 1
        self._last, self._last_s = frame.captured_at, time.monotonic()
        self._announce(self._passes.step(frame, readings), frame.captured_at)

    def expire_passes(self) -> None:
        """End the passes that are over by the clock: a camera that gives no frame any more holds back no alert."""
        silent_ms = self._silent_ms()
        if self._last is not None and silent_ms > JITTER_MS_MAX:
            until, now = self._last.shift(silent_ms - JITTER_MS_MAX), self._last.shift(silent_ms)
            self._announce(self._passes.expire(until, now), now)

    def known_plates(self, frame_number: int) -> KnownPlates:
        """What is known of the plates in view after that frame."""
        return self._passes.known_plates(frame_number)

    def finish(self, *, by_clock: bool) -> None:
        """End all passes, because the unit stops or all cameras have ended.

        Args:
            by_clock: whether they are decided now, as another camera may have gone on for long; otherwise at the last
                frame, as in a replay at full pace, whose frames tell its time.
        """
        if self._last is not None:
            now = self._last.shift(self._silent_ms()) if by_clock else self._last
            self._announce(self._passes.close(now), now)

    def _silent_ms(self) -> float:
        """Milliseconds since the last frame was processed."""
        return (time.monotonic() - self._last_s) * 1000

    def _announce(self, updates: Sequence[ReadUpdate], now: Instant) -> None:
        """Sound what the updates bring, and what changed for the other vehicles; then hand all of it to the writer."""
        for update in updates:
            is_over = update.stage is ReadStage.CLOSED
            self._put(update, self._alerter.follow(update.read, now, is_over=is_over))
        for one in self._passes.with_reads():
            announcement = self._alerter.follow(one.known_read(), now, is_over=one.is_over)
            if announcement != Announcement():
                self._put(self._update_of(one, now, announcement), announcement)

    def _update_of(self, one: VehiclePass, now: Instant, announcement: Announcement) -> ReadUpdate:
        """Return the update of a read of which nothing but its hits is new; the first hit brings the whole frame."""
        read = one.known_read()
        if announcement.hits and one.holds_frame and read.read_id not in self._open_hits:
            pictures = Evidence(one.crop.picture, one.scene)
            return ReadUpdate(ReadStage.AMENDED, replace(read, box=one.shown.box), now, pictures)
        return ReadUpdate(ReadStage.AMENDED, read, now)

    def _put(self, update: ReadUpdate, announcement: Announcement) -> None:
        read_id = update.read.read_id
        self.reads += update.stage is ReadStage.DECIDED
        if read_id not in self._open_hits and any(not hit.entry.covert for hit in announcement.hits):
            self._open_hits.add(read_id)
            self.hits += 1
        if update.stage is ReadStage.CLOSED:
            self._open_hits.discard(read_id)
        is_hit = self._alerter.is_hit(read_id)
        self._records.put(replace(update, hits=announcement.hits, alerts=announcement.alerts, is_hit=is_hit))


RECORDS_HELD, FRAME_BYTES_HELD = 48, 140_000_000
"""Records waiting for the writer, and the bytes of the frames that they may hold (2.8 MB each at 1280x720)."""
SMALL_RECORDS_HELD = 2000
"""Further records of a live unit that wait without their pictures: some 10 kB each."""
RECORDS_A_COMMIT = 32
"""Records in the writer's hands at most, with as many full frames. A commit costs about the same whatever is in it."""
WRITER, TRACKING, CAMERA_STAGE = "writer", "tracking", "camera-"
"""Names of the stages beside those of the workers (:data:`RECOGNITION`); that of a camera ends with its id."""
WORKER_STOP_S = 3.0
"""How long a stop waits for a worker: what tracking and the writer hold has to be stored in the time that is left."""
BEHIND = "store: takes no reads at present; alerts go on"
"""The line of a fault: too many records wait for the writer."""
WRITER_SILENT_S_MAX = 120.0
"""How long a writer may hang although its disk answers before only a new start helps; alerts sound meanwhile."""
DISK_SILENT_S = 60.0
"""Time without the end of a write, or of a probe of the disk, after which the disk counts as hanging."""
_HANG_WITH_DISK = {WRITER, "disk", "database"}
"""The stages that cannot be replaced and hang where the disk does."""
RESTARTS_MAX = 2
"""Restarts of one stage, or of all workers together, after which a replay ends."""
BLOCKED_S = 60.0
"""Time without a picture after which a camera counts as hanging, if a thread of it hangs that may hold its device."""
GIVE_UP_S = 5.0
"""Longest wait for the stages of a replay that failed."""
POLL_S = 0.2
"""Time between two checks of whether a replay was interrupted or failed."""
INTERRUPT_S_MAX = 60.0
"""How long an interrupted replay may take to recognise and write the few frames that wait."""


@dataclass(frozen=True, slots=True, eq=False)
class CameraInput:
    """A camera as the pipeline needs it."""

    camera_id: str
    frames: Callable[[Callable[[], None]], Iterator[Frame]]
    """Opens the camera and yields its frames; calls the given beat to show that it works."""
    takes: Callable[[Frame], bool] = lambda _: True
    """Says of each frame once, in order, whether it may be used."""


@dataclass(frozen=True, slots=True, eq=False)
class PipelineParts:
    """The objects that the threads of the pipeline work with."""

    models: VisionModels
    alerter: Alerter
    locate: Callable[[Instant], Position | None]
    recorder: Recorder
    tick: Callable[[Frame], None] = lambda _: None
    """Called with each recognised frame before it is tracked, in order."""


def concerns_hit(update: ReadUpdate) -> bool:
    """Whether an update belongs to a hit, or may take one back; such updates are lost last."""
    return update.is_hit or bool(update.alerts)


def without_pictures(update: ReadUpdate) -> ReadUpdate:
    """Return the update without its pictures, which are nearly all of its size; a new read says that it has none."""
    return replace(update, evidence=NO_EVIDENCE if update.stage is ReadStage.DECIDED else None)


def decision_rule(settings: DecisionSettings) -> DecisionRule:
    """The decision rule that the settings describe."""
    return DecisionRule(
        readings_max=settings.readings_max,
        age_ms_max=settings.timeout_ms,
        confidence_min=settings.confidence_min,
        characters_min=settings.characters_min,
        detection_best_min=settings.detection_best_min,
    )


class Pipeline:
    """The stages of one unit."""

    def __init__(self, settings: Settings, inputs: Sequence[CameraInput], parts: PipelineParts, *, live: bool) -> None:
        self._parts = parts
        self._live = live
        self.records: BoundedChannel[ReadUpdate] = (
            SheddingChannel(
                RECORDS_HELD, FRAME_BYTES_HELD, frame_bytes, without_pictures, SMALL_RECORDS_HELD, concerns_hit
            )
            if live
            else BoundedChannel(RECORDS_HELD)
        )
        areas = {camera.id: camera.ignore_areas for camera in settings.camera}
        is_sparing = live and settings.vision.skip_unneeded
        recogniser, names = parts.models.recogniser, [camera.camera_id for camera in inputs]
        self._readers = {name: SparingReader(recogniser, areas.get(name, ()), is_sparing=is_sparing) for name in names}
        self.recognition = Recognition(self._readers, worker_count(settings.vision.workers, len(inputs)), live=live)
        self._second = second_reader_worker(parts.models.second, live=live)
        self._camera_passes = {camera.camera_id: self._passes_of(settings, camera.camera_id) for camera in inputs}
        self._times = {camera.camera_id: ResultTimes() for camera in inputs}
        self.supervisor = Supervisor()
        self.supervisor.add(self._writer(parts.recorder))
        if isinstance(self._second, QueuedSecondReader):
            self.supervisor.add(self._second.stage)
        self.supervisor.add(WorkStage(TRACKING, self.recognition.results, self._track, self._finish, self._idle))
        for stage in self.recognition.stages:
            self.supervisor.add(stage, replaceable=live, stop_s_max=WORKER_STOP_S, backoff=WORKER_RESTART)
        self._blocked_s = BLOCKED_S
        self._disk_hung_s = float("-inf")
        """When the disk last counted as hanging."""
        self._cameras = [
            SourceStage(f"{CAMERA_STAGE}{camera.camera_id}", camera.frames, self.recognition.frames, camera.takes)
            for camera in inputs
        ]
        for source in self._cameras:
            self.supervisor.add(source, replaceable=live)

    @property
    def frames_seen(self) -> int:
        """Frames recognised over all cameras."""
        return sum(passes.frames for passes in self._camera_passes.values())

    def camera_figures(self, camera_id: str) -> dict[str, Any]:
        """What health tells of the frames and reads of a camera."""
        passes = self._camera_passes[camera_id]
        counts = self.recognition.counts(camera_id, passes.frames)
        told = camera_figures(counts, self._times[camera_id]) | self._readers[camera_id].figures
        return told | {"reads": passes.reads, "hits": passes.hits}

    def run_to_end(self, is_interrupted: Callable[[], bool] = lambda: False) -> None:
        """Start every stage and wait until the cameras have ended and everything is written.

        A recording is no daemon: a stage that fails time after time (the disk is full) ends it, and
        :meth:`failures` says why.

        Args:
            is_interrupted: a function that is called several times a second; once it gives True the cameras end, and
                the frames that they gave are recognised and written.
        """
        self.supervisor.start()
        while not self.supervisor.join(POLL_S):
            if is_interrupted():
                self.supervisor.stop.set()
                self.supervisor.join(INTERRUPT_S_MAX)
                return
            if max(self._restarts().values()) > RESTARTS_MAX:
                self.supervisor.stop.set()
                self.supervisor.join(GIVE_UP_S)
                return

    def stalled(self) -> list[str]:
        """Names of the stages that do not make progress.

        A camera counts only where all of them hang: as long as another one works, it does not call for a new process.
        One hangs also where a thread that was replaced still holds its device, so that the new one gets no picture.
        A recognition worker counts once the thread that took its place hangs too.
        """
        hanging, cameras = self.supervisor.hanging(), [one.name for one in self._cameras]
        workers = [name for name in hanging if name.startswith(RECOGNITION)]
        silent = {one.name for one in self._cameras if time.monotonic() - one.given_s > self._blocked_s}
        lost = {*hanging, *silent.intersection(self.supervisor.with_hanging_threads())}
        return self.supervisor.stalled() + workers + (cameras if lost.issuperset(cameras) else [])

    def troubles(self) -> list[str]:
        """What is wrong with the stages, a short line each.

        That a worker fails is told of the camera whose frames it fails on, where that is always the same one.
        """
        lost = self.recognition.lost_text()
        of_lost = f" (frames lost so far: {lost})" if lost else ""
        failed = {s.stage.name: s.failure for s in self.supervisor.restarting() if s.stage.name.startswith(RECOGNITION)}
        cameras = [f"{CAMERA_STAGE}{name}" for name in self.recognition.results.failing_keys]
        reason = f": {next(iter(failed.values()))}" if failed else ""
        return [
            *(f"{name} gives frames that recognition fails on{reason}{of_lost}" for name in cameras),
            *(
                f"{line}{of_lost}" if line.startswith(RECOGNITION) else line
                for line in self.supervisor.troubles()
                if not (cameras and line.partition(" ")[0] in failed)
            ),
        ]

    def is_alive(self, stalled: Sequence[str], disk_idle_s: float = 0.0) -> bool:
        """Whether the unit still does its work, so that no new start is needed.

        Those that hang with the disk call for none: a new start needs the same disk, and loses what is in memory.

        Args:
            disk_idle_s: seconds since a write on the disk last ended.
        """
        now_s = time.monotonic()
        if disk_idle_s > DISK_SILENT_S:
            self._disk_hung_s = now_s
        answers_s = now_s - self._disk_hung_s
        silent_s = {state.stage.name: min(now_s - state.beaten_s, answers_s) for state in self.supervisor.states}
        return all(name in _HANG_WITH_DISK and silent_s[name] <= WRITER_SILENT_S_MAX for name in stalled)

    @property
    def is_behind(self) -> bool:
        """Whether so many records wait for the writer that further ones are kept without their pictures."""
        return self.records.is_full

    def storage_faults(self) -> list[str]:
        """What the store does not accept, a short line each; alerts go on in any case."""
        lines = [BEHIND] if self.is_behind else []
        lines += ["store: reads were lost, as it took none for too long"] if self.records.drop_count else []
        return lines + self._parts.recorder.faults()

    def failures(self) -> list[str]:
        """One line for each stage that failed and was started again, or could not finish."""
        return [f"{state.stage.name}: {state.failure}" for state in self.supervisor.states if state.failure]

    def _writer(self, recorder: Recorder) -> BatchStage[ReadUpdate]:
        rescue = Rescue(recorder.require_room, (RefusedError,), recorder.write_alone, recorder.set_aside, (StoreError,))
        return BatchStage(
            WRITER,
            self.records,
            recorder.write,
            RECORDS_A_COMMIT,
            recorder.finish,
            idle=recorder.flush_due,
            rescue=rescue,
        )

    def _passes_of(self, settings: Settings, camera_id: str) -> CameraPasses:
        origin = Origin(settings.unit.id, camera_id, self._parts.models.model_ids)
        rule = decision_rule(settings.decision)
        second = partial(SecondOpinion, self._second, settings.vision.second_reader_timeout_ms)
        alerter, states = self._parts.alerter, state_function(self._parts.models.states)
        parts = PassParts(second, states, alerter.hides, alerter.is_partly_listed)
        make_id, gap_ms = partial(new_id, settings.unit.id), settings.decision.pass_gap_ms
        passes = Passes(origin, rule, gap_ms, self._parts.locate, make_id, parts)
        return CameraPasses(passes, self._parts.alerter, self.records)

    def _track(self, result: tuple[Frame, list[Reading]]) -> None:
        frame, readings = result
        self._times[frame.camera_id].add((boottime_ns() - frame.captured_at.boottime_ns) / NS_PER_MS)
        self._parts.tick(frame)
        passes = self._camera_passes[frame.camera_id]
        passes.process(frame, readings)
        self._readers[frame.camera_id].update_known(passes.known_plates(frame.number))
        self._review(frame.captured_at)
        self._expire_passes()

    def _idle(self) -> None:
        """Do what time alone brings while no camera gives a frame."""
        self._expire_passes()
        if self._live:
            self._review()

    def _review(self, at: Instant | None = None) -> None:
        """Announce what the lists, the clock and people changed for vehicles of which no frame tells any more."""
        for update in self._parts.alerter.review(at):
            self.records.put(update)

    def _expire_passes(self) -> None:
        """End what is over by the clock at cameras of which no frame is under way; at full pace there is no clock."""
        if self._live:
            for camera_id, passes in self._camera_passes.items():
                if not self.recognition.results.is_under_way(camera_id):
                    passes.expire_passes()

    def _restarts(self) -> Counter[str]:
        """Restarts by stage; those of the workers count together."""
        counts: Counter[str] = Counter()
        for state in self.supervisor.states:
            name = state.stage.name
            counts[RECOGNITION if name.startswith(RECOGNITION) else name] += state.restarts
        return counts

    def _finish(self) -> None:
        for passes in self._camera_passes.values():
            passes.finish(by_clock=self._live)
        self.records.close()
        if isinstance(self._second, QueuedSecondReader):
            self._second.close()
