"""Asks a second reader about a plate that the first is not certain of, without stopping the frames.

A pass about to be decided asks once, with its sharpest picture, and waits for the answer for a limited time: the
frames go on meanwhile. Without an answer in time, or with a second reader too busy to be asked, the first reader's
result stands.
"""

from dataclasses import dataclass
from typing import Protocol

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.voting import Opinion, Vote

TEXTS_MAX = 9
"""Most texts asked about: the likeliest, and others that the first reader considers."""


class Answer(Protocol):
    """The answer of the second reader, which may still be under way."""

    @property
    def done(self) -> bool:
        """Whether the second reader has finished."""

    def opinion(self, wait_ms: float) -> Opinion | None:
        """The opinion; None when it has not come within that time, or the second reader failed."""


class SecondReader(Protocol):
    """A reader beside the one whose readings are voted on, with different mistakes."""

    @property
    def model_id(self) -> str:
        """Id of the model, stored with every read for which it answered."""

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> Answer | None:
        """Hand over a crop (uint8 [H, W, 3] BGR) and the texts in question; None when it is too busy."""


@dataclass(slots=True, eq=False)
class _Asked:
    answer: Answer | None
    at: Instant
    opinion: Opinion | None = None
    heard: bool = False


class SecondOpinions:
    """The second reader's opinions for the open passes of one camera.

    Args:
        reader: the second reader; None: there is none.
        wait_ms: how long a decision waits for the answer.
    """

    def __init__(self, reader: SecondReader | None = None, wait_ms: float = 0.0) -> None:
        self._reader = reader
        self._wait_ms = wait_ms
        self._asked: dict[int, _Asked] = {}

    def must_wait(self, number: int, result: Vote, crop: Pixels, now: Instant, *, last: bool) -> bool:
        """Whether the decision of a pass must wait for an answer; asks for it the first time.

        Args:
            number: the number of the track.
            result: the vote so far.
            crop: the sharpest picture of the plate.
            now: the instant of the present frame.
            last: whether no frame follows, so that this call waits for the answer.
        """
        if self._reader is None or result.certain:
            return False
        asked = self._asked.get(number)
        if asked is None:
            texts = (result.plate, *(other.plate for other in result.alternatives))[:TEXTS_MAX]
            asked = self._asked[number] = _Asked(self._reader.ask(crop, texts), now)
        if asked.heard or asked.answer is None:
            return False
        late = now.ms_since(asked.at) >= self._wait_ms
        if not (asked.answer.done or late or last):
            return True
        asked.opinion, asked.heard = asked.answer.opinion(self._wait_ms if last else 0.0), True
        return False

    def opinion_of(self, number: int) -> Opinion | None:
        """The opinion for a pass, if it has come."""
        asked = self._asked.get(number)
        return None if asked is None else asked.opinion

    def heard(self, number: int) -> tuple[str, ...]:
        """The second reader's model, where its opinion counts in the vote of a pass."""
        return (self._reader.model_id,) if self._reader is not None and self.opinion_of(number) is not None else ()

    def forget(self, number: int) -> None:
        """Drop the opinion of a pass that is over."""
        self._asked.pop(number, None)
