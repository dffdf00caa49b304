"""Who asks for data, as the law tells them apart, and what the law has done with their requests."""

from collections.abc import Mapping
from dataclasses import dataclass
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

    def way_of(self, kind: AgencyKind, seat: AgencySeat) -> RequestWay:
        """What is done with a request of such an agency."""
        return self.ways.get((kind, seat), RequestWay.BARRED)
