"""The steps of a request; none is ever changed or taken back (policy 462.7(c))."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.releases.packages import ReleasePackage
from alpr_edge.domain.releases.requests import ReleaseScope


class ReleaseState(StrEnum):
    """Where a request is."""

    WAITING = "waiting"
    """For its review."""
    WITH_RECORDS = "with_records"
    """It was passed on, to be processed by the Records Maintenance and Release Policy."""
    BARRED = "barred"
    """The law refuses it."""
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The agency took it back."""
    PACKAGED = "packaged"
    """What was approved lies in a signed package."""
    HANDED_OVER = "handed_over"
    """The agency has the package."""
    CONFIRMED = "confirmed"
    """The agency confirmed in writing that it has it."""
    REPORTED = "reported"
    """The agency said what it was used for."""


@dataclass(frozen=True, slots=True)
class RequestStep:
    """One step of a request; the first one enters it."""

    state: ReleaseState
    """The state from here on."""
    person_id: str
    person: str
    at: datetime
    note: str = ""
    """Why; of what was handed over, how and to whom; of what the agency wrote, its words."""
    scope: ReleaseScope | None = None
    """What was approved."""
    package_sha256: str = ""
    """Of the file that was made, or handed over."""
    package: ReleasePackage | None = None
    """What was made."""


def approved_scope(steps: Sequence[RequestStep]) -> ReleaseScope | None:
    """What the last approval is for; None: nothing was approved."""
    return next((step.scope for step in reversed(steps) if step.state is ReleaseState.APPROVED), None)
