"""Who asks for data, as the law tells them apart, and what the law has done with their requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class AgencyKind(StrEnum):
    """What an agency, or whoever else asks, is."""

    LAW_ENFORCEMENT = "law_enforcement"
    PROSECUTION = "prosecution"
    OTHER_PUBLIC = "other_public"
    """A public agency that neither enforces the law nor prosecutes."""
    PRIVATE = "private"
    """A person, a company, a newspaper."""


class AgencySeat(StrEnum):
    """Whose agency it is."""

    IN_STATE = "in_state"
    OUT_OF_STATE = "out_of_state"
    FEDERAL = "federal"


class RequestWay(StrEnum):
    """What is done with a request."""

    REVIEW = "review"
    """It is reviewed, and approved or refused (policy 462.7(b))."""
    DECLARATION = "declaration"
    """Likewise, and only with a written declaration of the agency that the law of the state asks for."""
    RECORDS = "records"
    """It goes the way of the Records Maintenance and Release Policy (policy 462.7)."""
    BARRED = "barred"
    """It is refused, whoever would approve it."""


@dataclass(frozen=True, slots=True)
class ReleaseDeadlines:
    """How long each may take: values of the profile, since neither policy nor law names any."""

    review: timedelta = timedelta(days=10)
    """From the entry."""
    approval: timedelta = timedelta(days=30)
    """From the approval, until which a package may be made."""
    pick_up: timedelta = timedelta(days=14)
    """From the package."""
    confirmation: timedelta = timedelta(days=14)
    """From the hand-over; likewise the next."""
    use_report: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """What the law of a state has done with requests."""

    ways: Mapping[tuple[AgencyKind, AgencySeat], RequestWay]
    """For every kind and seat; what is not here is barred."""
    law: str
    """What bars a request."""
    is_verified: bool
    """Whether somebody compared the rules with the text of the law."""
    declaration: str = ""
    """What an agency has to declare, where a request needs it."""
    deadlines: ReleaseDeadlines = ReleaseDeadlines()

    def way_of(self, kind: AgencyKind, seat: AgencySeat) -> RequestWay:
        """What is done with a request of such an agency."""
        return self.ways.get((kind, seat), RequestWay.BARRED)
