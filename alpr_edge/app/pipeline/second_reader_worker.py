"""Runs the second reader in a stage of its own, so that no frame waits; or at once, for a recording at full pace."""

from dataclasses import dataclass, field

import structlog

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.domain.recognition.second_opinions import Answer
from alpr_edge.domain.recognition.voting import Opinion
from alpr_edge.runtime.channels import BoundedChannel
from alpr_edge.runtime.stages import WorkStage
from alpr_edge.vision.second_reader import OnnxSecondReader

log = structlog.get_logger(__name__)

WAITING_MAX = 3
"""Plates that wait while one is read; at some 55 ms each the last is still answered within the default wait."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A crop to be read, with the future of its answer."""

    crop: Pixels
    texts: tuple[str, ...]
    answer: Answer = field(default_factory=Answer)


class QueuedSecondReader:
    """Hands crops to the second reader in a stage of its own, so that no frame waits.

    Args:
        reader: the second reader.
    """

    def __init__(self, reader: OnnxSecondReader) -> None:
        self._reader = reader
        self._questions: BoundedChannel[_Question] = BoundedChannel(WAITING_MAX)
        self.stage = WorkStage("second-reader", self._questions, self._consider)
        """The stage that reads the crops; to be run by the supervisor."""

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._reader.model_id

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> Answer | None:
        """Hand a crop over; None when too many wait already. Only one stage asks, so room that it saw remains."""
        if self._questions.closed or len(self._questions) >= WAITING_MAX:
            return None
        question = _Question(crop, texts)
        self._questions.put(question)
        return question.answer

    def close(self) -> None:
        """Accept no more questions."""
        self._questions.close()

    def _consider(self, question: _Question) -> None:
        opinion = None
        try:
            opinion = _opinion_of(self._reader, question.crop, question.texts)
        finally:
            # Whatever went wrong, the one who waits gets an answer.
            question.answer.set_result(opinion)


class DirectSecondReader:
    """Asks the second reader at once and waits, so that two replays of a recording are equal.

    Args:
        reader: the second reader.
    """

    def __init__(self, reader: OnnxSecondReader) -> None:
        self._reader = reader

    @property
    def model_id(self) -> str:
        """Identity of the model."""
        return self._reader.model_id

    def ask(self, crop: Pixels, texts: tuple[str, ...]) -> Answer:
        """Read the crop at once."""
        answer = Answer()
        answer.set_result(_opinion_of(self._reader, crop, texts))
        return answer


def _opinion_of(reader: OnnxSecondReader, crop: Pixels, texts: tuple[str, ...]) -> Opinion | None:
    """The opinion; None where the second reader fails: the first reader's result is used then."""
    try:
        return reader.consider(crop, texts)
    except ModelError as error:
        log.error("second_reader.failed", failure=str(error))
        return None


def second_reader_worker(
    reader: OnnxSecondReader | None, *, live: bool
) -> QueuedSecondReader | DirectSecondReader | None:
    """The second reader as a unit uses it, or a replay at its own pace (live), or one at full pace."""
    if reader is None:
        return None
    return QueuedSecondReader(reader) if live else DirectSecondReader(reader)
