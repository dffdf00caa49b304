"""Asking a second reader about a plate that the first is not certain of, without waiting for it.

A pass about to be decided asks once, about its sharpest look, and waits for the answer for so long and no longer: the
frames go on meanwhile. No answer, a late one, or a second reader too busy to be asked, and the first reader's word
stands.
"""

from dataclasses import dataclass
from typing import Protocol

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.voting import Opinion, Vote

TEXTS_MAX = 9
"""Texts asked about: the likeliest, and what else the first reader considers."""


class Answer(Protocol):
    """What was asked for, now or later."""

    @property
    def done(self) -> bool:
        """Whether the second reader has finished."""

    def opinion(self, wait_ms: float) -> Opinion | None:
        """What it said; None when it has not within that time, or failed."""


class SecondReader(Protocol):
    """Another reader than the one whose readings are voted on, with mistakes of its own."""

    @property
    def model_id(self) -> str:
        """What stands on a read that it was asked about and answered."""

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> Answer | None:
        """Hand over a crop (uint8 [H, W, 3] BGR) and the texts in question; None when it is too busy."""


@dataclass(slots=True, eq=False)
class _Asked:
    answer: Answer | None
    at: Instant
    opinion: Opinion | None = None
    heard: bool = False


class SecondOpinions:
    """The questions of one camera's open passes.

    Args:
        reader: whom to ask; None: nobody.
        wait_ms: how long a decision waits for the answer.
    """

    def __init__(self, reader: SecondReader | None = None, wait_ms: float = 0.0) -> None:
        self._reader = reader
        self._wait_ms = wait_ms
        self._asked: dict[int, _Asked] = {}

    def must_wait(self, number: int, result: Vote, crop: Pixels, now: Instant, *, last: bool) -> bool:
        """Whether the decision of a pass waits for an answer; asks when nobody has yet.

        Args:
            number: of the track.
            result: the vote so far.
            crop: its sharpest look.
            now: of the present frame.
            last: no frame follows: wait here.
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
        """What was said of a pass, as far as it was heard."""
        asked = self._asked.get(number)
        return None if asked is None else asked.opinion

    def heard(self, number: int) -> tuple[str, ...]:
        """The second reader's model, where its word counts in the vote of a pass."""
        return (self._reader.model_id,) if self._reader is not None and self.opinion_of(number) is not None else ()

    def forget(self, number: int) -> None:
        """The pass is over."""
        self._asked.pop(number, None)
