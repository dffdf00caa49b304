"""One camera's work on a recognised frame: track, decide, match, alert; then pass the event on for writing.

An alert is sounded before anything is written to disk: the officer's second counts, and the disk may be slow. Nor does
the next alert wait for it: records of a live unit go into a channel that never blocks.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.domain.alerting import Alert
from alpr_edge.domain.hits import Hit
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.matching import Entries, match, standing_hits
from alpr_edge.domain.reads import ReadClosed, ReadDecided, ReadEvent, ReadSettled
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.known_plates import KnownPlates
from alpr_edge.domain.recognition.passes import Passes
from alpr_edge.domain.recognition.vehicle_pass import NO_EVIDENCE
from alpr_edge.runtime.channels import BoundedChannel

log = structlog.get_logger(__name__)

JITTER_MS_MAX = 1000.0
"""By how much the time between two results may differ from that between their frames: only what was over so long ago is
over at a camera that gives no frame."""


def without_pictures(event: ReadEvent) -> ReadEvent:
    """The event without its pictures, which are nearly all of its size."""
    if isinstance(event, ReadDecided):
        return replace(event, evidence=NO_EVIDENCE)
    return replace(event, evidence=None) if isinstance(event, ReadClosed) else event


@dataclass(frozen=True, slots=True)
class _MatchedRead:
    """What an open read met when it was decided."""

    hits: tuple[Hit, ...]
    alert: Alert | None
    """What was announced of it; None: nothing of it is for the car."""


class CameraPasses:
    """Processes the recognised frames of one camera, in order.

    Args:
        passes: the decided-read rule of this camera.
        entries: a function that gives the entries of the live lists.
        alerter: the alerter that all cameras share.
        records: the channel to the writer.
        new_id: a function that gives each hit its id.
    """

    def __init__(
        self,
        passes: Passes,
        entries: Callable[[], Entries],
        alerter: Alerter,
        records: BoundedChannel[ReadEvent],
        new_id: Callable[[], str],
    ) -> None:
        self._passes = passes
        self._entries = entries
        self._alerter = alerter
        self._records = records
        self._new_id = new_id
        self._hit_reads: dict[str, _MatchedRead] = {}
        """Open reads that have hits, by id."""
        self._last: Instant | None = None
        self._last_s = 0.0
        """When the last frame was processed, on the monotonic clock."""
        self.frames = 0
        """Frames processed so far."""
        self.reads = 0
        """Reads decided so far; one that corrects another counts as well."""
        self.hits = 0
        """Of these, those with a hit, but for hits of covert entries, of which health tells nothing."""

    def process(self, frame: Frame, readings: Sequence[Reading]) -> None:
        """Process what was recognised in one frame, from tracking to record."""
        self.frames += 1
        self._last, self._last_s = frame.captured_at, time.monotonic()
        for event in self._passes.step(frame, readings):
            self._handle(event)

    def expire_passes(self) -> None:
        """End the passes that are over by the clock: a camera that gives no frame any more holds back no alert."""
        silent_ms = self._silent_ms()
        if self._last is not None and silent_ms > JITTER_MS_MAX:
            until, now = self._last.shift(silent_ms - JITTER_MS_MAX), self._last.shift(silent_ms)
            for event in self._passes.expire(until, now):
                self._handle(event)

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
            for event in self._passes.close(now):
                self._handle(event)

    def _silent_ms(self) -> float:
        """Milliseconds since the last frame was processed."""
        return (time.monotonic() - self._last_s) * 1000

    def _handle(self, event: ReadEvent) -> None:
        if isinstance(event, ReadClosed):
            is_hit = self._hit_reads.pop(event.read.read_id, None) is not None
            self._records.put(replace(event, is_hit=is_hit))
        elif isinstance(event, ReadSettled):
            self._announce_certain(event)
        else:
            self._announce_new(event)

    def _announce_new(self, event: ReadDecided) -> None:
        """Match a decided read, and sound its gravest hit."""
        matches = match(event.read, self._entries(), event.decided_at, self._new_id)
        hits = tuple(replace(hit, level=int(self._alerter.level_of(hit))) for hit in matches)
        self.reads += 1
        self.hits += any(not hit.entry.covert for hit in hits)
        alert, sounded_at, late_tone = self._alerter.announce(event, hits)
        if hits:
            self._hit_reads[event.read.read_id] = _MatchedRead(hits, alert)
        self._records.put(replace(event, hits=hits, alert=alert, sounded_at=sounded_at, late_tone=late_tone))

    def _announce_certain(self, event: ReadSettled) -> None:
        """Sound what is graver of a read's hits as it is certain now.

        An alert whose own hit no longer stands is withdrawn, and the gravest hit that stands is announced anew, however
        grave. A read without hits has nothing to announce: the end of its pass says how certain it is.
        """
        before = self._hit_reads.get(event.read.read_id)
        if before is None:
            return
        hits, above = standing_hits(before.hits, event.read), None if before.alert is None else before.alert.level
        if before.alert is not None and all(hit.hit_id != before.alert.hit_id for hit in hits):
            event, above = replace(event, withdraws=event.read.read_id), None
        alert, sounded_at, late_tone = self._alerter.announce(event, hits, above)
        self._records.put(replace(event, alert=alert, sounded_at=sounded_at, late_tone=late_tone))
