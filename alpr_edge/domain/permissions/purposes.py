"""What data is wanted for: a closed list of purposes, and those that are barred.

It is used for the purposes of the published policy alone (policy 462.3, 462.4, 462.6(b), Civil Code 1798.90.52(b)).

Which of them a department offers, and what each asks for, stands in its profile (:mod:`.profile`).
"""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.holds.case_numbers import normal_case


class PurposeCode(StrEnum):
    """A purpose, the barred ones last: they can be named so that the attempt is refused and recorded."""

    CRIMINAL_INVESTIGATION = "criminal_investigation"
    STOLEN_VEHICLE = "stolen_vehicle"
    """A stolen vehicle or a stolen plate."""
    STOLEN_PROPERTY = "stolen_property"
    WANTED_OR_MISSING = "wanted_or_missing"
    """A warrant, a wanted or a missing person."""
    EMERGENCY_ALERT = "emergency_alert"
    """AMBER and its like."""
    HOMELAND_SECURITY = "homeland_security"
    ELECTRONIC_SURVEILLANCE = "electronic_surveillance"
    SUSPECT_INTERDICTION = "suspect_interdiction"
    CRIME_SCENE_CANVASS = "crime_scene_canvass"
    DEPARTMENT_ACTION = "department_action"
    """A civil or administrative action of the department."""
    DISCOVERY = "discovery"
    """Discovery, or the order of a court."""
    RELEASE = "release"
    """The request of another agency (policy 462.7)."""
    AUDIT = "audit"
    TRAINING = "training"
    """Training with made-up data; never with reads of real vehicles."""
    MAINTENANCE = "maintenance"

    IMMIGRATION_ENFORCEMENT = "immigration_enforcement"
    PROTECTED_HEALTH_CARE = "protected_health_care"
    PROTEST = "protest"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What somebody wants the data for, as they say it."""

    code: str
    """A :class:`PurposeCode`; whether the profile offers it is for :mod:`.decision` to say."""
    offence: str | None = None
    """An offence of the profile's list, by its code."""
    case: str | None = None
    """A case number in one of the agency's formats, as :func:`.normal_case` writes it."""
    note: str = ""

    def __post_init__(self) -> None:
        """Bring the case into the one form in which cases are compared."""
        if self.case is not None:
            object.__setattr__(self, "case", normal_case(self.case))


MAINTENANCE = Purpose(PurposeCode.MAINTENANCE.value)
"""The purpose of what keeps the unit running, and shows no plate."""
