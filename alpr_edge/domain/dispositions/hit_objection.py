"""What speaks against the vehicle of a hit whose record is confirmed.

That the agency confirms its record says nothing of the vehicle in view (*Green v. San Francisco*, 9th Cir. 2014; policy
462.4(f)), so a page must never say of such a hit that it is confirmed and nothing else.
"""

from enum import StrEnum

from alpr_edge.domain.dispositions.disposition import ReadAnswer
from alpr_edge.domain.dispositions.hit_state import HitState, HitVerification

_DENIALS = frozenset({ReadAnswer.MISREAD, ReadAnswer.WRONG_STATE, ReadAnswer.NOT_THIS_VEHICLE})


class HitObjection(StrEnum):
    """Why a confirmed record is not that of the vehicle."""

    NOT_THIS_VEHICLE = "not_this_vehicle"
    """Somebody said that the plate was misread, is of another state, or that the vehicle is another."""
    WITHDRAWN = "withdrawn"
    """The alert was taken back."""
    CORRECTED = "corrected"
    """A later read of the pass says something else."""
    DISMISSED = "dismissed"
    """Somebody looked at the hit and left it alone."""
    NOT_COMPARED = "not_compared"
    """The text or the state may be another's, and nobody said that the plate is read right."""


OBJECTION_WORDS = {
    HitObjection.NOT_THIS_VEHICLE: "NOT THIS VEHICLE - the record alone is confirmed",
    HitObjection.WITHDRAWN: "ALERT WITHDRAWN - the record alone is confirmed",
    HitObjection.CORRECTED: "READ CORRECTED - the record alone is confirmed",
    HitObjection.DISMISSED: "DISMISSED - the record alone is confirmed",
    HitObjection.NOT_COMPARED: "THE RECORD ALONE IS CONFIRMED - compare each character and the state",
}
"""What the pages of the car and of the department say in place of "confirmed"."""


def hit_objection(state: HitState, *, is_withdrawn: bool, is_corrected: bool, is_in_doubt: bool) -> HitObjection | None:
    """What speaks against a hit that counts as confirmed; None: nothing, or it is not confirmed anyway.

    Args:
        state: what was said of it.
        is_withdrawn: whether its alert was taken back.
        is_corrected: whether a later read took the place of its read.
        is_in_doubt: whether it is a possible hit, or of a state that is not the listed one for certain.
    """
    if state.verification is not HitVerification.CONFIRMED:
        return None
    said = None if state.read is None else state.read.answer
    objections = (
        (said in _DENIALS, HitObjection.NOT_THIS_VEHICLE),
        (is_withdrawn, HitObjection.WITHDRAWN),
        (is_corrected, HitObjection.CORRECTED),
        (said == ReadAnswer.DISMISSED, HitObjection.DISMISSED),
        (is_in_doubt and said != ReadAnswer.CORRECT, HitObjection.NOT_COMPARED),
    )
    return next((objection for holds, objection in objections if holds), None)
