"""Decides when a track becomes a read.

A pass is **decided** once: when the vote is settled, after N readings, T ms after the first, or when it ends,
whichever is first. Until it **closes**, the vote goes on: last_seen, vote_count and a sharper crop amend the row. When
the winning text changes after the decision, a new read that supersedes the first is decided and the alert already
sounded is withdrawn. So a parked stolen car sounds at once and is still one read. A vote without the text of a plate
(unreadable, or no plate) decides nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import Evidence, PlateRead, ReadClosed, ReadDecided, ReadEvent, ReadingPlace
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Pixels, Reading
from alpr_edge.domain.recognition.second_opinions import SecondOpinions
from alpr_edge.domain.recognition.tracking import Track, Tracker
from alpr_edge.domain.recognition.voting import Vote, vote

CROP_MARGIN = 0.15
"""Margin that is kept around the plate in its crop, in parts of its box: the officer sees the whole plate."""
SETTLED_MIN = 0.95
"""Confidence at which a vote decides before its time. Above that of a certain read, since a vote that stops at the
first frame to pass a threshold is wrong more often than its confidence says: with 0.9 here 95 of 100 certain decisions
over the 358 kept passes were right, with 0.95 97, and the median decision came 67 ms later; 0.97 bought nothing more.
"""
CORRECTIONS_MAX = 3
"""How often one pass may change its text: a plate that the reader cannot settle must not flood the store."""


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """When a pass is decided, and how much a read needs at least."""

    readings_max: int
    age_ms_max: float
    confidence_min: float
    characters_min: int


@dataclass(frozen=True, slots=True)
class Origin:
    """The values that are the same in every read of one camera."""

    unit_id: str
    camera_id: str
    model_ids: tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Pass:
    """One vehicle passing the camera: its track, its sharpest picture, and its read once decided."""

    first: Reading
    sharpest: Reading
    evidence: Evidence
    sharper: bool = False
    """Whether a sharper picture came after the decision."""
    read: PlateRead | None = None
    corrections: int = 0


class Passes:
    """Turns the readings of one camera into events: reads that are decided and passes that are over.

    Args:
        origin: the unit, camera and models.
        rule: the decision rule.
        gap_ms: a vehicle not seen for this long has passed.
        locate: a function that gives the position at an instant, if one is known.
        new_id: a function that gives each read its id.
        second: the second reader's opinions, for what is not certain; None: there is no second reader.
    """

    def __init__(
        self,
        origin: Origin,
        rule: DecisionRule,
        gap_ms: float,
        locate: Callable[[Instant], Position | None],
        new_id: Callable[[], str],
        second: SecondOpinions | None = None,
    ) -> None:
        self._origin = origin
        self._rule = rule
        self._locate = locate
        self._new_id = new_id
        self._tracker = Tracker(gap_ms)
        self._second = second or SecondOpinions()
        self._open: dict[int, _Pass] = {}
        self._leaving: list[Track] = []
        """Tracks that have ended and whose decision waits for the second reader."""

    def step(self, frame: Frame, readings: Sequence[Reading]) -> list[ReadEvent]:
        """Process one frame's readings and return the events: reads decided, and passes that ended before."""
        leaving, self._leaving = self._leaving, []
        events = self._end([*leaving, *self._tracker.expire(frame.captured)], frame.captured)
        tracks = self._tracker.update(readings)
        for track, reading in zip(tracks, readings, strict=True):
            self._look(track, reading, frame)
            events += self._judge(track, frame.captured, ending=False)
        return events

    def close(self, now: Instant) -> list[ReadEvent]:
        """End every pass, because the source ended or the unit stops."""
        leaving, self._leaving = self._leaving, []
        return self._end([*leaving, *self._tracker.close()], now, last=True)

    def _look(self, track: Track, reading: Reading, frame: Frame) -> None:
        """Keep the sharpest picture of the vehicle."""
        current = self._open.get(track.number)
        if current is None:
            self._open[track.number] = _Pass(reading, reading, _evidence(frame, reading))
        elif reading.sharpness > current.sharpest.sharpness:
            current.sharpest, current.evidence = reading, _evidence(frame, reading)
            current.sharper = current.read is not None

    def _judge(self, track: Track, now: Instant, *, ending: bool) -> list[ReadEvent]:
        """Decide a pass, or correct a decision that no longer holds."""
        current, result = self._open[track.number], self._vote(track)
        if not self._is_readable(result):
            return []
        settled = result.certain and result.confidence >= SETTLED_MIN
        if current.read is None:
            due = settled or ending or self._is_due(track, now)
            if not due or self._must_wait(track, result, now):
                return []
            return [self._decide(current, track, self._vote(track), now)]
        changed = result.plate != current.read.plate and current.corrections < CORRECTIONS_MAX
        if changed and (settled or ending):
            current.corrections += 1
            return [self._closed(current, track), self._decide(current, track, result, now)]
        return []

    def _vote(self, track: Track) -> Vote:
        return vote(track.readings, opinion=self._second.opinion_of(track.number))

    def _must_wait(self, track: Track, result: Vote, now: Instant, *, last: bool = False) -> bool:
        current = self._open[track.number]
        crop = _inside(current.evidence.scene, current.sharpest.box)
        return self._second.must_wait(track.number, result, crop, now, last=last)

    def _is_readable(self, result: Vote) -> bool:
        enough = len(result.plate) >= self._rule.characters_min and result.confidence >= self._rule.confidence_min
        return result.readable and enough

    def _is_due(self, track: Track, now: Instant) -> bool:
        first = self._open[track.number].first
        return track.seen >= self._rule.readings_max or now.ms_since(first.captured) >= self._rule.age_ms_max

    def _decide(self, current: _Pass, track: Track, result: Vote, now: Instant) -> ReadDecided:
        before = None if current.read is None else current.read.read_id
        current.read = PlateRead(
            read_id=self._new_id(),
            unit_id=self._origin.unit_id,
            camera_id=self._origin.camera_id,
            plate=result.plate,
            confidence=result.confidence,
            alternatives=result.alternatives,
            slot_votes=result.slot_votes,
            vote_count=track.seen,
            first_seen=current.first.captured,
            last_seen=track.last.captured,
            first_frame=current.first.frame_number,
            last_frame=track.last.frame_number,
            box=current.sharpest.box,
            position=self._locate(current.sharpest.captured),
            model_ids=(*self._origin.model_ids, *self._second.heard(track.number)),
            supersedes=before,
        )
        current.sharper = False
        return ReadDecided(current.read, current.evidence, now, withdraws=before)

    def _end(self, tracks: Sequence[Track], now: Instant, *, last: bool = False) -> list[ReadEvent]:
        events: list[ReadEvent] = []
        for track in tracks:
            result = self._vote(track)
            undecided = self._open[track.number].read is None and self._is_readable(result)
            if undecided and self._must_wait(track, result, now, last=last):
                self._leaving.append(track)
                continue
            events += self._judge(track, now, ending=True)
            current = self._open.pop(track.number)
            if current.read is not None:
                events.append(self._closed(current, track))
            self._second.forget(track.number)
        return events

    def _closed(self, current: _Pass, track: Track) -> ReadClosed:
        assert current.read is not None
        read, result = current.read, self._vote(track)
        if result.plate == read.plate:
            read = replace(
                read, confidence=result.confidence, alternatives=result.alternatives, slot_votes=result.slot_votes
            )
        read = replace(
            read,
            vote_count=track.seen,
            last_seen=track.last.captured,
            last_frame=track.last.frame_number,
            box=current.sharpest.box,
            position=self._locate(current.sharpest.captured) or read.position,
        )
        looks = tuple(ReadingPlace(reading.frame_number, reading.box) for reading in track.readings)
        return ReadClosed(read, current.evidence if current.sharper else None, looks)


def _evidence(frame: Frame, reading: Reading) -> Evidence:
    return Evidence(crop=_inside(frame.pixels, reading.box.grown(CROP_MARGIN)), scene=frame.pixels)


def _inside(pixels: Pixels, box: Box) -> Pixels:
    left, top, right, bottom = box.within(pixels.shape[1], pixels.shape[0])
    return pixels[top:bottom, left:right]
