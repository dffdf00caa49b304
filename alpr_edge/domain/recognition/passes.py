"""Decides when a pass becomes a read.

A pass is **decided** once: when the vote is settled, with the Nth reading, with one that comes T ms after the first, or
when it ends, whichever is first. Until it **closes**, the vote goes on: last_seen, vote_count and a sharper crop amend
the row. When the vote for the same text is settled after the decision, the read is certain from then on, and its alert
may be graver. When the winning text changes, a new read that supersedes the first is decided and the alert already
sounded is withdrawn; a certain read gives way to a certain one alone, and when its pass ends also to the text of all
looks together, where these can hardly be of its own. So a parked stolen car sounds at once and is
still one read. Its state is that of the sharpest picture held when it was decided. A vote without the text of a plate
(unreadable, or no plate) decides nothing.

A vehicle that is lost from view and seen again within seconds, with the same text or one that is likely a misreading of
it, is one read: its pass stays open for :data:`REAPPEARANCE_GAPS`, and the pass of a new track takes it over.
"""

from collections.abc import Callable, Iterable, Sequence

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import ReadEvent
from alpr_edge.domain.recognition.decision_rule import DecisionRule, is_settled
from alpr_edge.domain.recognition.frames import Frame, Reading
from alpr_edge.domain.recognition.known_plates import KnownPlates
from alpr_edge.domain.recognition.pass_events import Origin, PassEvents
from alpr_edge.domain.recognition.picture_readers import PictureReaders
from alpr_edge.domain.recognition.tracking import Track, Tracker
from alpr_edge.domain.recognition.vehicle_pass import VehiclePass, evidence_of
from alpr_edge.domain.recognition.voting import Vote

__all__ = [
    "AWAY_FRAMES_MAX",
    "AWAY_MAX",
    "CORRECTIONS_MAX",
    "HELD_BACK_MS_MAX",
    "OPEN_FRAMES_MAX",
    "REAPPEARANCE_GAPS",
    "Origin",
    "Passes",
]

CORRECTIONS_MAX = 3
"""How often one pass may change its text: a plate that the reader cannot settle must not flood the store."""
REAPPEARANCE_GAPS = 20
"""How many gaps (the setting ``decision.pass_gap_ms``) a vehicle may be out of view and, when it is seen again, still
be in the same pass: 30 seconds by default.

So long a vehicle that drives along with the patrol is hidden by others, in a bend or at a light. Its alert sounds and
its read is stored when the pass is decided; the read is handed over once the pass is closed. Of 4, 8, 20 and 40, over
the ride with texts: 0.75, 0.86, 0.97 and 0.97 of its vehicles that are read have one read, and none is of two vehicles.
"""
HELD_BACK_MS_MAX = 600_000
"""How long after its first look a read is handed over although its vehicle is still there.

One that is parked beside the patrol car for a shift would else reach the department only after it, and hold back the
corrected times of all later reads.
"""
AWAY_MAX = 16
"""Most passes of a camera that wait for their vehicle to come back."""
AWAY_FRAMES_MAX = 4
"""Most of them that hold a frame, which is sharper than what is stored of them; of the others only the crop is kept."""
OPEN_FRAMES_MAX = 8
"""Most frames that the plates in view hold, beside the newest: as many as the looks of a decision. With one for each of
24 plates a camera of 1920x1080 held 149 MB. Only plates that the newest frame does not show may hold more."""


class Passes:
    """Turns the readings of one camera into events: reads that are decided and passes that are over.

    Args:
        origin: the unit, camera and models.
        rule: the decision rule.
        gap_ms: a vehicle not seen for this long has passed.
        locate: a function that gives the position at an instant, if one is known.
        new_id: a function that gives each read its id.
        readers: what else is read in the picture of a pass; None: nothing is.
    """

    def __init__(
        self,
        origin: Origin,
        rule: DecisionRule,
        gap_ms: float,
        locate: Callable[[Instant], Position | None],
        new_id: Callable[[], str],
        readers: PictureReaders | None = None,
    ) -> None:
        self._rule = rule
        self._gap_ms = gap_ms
        self._tracker = Tracker(gap_ms)
        self._readers = readers or PictureReaders()
        self._events = PassEvents(origin, locate, new_id, self._readers)
        self._open: dict[int, VehiclePass] = {}
        """By the number of the track, which goes on."""
        self._leaving: list[VehiclePass] = []
        """Passes whose track has ended and whose decision waits for the second reader."""
        self._away: list[VehiclePass] = []
        """Decided passes whose track has ended, oldest first: their vehicle may come back."""

    def step(self, frame: Frame, readings: Sequence[Reading]) -> list[ReadEvent]:
        """Process one frame's readings and return the events: reads decided, and passes that ended before."""
        now = frame.captured_at
        events = self._end(self._expire(now), now) + self._close_away(now) + self._hand_over(now)
        tracks = self._tracker.update(readings)
        for track, reading in zip(tracks, readings, strict=True):
            if track is not None and reading.is_accepted:
                events += self._judge(self._look(track, reading, frame), now, ending=False)
        events += self._decide_without_looks(now, now)
        self._share_frame(frame)
        return events

    def expire(self, until: Instant, now: Instant) -> list[ReadEvent]:
        """The events of a time without frames: passes that were over at ``until``, decided ``now``."""
        events = self._end(self._expire(until), now) + self._close_away(until) + self._hand_over(until)
        return events + self._decide_without_looks(until, now)

    def known_plates(self, frame_number: int) -> KnownPlates:
        """What is known of the plates in view after that frame."""
        passes = self._open.values()
        settled = (one.settled_plate() for one in passes)
        return KnownPlates(
            frame_number=frame_number,
            settled=tuple(plate for plate in settled if plate is not None),
            looks=tuple(one.track.last for one in passes),
            is_waiting=any(one.is_waiting for one in passes),
        )

    def close(self, now: Instant) -> list[ReadEvent]:
        """End every pass, because the source ended or the unit stops."""
        leaving, self._leaving = self._leaving, []
        ends = [*leaving, *self._take(self._tracker.close())]
        events = self._end(ends, now, last=True)
        away, self._away = self._away, []
        return events + self._close_all(away)

    def _expire(self, now: Instant) -> list[VehiclePass]:
        """The passes that have ended by then, and those that ended before and wait for the second reader."""
        leaving, self._leaving = self._leaving, []
        return [*leaving, *self._take(self._tracker.expire(now))]

    def _take(self, tracks: Iterable[Track]) -> list[VehiclePass]:
        """The passes of tracks that have ended; a track has none where its first look failed."""
        return [self._open.pop(track.number) for track in tracks if track.number in self._open]

    def _decide_without_looks(self, until: Instant, now: Instant) -> list[ReadEvent]:
        """Decide the passes at whose plate no look has counted for so long that they would have ended without any."""
        undecided = [number for number, one in self._open.items() if one.read is None]
        events: list[ReadEvent] = []
        for number in undecided:
            current = self._open.get(number)
            if current is not None and until.ms_since(current.track.readings[-1].captured_at) > self._gap_ms:
                events += self._judge(current, now, ending=True)
        return events

    def _look(self, track: Track, reading: Reading, frame: Frame) -> VehiclePass:
        """The pass of a track, which begins with its first reading."""
        current = self._open.get(track.number)
        if current is None:
            second, evidence = self._readers.second.of_new_pass(), evidence_of(frame, reading)
            current = VehiclePass(track, second, reading, reading, reading, evidence)
            self._open[track.number] = current
        current.look(reading, frame)
        return current

    def _judge(self, current: VehiclePass, now: Instant, *, ending: bool) -> list[ReadEvent]:
        """Decide a pass, or correct a decision that no longer holds."""
        if current.is_confirmed and not ending:
            return []
        result = current.vote()
        if not self._is_readable(current, result):
            current.is_settled = False
            return []
        current.is_settled = is_settled(result)
        if current.read is None:
            is_due = current.is_settled or ending or self._is_due(current, now)
            if not is_due or current.must_wait(result, now):
                return []
            result = self._rejoin(current, current.vote())
            if not self._is_readable(current, result):
                current.is_settled = False
                return []
            current.is_settled = is_settled(result)
            if current.read is None:
                return [self._events.decide(current, result, now)]
        may_revise = current.is_settled or (ending and current.is_read_in_doubt)
        return self._revise(current, result, now) if may_revise else []

    def _revise(self, current: VehiclePass, result: Vote, now: Instant) -> list[ReadEvent]:
        """Replace a read whose text no longer holds, within the bound on corrections; tell once that it is certain."""
        assert current.read is not None
        if current.is_handed_over:
            return []
        if result.plate == current.read.plate:
            is_news = current.is_settled and not current.read.certain
            return [self._events.settle(current, result, now)] if is_news else []
        if current.corrections >= CORRECTIONS_MAX:
            return []
        current.corrections += 1
        return [self._events.close(current), self._events.decide(current, result, now)]

    def _share_frame(self, frame: Frame) -> None:
        """Have the plates in view that hold the oldest frames show the newest one, which all of them share.

        A plate whose newest look is not accepted goes on holding what it shows: that look may be of something else,
        unless it was left out because it is the same plate at its place.
        """
        in_frame = {
            number
            for number, one in self._open.items()
            if (last := one.track.last).frame_number == frame.number and (last.is_accepted or last.is_spared)
        }
        held = {
            one.shown.frame_number for number, one in self._open.items() if one.holds_frame or number not in in_frame
        }
        too_many = set(sorted(held)[:-OPEN_FRAMES_MAX])
        for number in in_frame:
            one = self._open[number]
            one.share_frame(frame, give_up_own=one.shown.frame_number in too_many)

    def _rejoin(self, current: VehiclePass, result: Vote) -> Vote:
        """Join the passes of the same vehicle before this one, up to one that has a read; returns the vote of all."""
        while current.read is None and (earlier := self._pass_before(current, result)) is not None:
            if earlier in self._away:
                self._away.remove(earlier)
            elif earlier in self._leaving:
                self._leaving.remove(earlier)
            else:
                del self._open[earlier.track.number]
                self._tracker.remove(earlier.track)
            current.join(earlier)
            result = current.vote()
        return result

    def _pass_before(self, current: VehiclePass, result: Vote) -> VehiclePass | None:
        """The last pass of the same vehicle before this one; None: there is none."""
        away_ms_max = REAPPEARANCE_GAPS * self._gap_ms
        others = [*self._away, *self._leaving, *(one for one in self._open.values() if one is not current)]
        same = [one for one in others if current.is_same_vehicle(one, result, away_ms_max)]
        return max(same, key=lambda one: one.last_seen.boottime_ns, default=None)

    def _is_readable(self, current: VehiclePass, result: Vote) -> bool:
        """Whether the vote of a pass may become a read."""
        return self._rule.accepts(result, current.track.detection_max)

    def _is_due(self, current: VehiclePass, now: Instant) -> bool:
        age_ms = now.ms_since(current.first.captured_at)
        return current.track.reading_count >= self._rule.readings_max or age_ms >= self._rule.age_ms_max

    def _end(self, passes: Sequence[VehiclePass], now: Instant, *, last: bool = False) -> list[ReadEvent]:
        """Decide passes that have ended; those with a read stay for a while, as their vehicle may come back."""
        events: list[ReadEvent] = []
        for one in passes:
            result = one.vote()
            is_undecided = one.read is None and self._is_readable(one, result)
            if is_undecided and one.must_wait(result, now, last=last):
                self._leaving.append(one)
                continue
            events += self._judge(one, now, ending=True)
            if one.read is not None:
                one.release_frame()
                self._away.append(one)
        return events

    def _close_away(self, now: Instant) -> list[ReadEvent]:
        """Close the passes whose vehicle has been away for too long, and the oldest of too many."""
        gone_ms = REAPPEARANCE_GAPS * self._gap_ms
        still_away = [one for one in self._away if now.ms_since(one.last_seen) <= gone_ms][-AWAY_MAX:]
        for one in [one for one in still_away if one.holds_frame][:-AWAY_FRAMES_MAX]:
            one.give_up_frame()
        over = [one for one in self._away if one not in still_away]
        self._away = still_away
        return self._close_all(over)

    def _hand_over(self, now: Instant) -> list[ReadEvent]:
        """Close the reads of vehicles that stay for too long; their passes go on without a further event."""
        with_read = [one for one in (*self._open.values(), *self._away) if one.read is not None]
        return self._close_all([one for one in with_read if now.ms_since(one.first.captured_at) > HELD_BACK_MS_MAX])

    def _close_all(self, passes: Sequence[VehiclePass]) -> list[ReadEvent]:
        """The ends of the reads of passes, of each once."""
        events: list[ReadEvent] = []
        for one in passes:
            if not one.is_handed_over:
                events.append(self._events.close(one))
                one.hand_over()
        return events
