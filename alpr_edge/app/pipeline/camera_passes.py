"""One camera's work on a recognised frame: track, decide, alert; then pass what is new on for writing.

An alert is sounded before anything is written to disk: the officer's second counts, and the disk may be slow. Nor does
the next alert wait for it: records of a live unit go into a channel that never blocks.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import Evidence, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.known_plates import KnownPlates
from alpr_edge.domain.recognition.passes import Passes
from alpr_edge.domain.recognition.vehicle_pass import VehiclePass
from alpr_edge.domain.vehicle_alerts import Announcement
from alpr_edge.runtime.channels import BoundedChannel

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
