"""The page of the unit's health: every part, how it is, what to do; and what each sound means. Shows no plates."""

import structlog
from starlette.responses import Response

from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.console.health_strip import HealthStrip, is_signed_in
from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.tone_signs import TONE_SIGNS
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.waiting_hits import WaitingHits, waiting_hits
from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.people.person import Person
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.table import may_ever
from alpr_edge.domain.sessions.session import SessionState
from alpr_edge.web.visitor import Visitor

log = structlog.get_logger(__name__)


class HealthPages:
    """The page and its strip, for everybody who is signed in: technicians, who see no hits, among them.

    Args:
        unit: the open unit.
    """

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self.strip = HealthStrip(unit)
        """What every page shows of it."""
        self.steps: tuple[PageRoute, ...] = (
            ("/health", "GET", self.show),
            ("/health/strip", "GET", self.show_strip),
        )

    def show(self, visitor: Visitor) -> Response:
        """The page; what is not well stands first."""
        presence = self._unit.sign_ins(visitor).presence()
        if presence.state not in {SessionState.OPEN, SessionState.GLANCE}:
            return go("/sign-in")
        has_hits = may_look_at_hits(presence.person)
        if has_hits:
            self._unit.speed.require_slow(visitor)  # a technician has no other page
        health = self.strip.health()
        parts = (*health.bad_parts, *(part for part in health.parts if not part.is_bad))
        shown = {
            "has_hits": has_hits,
            "has_cameras": self._unit.authoriser(visitor).decide(Operation.SHOW_CAMERAS).is_allowed,
            "has_reports": presence.person is not None and may_ever(presence.person.roles, Action.SEE_LOG),
        }
        waiting = self._waiting() if has_hits else WaitingHits()
        return PAGES.page("health", waiting=waiting, parts=parts, signs=TONE_SIGNS, unit=health.unit_id, **shown)

    def _waiting(self) -> WaitingHits | None:
        """How many hits wait; None while the store does not answer, which health then has to tell."""
        try:
            return waiting_hits(self._unit)
        except StoreError as error:
            log.warning("console.waiting_hits_not_known", failure=str(error))
            return None

    def show_strip(self, visitor: Visitor) -> Response:
        """The strips alone, by which a page that is open makes its own new."""
        return PAGES.page("strips") if is_signed_in(self._unit, visitor) else go("/sign-in")


def may_look_at_hits(person: Person | None) -> bool:
    """Whether some role of whoever is signed in may see hits at all; whether they may see one is decided with it."""
    return person is not None and may_ever(person.roles, Action.SEE_HITS)
