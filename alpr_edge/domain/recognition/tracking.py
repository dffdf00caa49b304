"""Joins the detections of one vehicle over frames into a track.

A plate moves by more than its own width between frames of a passing car, so overlap alone loses it. A track predicts
its box by its last motion; a detection joins by overlap with the prediction, or by nearness when the reader also
sees the same characters. Two texts that clearly differ never join: where one vehicle follows another at one place,
its track is a new one. At a look a second the next vehicle may be there at the next look, so that a doubtful text is
enough then.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.distinct_looks import DistinctLooks
from alpr_edge.domain.recognition.frames import Reading
from alpr_edge.domain.recognition.text_distance import PAIRS_KEPT, distance

OVERLAP_MIN = 0.25
"""IoU with the predicted box from which a detection joins the track whatever its text."""
OVERLAP_SURE = 0.5
"""IoU with the predicted box from which a clear reading joins a track that shows hardly a character of it."""
AGREEMENT_LEAST = 0.5
"""Least share of its characters that a clear reading has in common with the track where they overlap less.

A distant plate that cannot be read yet, and one that comes out from behind it, may lie as close to each other.
"""
REACH_WIDTHS = 6.0
"""How many plate widths from the prediction a detection with the same text may lie."""
SIZE_RATIO_MAX = 2.5
"""How much larger or smaller a plate may look in the next frame that shows it."""
AGREEMENT_MIN = 0.6
"""Share of characters that must agree to join by nearness."""
CLEAR_MIN = 0.6
"""Probability of its whole text from which a reading is clear."""
DIFFERENCE_MIN = 3
"""Characters by which two clear texts differ that are two plates: a single reading may have one or two wrong."""
DOUBTFUL_MIN = 0.1
"""Probability of its whole text from which a reading is another plate where more than half of the characters differ."""
SAME_PLATE_MS = 300.0
"""Time after a look within which a plate at its place is the same one, unless both texts are clear: in so little time
no car takes the place of another, while one that comes nearer may be misread in most characters first."""
READINGS_KEPT = 64
"""Readings a track holds: a parked car is looked at for hours."""


@dataclass(slots=True, eq=False)
class Track:
    """The readings of one vehicle passing one camera."""

    number: int
    readings: list[Reading] = field(default_factory=list)
    """The newest :data:`READINGS_KEPT`, oldest first."""
    reading_count: int = 0
    """How many readings it had in all."""
    text: str = ""
    """The text of the last reading that had one."""
    clear_text: str = ""
    """The text of the last reading that was clear and whole."""
    doubtful_text: str = ""
    """The text of the last whole reading that was clear, or at least doubtful."""
    detection_max: float = 0.0
    """The detector's best score of a reading."""
    looks: list[Reading] = field(default_factory=list)
    """The newest two looks, those included that are no readings as nothing was accepted."""
    distinct_looks: DistinctLooks = field(default_factory=DistinctLooks)
    """Tells which of the readings look the same."""

    @property
    def last(self) -> Reading:
        """The newest look."""
        return self.looks[-1]

    def add(self, reading: Reading) -> None:
        """Add a look, which is a reading where it is accepted."""
        self.looks = [*self.looks[-1:], reading]
        if not reading.is_accepted:
            return
        self.reading_count += 1
        self.readings.append(self.distinct_looks.number(reading))
        self.detection_max = max(self.detection_max, reading.detection_confidence)
        self._note_text(reading)
        self._drop_oldest()

    def join(self, earlier: "Track") -> None:
        """Take over the readings of a track of the same vehicle that ended before this one began."""
        self.reading_count += earlier.reading_count
        self.detection_max = max(self.detection_max, earlier.detection_max)
        self.distinct_looks = earlier.distinct_looks
        self.readings = [*earlier.readings, *map(self.distinct_looks.number, self.readings)]
        self._drop_oldest()

    def _note_text(self, reading: Reading) -> None:
        if not reading.text:
            return
        self.text = reading.text
        confidence = 0.0 if reading.is_cut else reading.text_confidence
        if confidence >= DOUBTFUL_MIN:
            self.doubtful_text = reading.text
        if confidence >= CLEAR_MIN:
            self.clear_text = reading.text

    def _drop_oldest(self) -> None:
        """Bound the readings: the first one dates the pass; of the rest the oldest go."""
        excess = len(self.readings) - READINGS_KEPT
        if excess > 0:
            del self.readings[1 : 1 + excess]
            self.distinct_looks.keep(self.readings)

    def predict_box(self, at: Instant) -> Box:
        """Predict the plate's box at ``at`` by the motion between the track's last two looks."""
        if len(self.looks) < 2:
            return self.last.box
        before, last = self.looks
        span_ms = last.captured_at.ms_since(before.captured_at)
        if span_ms <= 0:
            return last.box
        # A long gap says little about direction: the motion is carried on for at most three frames' time.
        share = min(at.ms_since(last.captured_at) / span_ms, 3.0)
        (x0, y0), (x1, y1) = before.box.centre_px, last.box.centre_px
        return last.box.shift((x1 - x0) * share, (y1 - y0) * share)


class Tracker:
    """Holds the open tracks of one camera."""

    def __init__(self, gap_ms: float) -> None:
        self._gap_ms = gap_ms
        self._numbers = itertools.count(1)
        self._tracks: list[Track] = []

    def update(self, readings: Sequence[Reading]) -> list[Track | None]:
        """Give each look at one frame its track, in order of ``readings``.

        Where none fits it is a new one, or None for a look that is not accepted.
        """
        if not readings:
            return []
        guesses = [track.predict_box(readings[0].captured_at) for track in self._tracks]
        pairs = sorted(
            (
                (_affinity(track, guess, reading), index, track)
                for track, guess in zip(self._tracks, guesses, strict=True)
                for index, reading in enumerate(readings)
            ),
            key=lambda pair: (-pair[0], pair[1], pair[2].number),
        )
        matches: dict[int, Track] = {}
        numbers: set[int] = set()
        for affinity, index, track in pairs:
            if affinity > 0 and index not in matches and track.number not in numbers:
                matches[index] = track
                numbers.add(track.number)
        return [self._join(matches.get(index), reading) for index, reading in enumerate(readings)]

    def expire(self, now: Instant) -> list[Track]:
        """Remove and return the tracks that are over at ``now``, oldest first."""
        return self._take([track for track in self._tracks if now.ms_since(track.last.captured_at) > self._gap_ms])

    def close(self) -> list[Track]:
        """Remove and return every open track, because the source ended."""
        return self._take(list(self._tracks))

    def remove(self, track: Track) -> None:
        """Remove a track that went on as another one."""
        self._take([track])

    def _take(self, tracks: list[Track]) -> list[Track]:
        self._tracks = [track for track in self._tracks if track not in tracks]
        return tracks

    def _join(self, track: Track | None, reading: Reading) -> Track | None:
        if track is None:
            if not reading.is_accepted:
                return None
            track = Track(next(self._numbers))
            self._tracks.append(track)
        track.add(reading)
        return track


def _affinity(track: Track, guess: Box, reading: Reading) -> float:
    """How well a reading continues a track, of which a box is predicted; 0 means not at all."""
    last, box = track.last.box, reading.box
    overlap = max(guess.iou(box), last.iou(box))
    reach = REACH_WIDTHS * max(last.width_px, box.width_px)
    is_near = reading.is_accepted and min(_distance_px(guess, box), _distance_px(last, box)) <= reach
    # Places first: texts cost most to compare, and most pairs of a busy frame lie far apart.
    if not _similar_size(last, box) or not (overlap >= OVERLAP_MIN or is_near) or _is_other_plate(track, reading):
        return 0.0
    agreement = agreement_of(track.text, reading.text)
    if overlap >= OVERLAP_MIN:
        is_other = overlap < OVERLAP_SURE and agreement < AGREEMENT_LEAST and track.text and clear_text_of(reading)
        return 0.0 if is_other else 1.0 + overlap + agreement
    return agreement if agreement >= AGREEMENT_MIN else 0.0


def _is_other_plate(track: Track, reading: Reading) -> bool:
    """Whether a reading shows clearly another text than the track did, or hardly a character of it."""
    if not track.clear_text:
        is_later = reading.captured_at.ms_since(track.last.captured_at) >= SAME_PLATE_MS
        return is_later and bool(track.doubtful_text) and _mostly_differs(clear_text_of(reading), track.doubtful_text)
    if reading.text_confidence < DOUBTFUL_MIN or reading.is_cut:
        return False
    if reading.text_confidence >= CLEAR_MIN:
        return bool(reading.text) and distance(reading.text, track.clear_text) >= DIFFERENCE_MIN
    return _mostly_differs(reading.text, track.clear_text)


def _mostly_differs(text: str, other: str) -> bool:
    """Whether more than half of the characters of a text, which is no shorter than a plate's, differ from another's."""
    return len(text) >= DIFFERENCE_MIN and distance(text, other) * 2 > max(len(text), len(other))


def clear_text_of(reading: Reading) -> str:
    """The text of a reading; empty where it is not clear, or the frame's edge may cut some of it off."""
    return reading.text if reading.text_confidence >= CLEAR_MIN and not reading.is_cut else ""


def _distance_px(one: Box, other: Box) -> float:
    """Distance of two centres along the axis on which they are further apart."""
    (x0, y0), (x1, y1) = one.centre_px, other.centre_px
    return max(abs(x1 - x0), abs(y1 - y0))


def _similar_size(one: Box, other: Box) -> bool:
    small, large = sorted((max(1e-3, one.area_px2), max(1e-3, other.area_px2)))
    return large / small <= SIZE_RATIO_MAX**2


@lru_cache(maxsize=PAIRS_KEPT)
def agreement_of(one: str, other: str) -> float:
    """Share of characters two texts have in common in order (longest common subsequence), 0 to 1."""
    if not one or not other:
        return 0.0
    row = [0] * (len(other) + 1)
    for a in one:
        diagonal = 0
        for j, b in enumerate(other, start=1):
            diagonal, row[j] = row[j], diagonal + 1 if a == b else max(row[j], row[j - 1])
    return row[-1] / max(len(one), len(other))
