"""A request of the page: what is asked, by whom, and what the capture daemon answers.

The page's daemon holds no hotlist and no sound device. It stores a request; ``alpr-edge run`` executes it and stores
the answer, both in the unit's database.
"""

from dataclasses import dataclass
from enum import StrEnum

from alpr_edge.domain.instants import Instant
from alpr_edge.domain.page_requests.corrections import Correction
from alpr_edge.domain.page_requests.mute import EndOfMute, MuteOrder
from alpr_edge.domain.page_requests.quiet import EndOfQuiet, QuietOrder

CORRECTION_S_MAX = 600.0
"""Oldest correction that is executed: a tone for a car that passed long ago would point at the wrong one."""
MUTE_S_MAX = 60.0
"""Oldest mute, and order to keep an entry quiet, that begins: the officer believes by then that the unit sounds."""


class RequestOutcome(StrEnum):
    """What came of a request."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """The newest read of the vehicle says that already."""
    GONE = "gone"
    """The read is not stored any more."""
    TOO_LATE = "too_late"
    """It waited for too long, so it was not executed."""
    REFUSED = "refused"
    """The store does not take what would come of it."""


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """What the capture daemon answers."""

    outcome: RequestOutcome
    hit_ids: tuple[str, ...] = ()
    """Hits of the corrected read, without covert ones, which leave no trace in the car."""


Content = Correction | MuteOrder | EndOfMute | QuietOrder | EndOfQuiet


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request, and its answer once there is one."""

    request_id: str
    content: Content
    person_id: str
    """Who asks; empty: the unit itself."""
    person: str
    """Their name."""
    session: str
    made: Instant
    answer: RequestAnswer | None = None
    answered: Instant | None = None

    def is_too_late(self, now: Instant) -> bool:
        """Whether it waited for too long to be executed; its age is not known where it was made before this boot.

        An order that lets the unit sound is executed however late.
        """
        if isinstance(self.content, EndOfMute | EndOfQuiet):
            return False
        limit_s = CORRECTION_S_MAX if isinstance(self.content, Correction) else MUTE_S_MAX
        return self.made.boot_id != now.boot_id or now.ms_since(self.made) > limit_s * 1000
