"""When the next thing of a request is due, and whether an approval still holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alpr_edge.domain.releases.agencies import ReleaseDeadlines
from alpr_edge.domain.releases.steps import ReleaseState, RequestStep


class DueKind(StrEnum):
    """What is due."""

    REVIEW = "review"
    """That it is approved or refused."""
    PACKAGE = "package"
    """That the package is made; after that day it needs a new approval."""
    PICK_UP = "pick_up"
    """That the agency gets the package."""
    CONFIRMATION = "confirmation"
    """The agency's written word that it got it."""
    USE_REPORT = "use_report"
    """The agency's word on what it was used for."""


@dataclass(frozen=True, slots=True)
class ReleaseDue:
    """What is due next, and when."""

    kind: DueKind
    at: datetime


def due_of(steps: Sequence[RequestStep], deadlines: ReleaseDeadlines) -> ReleaseDue | None:
    """What is due next of a request; None: it is at its end."""
    last = steps[-1]
    match last.state:
        case ReleaseState.WAITING:
            return ReleaseDue(DueKind.REVIEW, last.at + deadlines.review)
        case ReleaseState.APPROVED:
            return ReleaseDue(DueKind.PACKAGE, last.at + deadlines.approval)
        case ReleaseState.PACKAGED:
            return ReleaseDue(DueKind.PICK_UP, last.at + deadlines.pick_up)
        case ReleaseState.HANDED_OVER:
            return ReleaseDue(DueKind.CONFIRMATION, last.at + deadlines.confirmation)
        case ReleaseState.CONFIRMED:
            handed_over = next(step for step in reversed(steps) if step.state is ReleaseState.HANDED_OVER)
            return ReleaseDue(DueKind.USE_REPORT, handed_over.at + deadlines.use_report)
        case _:
            return None


def approval_ends(steps: Sequence[RequestStep], deadlines: ReleaseDeadlines) -> datetime | None:
    """Until when a package may be made by the last approval; None: it was never approved."""
    approvals = (step.at for step in reversed(steps) if step.state is ReleaseState.APPROVED)
    approved = next(approvals, None)
    return None if approved is None else approved + deadlines.approval
