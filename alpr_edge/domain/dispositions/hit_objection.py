"""Objections to a hit: it needs no verification any more, or its record is confirmed and its vehicle is not.

That the agency confirms its record says nothing of the vehicle in view (*Green v. San Francisco*, 9th Cir. 2014; policy
462.4(f)), so a page must never say of such a hit that it is confirmed and nothing else.
"""

from enum import StrEnum

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.dispositions.hit_state import HitState, HitVerification


class HitObjection(StrEnum):
    """Reason why a hit is not about this vehicle."""

    MISREAD = "misread"
    WRONG_STATE = "wrong_state"
    NOT_THIS_VEHICLE = "not_this_vehicle"
    """An officer said that the vehicle is another one."""
    WITHDRAWN = "withdrawn"
    """The alert was taken back."""
    CORRECTED = "corrected"
    """A later read of the pass says something else."""
    DISMISSED = "dismissed"
    """Somebody looked at the hit and left it alone."""
    NOT_COMPARED = "not_compared"
    """The text or the state may be another's, and nobody said that the plate is read right."""


_DENIALS = {
    ReadAnswer.MISREAD: HitObjection.MISREAD,
    ReadAnswer.WRONG_STATE: HitObjection.WRONG_STATE,
    ReadAnswer.NOT_THIS_VEHICLE: HitObjection.NOT_THIS_VEHICLE,
}
_WORDS = {
    HitObjection.MISREAD: "MISREAD",
    HitObjection.WRONG_STATE: "WRONG STATE",
    HitObjection.NOT_THIS_VEHICLE: "NOT THIS VEHICLE",
    HitObjection.WITHDRAWN: "ALERT WITHDRAWN",
    HitObjection.CORRECTED: "READ CORRECTED",
    HitObjection.DISMISSED: "DISMISSED",
}


def objection_words(objection: HitObjection, state: HitState) -> str:
    """Return the banner of a hit with an objection, on the pages of car and department."""
    if objection is HitObjection.NOT_COMPARED:
        return "THE RECORD ALONE IS CONFIRMED - compare each character and the state"
    is_confirmed = state.verification is HitVerification.CONFIRMED
    return f"{_WORDS[objection]} - the record alone is confirmed" if is_confirmed else _WORDS[objection]


def hit_objection(state: HitState, *, is_withdrawn: bool, is_corrected: bool, is_in_doubt: bool) -> HitObjection | None:
    said = None if state.read is None else ReadAnswer(state.read.answer)
    if said in _DENIALS:
        return _DENIALS[said]
    is_confirmed = state.verification is HitVerification.CONFIRMED
    objections = (
        (is_withdrawn, HitObjection.WITHDRAWN),
        (is_corrected, HitObjection.CORRECTED),
        (said is ReadAnswer.DISMISSED, HitObjection.DISMISSED),
        (is_confirmed and is_in_doubt and said != ReadAnswer.CORRECT, HitObjection.NOT_COMPARED),
    )
    return next((objection for holds, objection in objections if holds), None)
