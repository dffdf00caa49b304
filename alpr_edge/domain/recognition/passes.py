"""Decides when a pass becomes a read, and keeps that read as the vote over its looks has it.

A pass has one read for its whole life. It is **decided** when the vote is settled, with the Nth reading, with one that
comes T ms after the first, or when the pass ends, whichever is first. Until the pass **closes** the vote goes on and
**amends** the read: another text once the vote is settled on it, and at the end of the track the text of all looks.
What it said before stays in its history. A vote without the text of a plate (unreadable, or no plate) decides nothing.
What sounds follows the vote itself (:mod:`alpr_edge.domain.vehicle_alerts`), not the moments of these decisions.

A vehicle that is lost from view and seen again within seconds, with the same text or one that is likely a misreading of
it, is one read: its pass stays open for :data:`REAPPEARANCE_GAPS`, and the pass of a new track takes it over, unless
that would hide an entry for which one of the two is heard by itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import (
    EARLIER_TEXTS_MAX,
    PlateRead,
    ReadingPlace,
    ReadStage,
    ReadUpdate,
)
from alpr_edge.domain.recognition.decision_rule import DecisionRule, is_settled
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.known_plates import KnownPlates
from alpr_edge.domain.recognition.second_opinions import SecondOpinion
from alpr_edge.domain.recognition.tracking import Track, Tracker
from alpr_edge.domain.recognition.vehicle_pass import VehiclePass
from alpr_edge.domain.recognition.voting import Vote, vote

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


@dataclass(frozen=True, slots=True)
class Origin:
    """The values that are the same in every read of one camera."""

    unit_id: str
    camera_id: str
    model_ids: tuple[str, ...]


class Hides(Protocol):
    """Says whether two passes as one would not be heard for an entry for which one of them is heard by itself."""

    def __call__(self, read_id: str | None, earlier: Vote, later: Vote, joint: Vote) -> bool:
        """Compare the votes of two passes, of which the earlier has that read, with the vote over the looks of both."""


def hides_nothing(read_id: str | None, earlier: Vote, later: Vote, joint: Vote) -> bool:  # noqa: ARG001 - a Hides
    """Answer for a camera without lists."""
    return False


@dataclass(frozen=True, slots=True, eq=False)
class PassParts:
    """What decisions depend on beside the looks that are voted on."""

    second: Callable[[], SecondOpinion] = SecondOpinion
    """Makes the second opinion of a new pass; by itself there is no second reader."""
    state_of: Callable[[Pixels], str | None] = lambda _: None
    """Gives the state that issued a plate, of its picture uint8 [H, W, 3] BGR; None: it is not known."""
    hides: Hides = hides_nothing
    is_partly_listed: Callable[[Vote], bool] = lambda _: False
    """Says whether the clear characters of a plate that may hide others fit a partial plate on the live lists."""


class Passes:
    """Turns the readings of one camera into updates of reads: decided, amended, closed."""

    def __init__(
        self,
        origin: Origin,
        rule: DecisionRule,
        gap_ms: float,
        locate: Callable[[Instant], Position | None],
        new_id: Callable[[], str],
        parts: PassParts | None = None,
    ) -> None:
        self._origin = origin
        self._locate = locate
        self._new_id = new_id
        self._rule = rule
        self._gap_ms = gap_ms
        self._tracker = Tracker(gap_ms)
        self._parts = parts or PassParts()
        self._open: dict[int, VehiclePass] = {}
        """By the number of the track, which goes on."""
        self._leaving: list[VehiclePass] = []
        """Passes whose track has ended and whose decision waits for the second reader."""
        self._away: list[VehiclePass] = []
        """Decided passes whose track has ended, oldest first: their vehicle may come back."""

    def step(self, frame: Frame, readings: Sequence[Reading]) -> list[ReadUpdate]:
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

    def expire(self, until: Instant, now: Instant) -> list[ReadUpdate]:
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

    def with_reads(self) -> Iterator[VehiclePass]:
        """Yield the passes that have a read and are not closed, in view and away."""
        return (one for one in (*self._open.values(), *self._away) if one.read is not None)

    def close(self, now: Instant) -> list[ReadUpdate]:
        """End every pass, because the source ended or the unit stops."""
        leaving, self._leaving = self._leaving, []
        ends = [*leaving, *self._take(self._tracker.close())]
        events = self._end(ends, now, last=True)
        away, self._away = self._away, []
        return events + self._close_all(away, now)

    def _expire(self, now: Instant) -> list[VehiclePass]:
        """The passes that have ended by then, and those that ended before and wait for the second reader."""
        leaving, self._leaving = self._leaving, []
        return [*leaving, *self._take(self._tracker.expire(now))]

    def _take(self, tracks: Iterable[Track]) -> list[VehiclePass]:
        """The passes of tracks that have ended; a track has none where its first look failed."""
        return [self._open.pop(track.number) for track in tracks if track.number in self._open]

    def _decide_without_looks(self, until: Instant, now: Instant) -> list[ReadUpdate]:
        """Decide the passes at whose plate no look has counted for so long that they would have ended without any."""
        undecided = [number for number, one in self._open.items() if one.read is None]
        events: list[ReadUpdate] = []
        for number in undecided:
            current = self._open.get(number)
            if current is not None and until.ms_since(current.track.readings[-1].captured_at) > self._gap_ms:
                events += self._judge(current, now, ending=True)
        return events

    def _look(self, track: Track, reading: Reading, frame: Frame) -> VehiclePass:
        """The pass of a track, which begins with its first reading."""
        current = self._open.get(track.number)
        if current is None:
            current = self._open[track.number] = VehiclePass.begin(track, self._parts.second(), reading, frame)
        current.look(reading, frame)
        return current

    def _judge(self, current: VehiclePass, now: Instant, *, ending: bool) -> list[ReadUpdate]:
        """Decide a pass, or amend a read that the vote has changed."""
        if current.is_confirmed and not ending:
            return []
        result = current.vote()
        current.is_settled = self._is_readable(current, result) and is_settled(result)
        is_due = current.is_settled or ending or self._is_due(current, now)
        if not self._is_readable(current, result) and not (is_due and self._is_partly_listed(current, result)):
            return []
        if current.read is None:
            if not is_due or current.must_wait(result, now):
                return []
            result = self._rejoin(current, current.vote())
            current.is_settled = self._is_readable(current, result) and is_settled(result)
            if not self._is_readable(current, result) and not self._is_partly_listed(current, result):
                return []
            if current.read is None:
                return [self._decide(current, result, now)]
        return self._amend(current, result, now, ending=ending)

    def _decide(self, current: VehiclePass, result: Vote, now: Instant) -> ReadUpdate:
        read = self._read_of(current, result, self._new_id())
        if current.rival is not None:
            read = replace(read, earlier_texts=(current.rival,))
        return ReadUpdate(ReadStage.DECIDED, read, now, current.take_read(read))

    def _amend(self, current: VehiclePass, result: Vote, now: Instant, *, ending: bool) -> list[ReadUpdate]:
        """Give a read the text on which the vote is settled or, as the track ends, that of all looks.

        That the same text has become certain is news as well.
        """
        read, decided = current.read, current.decided
        assert read is not None
        assert decided is not None
        is_restless = len(read.earlier_texts) == EARLIER_TEXTS_MAX
        if current.is_handed_over or not (ending or (current.is_settled and not is_restless)):
            return []
        if result.plate == read.plate:
            if read.certain or not result.certain:
                return []
            current.read = current.known_read()
            return [ReadUpdate(ReadStage.AMENDED, current.read, now)]
        history = (*read.earlier_texts, decided)[-EARLIER_TEXTS_MAX:]
        box = current.shown.box if current.scene.size else read.box
        amended = replace(self._read_of(current, result, read.read_id), box=box, earlier_texts=history)
        return [ReadUpdate(ReadStage.AMENDED, amended, now, current.take_read(amended))]

    def _read_of(self, current: VehiclePass, result: Vote, read_id: str) -> PlateRead:
        return PlateRead(
            read_id=read_id,
            unit_id=self._origin.unit_id,
            camera_id=self._origin.camera_id,
            plate=result.plate,
            confidence=result.confidence,
            alternatives=result.alternatives,
            slot_votes=result.slot_votes,
            vote_count=current.track.reading_count,
            first_seen=current.first.captured_at,
            last_seen=current.last_seen,
            first_frame=current.first.frame_number,
            last_frame=current.track.last.frame_number,
            box=current.shown.box,
            position=self._place_of(current),
            model_ids=(*self._origin.model_ids, *current.second.model_ids),
            state=self._state_of(current),
        )

    def _close(self, current: VehiclePass, now: Instant) -> ReadUpdate:
        """Return the end of a pass: its last values, and a sharper picture where one came."""
        current.vote()
        read, evidence = current.known_read(), current.sharper_evidence()
        has_scene = evidence is not None and evidence.scene.size > 0
        read = replace(
            read,
            vote_count=current.track.reading_count,
            last_seen=current.last_seen,
            last_frame=current.track.last.frame_number,
            box=current.sharpest.box if has_scene else read.box,
            position=self._locate(current.sharpest.captured_at) or read.position,
        )
        looks = tuple(ReadingPlace(reading.frame_number, reading.box) for reading in current.track.readings)
        return ReadUpdate(ReadStage.CLOSED, read, now, evidence, looks=looks)

    def _state_of(self, current: VehiclePass) -> str | None:
        """Return the state by the sharpest picture of the plate; of a part of a plate none is named."""
        return None if current.sharpest.is_cut else self._parts.state_of(current.crop.plate)

    def _place_of(self, current: VehiclePass) -> Position | None:
        """Return where the shown picture was taken; where that is not known any more, what the read says of it."""
        before = None if current.read is None else current.read.position
        return self._locate(current.shown.captured_at) or before or self._locate(current.last_seen)

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
        current.rival = None
        for one in sorted(same, key=lambda each: each.last_seen.boottime_ns, reverse=True):
            if not current.differs_clearly(one, result) and not self._joining_hides(one, current):
                current.rival = None
                return one
            # Perhaps the same vehicle after all: where this text is not certain, it is no surer than the other one.
            current.rival = current.rival or one.decided or one.text_of_vote()
        return None

    def _joining_hides(self, earlier: VehiclePass, current: VehiclePass) -> bool:
        """Whether two passes as one would not be heard for what one of them is heard for by itself."""
        looks = (replace(reading, look_number=None) for reading in current.track.readings)
        read_id = None if earlier.read is None else earlier.read.read_id
        return self._parts.hides(read_id, earlier.vote(), current.vote(), vote([*earlier.track.readings, *looks]))

    def _is_readable(self, current: VehiclePass, result: Vote) -> bool:
        """Whether the vote of a pass may become a read."""
        return self._rule.accepts(result, current.track.detection_max)

    def _is_partly_listed(self, current: VehiclePass, result: Vote) -> bool:
        """Whether a plate of which too little is clear for a read fits a partial plate that is looked for."""
        is_plate = current.track.detection_max >= self._rule.detection_best_min and result.readable
        return current.read is None and is_plate and self._parts.is_partly_listed(result)

    def _is_due(self, current: VehiclePass, now: Instant) -> bool:
        age_ms = now.ms_since(current.first.captured_at)
        return current.track.reading_count >= self._rule.readings_max or age_ms >= self._rule.age_ms_max

    def _end(self, passes: Sequence[VehiclePass], now: Instant, *, last: bool = False) -> list[ReadUpdate]:
        """Decide passes that have ended; those with a read stay for a while, as their vehicle may come back."""
        events: list[ReadUpdate] = []
        for one in passes:
            result = one.vote()
            is_undecided = one.read is None and self._is_readable(one, result)
            if is_undecided and one.must_wait(result, now, last=last):
                self._leaving.append(one)
                continue
            events += self._judge(one, now, ending=True)
            if one.read is not None:
                one.release_frame()
                one.is_over = True
                self._away.append(one)
        return events

    def _close_away(self, now: Instant) -> list[ReadUpdate]:
        """Close the passes whose vehicle has been away for too long, and the oldest of too many."""
        gone_ms = REAPPEARANCE_GAPS * self._gap_ms
        still_away = [one for one in self._away if now.ms_since(one.last_seen) <= gone_ms][-AWAY_MAX:]
        for one in [one for one in still_away if one.holds_frame][:-AWAY_FRAMES_MAX]:
            one.give_up_frame()
        over = [one for one in self._away if one not in still_away]
        self._away = still_away
        return self._close_all(over, now)

    def _hand_over(self, now: Instant) -> list[ReadUpdate]:
        """Close the reads of vehicles that stay for too long; their passes go on without a further event."""
        return self._close_all(
            [one for one in self.with_reads() if now.ms_since(one.first.captured_at) > HELD_BACK_MS_MAX], now
        )

    def _close_all(self, passes: Sequence[VehiclePass], now: Instant) -> list[ReadUpdate]:
        """The ends of the reads of passes, of each once."""
        events: list[ReadUpdate] = []
        for one in passes:
            if not one.is_handed_over:
                events.append(self._close(one, now))
                one.hand_over()
        return events
