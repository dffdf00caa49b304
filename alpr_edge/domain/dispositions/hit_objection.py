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


OBJECTION_WORDS = {
    HitObjection.NOT_THIS_VEHICLE: "NOT THIS VEHICLE - the record alone is confirmed",
    HitObjection.WITHDRAWN: "ALERT WITHDRAWN - the record alone is confirmed",
    HitObjection.CORRECTED: "READ CORRECTED - the record alone is confirmed",
}
"""What the pages of the car and of the department say in place of "confirmed"."""


def hit_objection(state: HitState, *, is_withdrawn: bool, is_corrected: bool) -> HitObjection | None:
    """What speaks against a hit that counts as confirmed; None: nothing, or it is not confirmed anyway.

    Args:
        state: what was said of it.
        is_withdrawn: whether its alert was taken back.
        is_corrected: whether a later read took the place of its read.
    """
    if state.verification is not HitVerification.CONFIRMED:
        return None
    if state.read is not None and state.read.answer in _DENIALS:
        return HitObjection.NOT_THIS_VEHICLE
    if is_withdrawn:
        return HitObjection.WITHDRAWN
    return HitObjection.CORRECTED if is_corrected else None
