"""Asks a second reader about a plate that the first is not certain of, without stopping the frames.

A pass about to be decided asks once, with its sharpest picture, and waits for the answer for a limited time: the
frames go on meanwhile. Without an answer in time, or with a second reader too busy to be asked, the first reader's
result stands.
"""

from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.voting import Opinion, Vote

Answer = Future[Opinion | None]
"""The answer of the second reader, which may still be under way; None: it failed."""


class SecondReader(Protocol):
    """A reader beside the one whose readings are voted on, with different mistakes."""

    @property
    def model_id(self) -> str:
        """Id of the model, stored with every read for which it answered."""

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> Answer | None:
        """Hand over a crop (uint8 [H, W, 3] BGR) and the texts in question; None when it is too busy."""


@dataclass(slots=True, eq=False)
class _Question:
    """A question that was put to the second reader; without an answer it was too busy."""

    answer: Answer | None
    at: Instant


@dataclass(slots=True, eq=False)
class SecondOpinion:
    """The second reader's opinion of one pass: asked for once, and only where the first reader is not certain.

    Args:
        reader: the second reader; None: there is none.
    """

    reader: SecondReader | None = None
    wait_ms: float = 0.0
    opinion: Opinion | None = None
    """The opinion, once it has come."""
    _question: _Question | None = None
    _is_over: bool = False
    """Whether the answer has come, or is no longer waited for."""

    def must_wait(self, result: Vote, crop: Pixels, now: Instant, *, last: bool) -> bool:
        """Whether the decision of the pass must wait for an answer; asks for it the first time."""
        if self.reader is None or result.certain or self._is_over:
            return False
        if self._question is None:
            texts = (result.plate, *(other.plate for other in result.alternatives))
            self._question = _Question(self.reader.ask(crop, texts), now)
        answer = self._question.answer
        if answer is None:
            return False
        is_late = now.ms_since(self._question.at) >= self.wait_ms
        if not (answer.done() or is_late or last):
            return True
        self._is_over = True
        with suppress(TooLateError):
            self.opinion = answer.result(self.wait_ms / 1000 if last else 0.0)
        return False

    @property
    def model_ids(self) -> tuple[str, ...]:
        """The second reader's model, where its opinion counts in the vote of the pass."""
        return () if self.reader is None or self.opinion is None else (self.reader.model_id,)
