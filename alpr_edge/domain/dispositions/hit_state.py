"""What is known of a hit by all dispositions that were made: for each part, the newest that was not undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.dispositions.disposition import (
    ConfirmationAnswer,
    Disposition,
    DispositionPart,
    InquiryAnswer,
    ReadAnswer,
)

AGENCY_ANSWERS = frozenset({ConfirmationAnswer.CONFIRMED, ConfirmationAnswer.REFUSED})
"""Answers of the entering agency; a pending request is not one."""


class HitVerification(StrEnum):
    """How far a hit is verified (policy 462.4(f))."""

    NOT_CONFIRMED = "not_confirmed"
    """Nothing is recorded, or not all of it."""
    NOT_PRACTICABLE = "not_practicable"
    """No inquiry could be made; it stays not confirmed."""
    ON_FILE = "on_file"
    """CLETS still has it; the agency has not confirmed it yet."""
    CONFIRMED = "confirmed"
    """CLETS still has it, and the agency confirms it."""
    REFUSED = "refused"
    """The agency does not confirm it."""
    NOT_ON_FILE = "not_on_file"
    """CLETS has it no longer."""


@dataclass(frozen=True, slots=True)
class HitState:
    """What counts of a hit now."""

    read: Disposition | None = None
    inquiry: Disposition | None = None
    confirmation: Disposition | None = None
    outcome: Disposition | None = None

    @classmethod
    def of(cls, dispositions: Sequence[Disposition]) -> "HitState":
        """The state after dispositions of one hit, in the order in which they were made."""
        undone_ids = {each.undoes for each in dispositions}
        parts = {
            each.part.value: each for each in dispositions if not each.undoes and each.disposition_id not in undone_ids
        }
        return cls(**parts)

    def newest(self, part: DispositionPart) -> Disposition | None:
        """The disposition that counts for a part."""
        disposition: Disposition | None = getattr(self, part.value)
        return disposition

    @property
    def next_step(self) -> DispositionPart | None:
        """The question to answer next; None once the hit is done.

        A hit is done if its plate is not the listed one or was dismissed, or if it is verified and has an outcome
        (policy 462.4(f)). :mod:`~alpr_edge.store.reads.hit_queries` applies the same rule in SQL.
        """
        if self.read is not None and self.read.answer != ReadAnswer.CORRECT:
            return None
        asks_agency = self.inquiry is not None and self.inquiry.answer == InquiryAnswer.STILL_ON_FILE
        has_answered = self.confirmation is not None and self.confirmation.answer in AGENCY_ANSWERS
        steps = (
            (DispositionPart.READ, self.read is None),
            (DispositionPart.INQUIRY, self.inquiry is None),
            (DispositionPart.CONFIRMATION, asks_agency and not has_answered),
            (DispositionPart.OUTCOME, self.outcome is None),
        )
        return next((part for part, is_open in steps if is_open), None)

    @property
    def is_answered(self) -> bool:
        """Whether an answer to any part counts."""
        return any(self.newest(part) for part in DispositionPart)

    @property
    def is_half_verified(self) -> bool:
        """Whether an officer has begun to answer and the hit is not done."""
        return self.next_step is not None and self.is_answered

    @property
    def verification(self) -> HitVerification:
        """How far it is verified."""
        inquiry = None if self.inquiry is None else self.inquiry.answer
        confirmation = None if self.confirmation is None else self.confirmation.answer
        if inquiry == InquiryAnswer.NOT_ON_FILE:
            return HitVerification.NOT_ON_FILE
        if confirmation == ConfirmationAnswer.REFUSED:
            return HitVerification.REFUSED
        if inquiry == InquiryAnswer.STILL_ON_FILE:
            is_confirmed = confirmation == ConfirmationAnswer.CONFIRMED
            return HitVerification.CONFIRMED if is_confirmed else HitVerification.ON_FILE
        if inquiry == InquiryAnswer.NOT_PRACTICABLE:
            return HitVerification.NOT_PRACTICABLE
        return HitVerification.NOT_CONFIRMED
