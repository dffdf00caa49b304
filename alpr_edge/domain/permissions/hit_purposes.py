"""The purpose for which a hit is looked at: that of the reason for which the plate is listed."""

from alpr_edge.domain.hits import Reason
from alpr_edge.domain.permissions.purposes import Purpose, PurposeCode

_PURPOSES: dict[Reason, PurposeCode] = {
    Reason.STOLEN_VEHICLE: PurposeCode.STOLEN_VEHICLE,
    Reason.STOLEN_PLATE: PurposeCode.STOLEN_VEHICLE,
    Reason.WANTED_PERSON: PurposeCode.WANTED_OR_MISSING,
    Reason.MISSING_PERSON: PurposeCode.WANTED_OR_MISSING,
    Reason.VIOLENT_PERSON: PurposeCode.WANTED_OR_MISSING,
    Reason.SUPERVISED_RELEASE: PurposeCode.WANTED_OR_MISSING,
    # Its profile bars it, or offers it: where it is barred, a hit is refused and on record as what it is.
    Reason.IMMIGRATION_VIOLATOR: PurposeCode.IMMIGRATION_ENFORCEMENT,
}


def purpose_of_hit(reason: Reason, case: str | None = None) -> Purpose:
    """What a hit is looked at for (policy 462.3): the officer did not ask for it, the list did."""
    return Purpose(_PURPOSES.get(reason, PurposeCode.EMERGENCY_ALERT), case=case)
