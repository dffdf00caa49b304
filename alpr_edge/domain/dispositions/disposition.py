"""What an officer says of a hit: three answers that are kept apart, each a record that nothing overwrites.

What was read, verification in two acts (policy 462.4(f)), and what came of it. *Green v. San Francisco* (9th Cir. 2014)
is why the acts are apart: a plate that was read right says nothing of the car, an entry on file nothing of the plate,
and the second officer must see what the first has done.
"""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.errors import DispositionError
from alpr_edge.domain.instants import Instant

TEXT_CHARACTERS_MAX = 200
NUMBER_CHARACTERS_MAX = 40


class DispositionPart(StrEnum):
    """Which question an answer is to."""

    READ = "read"
    """What was read."""
    INQUIRY = "inquiry"
    """Verification, first act: what CLETS has on file."""
    CONFIRMATION = "confirmation"
    """Verification, second act: what the agency says that entered it."""
    OUTCOME = "outcome"
    """What came of it."""


class ReadAnswer(StrEnum):
    """What was read."""

    CORRECT = "correct"
    MISREAD = "misread"
    WRONG_STATE = "wrong_state"
    NOT_THIS_VEHICLE = "not_this_vehicle"
    """The plate is as listed, the vehicle is another."""
    DISMISSED = "dismissed"
    """Looked at and left alone."""


class InquiryAnswer(StrEnum):
    """What CLETS has on file."""

    STILL_ON_FILE = "still_on_file"
    NOT_ON_FILE = "not_on_file"
    NOT_PRACTICABLE = "not_practicable"
    """No inquiry could be made; the reason says why."""


class ConfirmationAnswer(StrEnum):
    """What the agency says that entered it."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    PENDING = "pending"


class OutcomeAnswer(StrEnum):
    """What came of a hit."""

    NONE = "none"
    STOPPED = "stopped"
    CITATION = "citation"
    ARREST = "arrest"
    RECOVERED = "recovered"
    OTHER = "other"


ANSWERS: dict[DispositionPart, frozenset[str]] = {
    DispositionPart.READ: frozenset(ReadAnswer),
    DispositionPart.INQUIRY: frozenset(InquiryAnswer),
    DispositionPart.CONFIRMATION: frozenset(ConfirmationAnswer),
    DispositionPart.OUTCOME: frozenset(OutcomeAnswer),
}
"""The answers of each part."""
_NEED_REASON = {InquiryAnswer.NOT_PRACTICABLE, OutcomeAnswer.OTHER}
_NEED_NAME = {ConfirmationAnswer.CONFIRMED, ConfirmationAnswer.REFUSED}


@dataclass(frozen=True, slots=True)
class DispositionText:
    """What was typed beside an answer."""

    reason: str = ""
    """Why no inquiry was practicable, or what else came of it."""
    number: str = ""
    """The number of the confirmation."""
    name: str = ""
    """Who confirmed or refused at the other agency."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """One answer to one part of a hit, by one person; or the undoing of one."""

    disposition_id: str
    hit_id: str
    part: DispositionPart
    answer: str
    """An answer of the part; empty where it undoes one."""
    text: DispositionText
    undoes: str
    """The disposition that no longer counts; empty: none."""
    person_id: str
    person: str
    session: str
    made: Instant


def check_answer(part: DispositionPart, answer: str, text: DispositionText) -> DispositionText:
    """Check an answer and what was typed beside it; returns the text without outer blanks.

    Raises:
        DispositionError: it is no answer of the part, or a text is missing, too long or not printable.
    """
    if answer not in ANSWERS[part]:
        raise DispositionError(f"{part.value}: expected one of {', '.join(sorted(ANSWERS[part]))}")
    trimmed = DispositionText(
        _text("reason", text.reason, TEXT_CHARACTERS_MAX),
        _text("number", text.number, NUMBER_CHARACTERS_MAX),
        _text("name", text.name, TEXT_CHARACTERS_MAX),
    )
    if answer in _NEED_REASON and not trimmed.reason:
        raise DispositionError(f"{answer.replace('_', ' ')}: say why")
    if answer in _NEED_NAME and not trimmed.name:
        raise DispositionError(f"{answer}: say who, and the number that they gave")
    return trimmed


def _text(name: str, text: str, characters_max: int) -> str:
    trimmed = text.strip()
    if len(trimmed) > characters_max or not trimmed.isprintable():
        raise DispositionError(f"{name}: expected at most {characters_max} printable characters")
    return trimmed
