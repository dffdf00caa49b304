"""Makes the events of a pass: its read is decided, is certain now, is over."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.reads import Alternative, Evidence, PlateRead, ReadClosed, ReadDecided, ReadingPlace, ReadSettled
from alpr_edge.domain.recognition.picture_readers import PictureReaders
from alpr_edge.domain.recognition.vehicle_pass import VehiclePass
from alpr_edge.domain.recognition.voting import Vote


@dataclass(frozen=True, slots=True)
class Origin:
    """The values that are the same in every read of one camera."""

    unit_id: str
    camera_id: str
    model_ids: tuple[str, ...]


class PassEvents:
    """Makes the events of the passes of one camera.

    Args:
        origin: the unit, camera and models.
        locate: a function that gives the position at an instant, if one is known.
        new_id: a function that gives each read its id.
        readers: what else is read in the picture of a pass.
    """

    def __init__(
        self,
        origin: Origin,
        locate: Callable[[Instant], Position | None],
        new_id: Callable[[], str],
        readers: PictureReaders,
    ) -> None:
        self._origin = origin
        self._locate = locate
        self._new_id = new_id
        self._readers = readers

    def decide(self, current: VehiclePass, result: Vote, now: Instant) -> ReadDecided:
        """Give a pass its read, which supersedes the one that it has, if any."""
        before = None if current.read is None else current.read.read_id
        read = PlateRead(
            read_id=self._new_id(),
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
            supersedes=before,
        )
        return ReadDecided(read, current.take_read(read), now, withdraws=before)

    def settle(self, current: VehiclePass, result: Vote, now: Instant) -> ReadSettled:
        """Give the read of a pass the certainty that a vote for the same text has."""
        assert current.read is not None
        current.read = _with_vote(current.read, result)
        return ReadSettled(current.read, now)

    def close(self, current: VehiclePass) -> ReadClosed:
        """The end of a pass that has a read: its last values, and a sharper picture where one came."""
        assert current.read is not None
        read, result = current.read, current.vote()
        if result.plate == read.plate:
            read = _with_vote(read, result)
        else:
            read = _with_doubt(read, result, current.likelihood(read.plate))
        evidence = current.sharper_evidence()
        read = replace(
            read,
            vote_count=current.track.reading_count,
            last_seen=current.last_seen,
            last_frame=current.track.last.frame_number,
            box=current.sharpest.box if _has_scene(evidence) else read.box,
            position=self._locate(current.sharpest.captured_at) or read.position,
        )
        looks = tuple(ReadingPlace(reading.frame_number, reading.box) for reading in current.track.readings)
        return ReadClosed(read, evidence, looks)

    def _state_of(self, current: VehiclePass) -> str | None:
        """The state by the sharpest picture of the plate; of a part of a plate none is named."""
        return None if current.is_plate_cut else self._readers.state_of(current.plate_picture())

    def _place_of(self, current: VehiclePass) -> Position | None:
        """Where the shown picture was taken; where that is not known any more, what the earlier read says of it."""
        before = None if current.read is None else current.read.position
        return self._locate(current.shown.captured_at) or before or self._locate(current.last_seen)


def _with_vote(read: PlateRead, result: Vote) -> PlateRead:
    """A read with how sure a vote for its text is."""
    return replace(read, confidence=result.confidence, alternatives=result.alternatives, slot_votes=result.slot_votes)


def _with_doubt(read: PlateRead, result: Vote, likelihood: float) -> PlateRead:
    """A read as sure as all looks together allow, where they say another text, which is its first alternative then.

    Args:
        read: the read.
        result: the vote of all looks.
        likelihood: of these, if the plate has the text of the read.
    """
    others = (one for one in result.alternatives if one.plate != read.plate)
    alternatives = (Alternative(result.plate, result.confidence), *others) if result.readable else read.alternatives
    return replace(read, confidence=min(read.confidence, likelihood), alternatives=alternatives)


def _has_scene(evidence: Evidence | None) -> bool:
    return evidence is not None and evidence.scene.size > 0
