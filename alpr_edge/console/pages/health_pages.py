"""The page of the unit's health: every part, how it is, what to do; and what each sound means. Shows no plates."""

import structlog
from starlette.responses import Response

from alpr_edge.console.health_strip import HealthStrip
from alpr_edge.console.lookups.navigation import header_values
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
    """The page and its strip, for everybody who is signed in: technicians, who see no hits, among them."""

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
        header = header_values(self._unit, presence.person, "/health")
        if has_hits:
            header["waiting"] = self._waiting()
        if presence.state is SessionState.GLANCE:
            header["may_mute"] = False
        return PAGES.page("health", parts=parts, signs=TONE_SIGNS, **header)

    def _waiting(self) -> WaitingHits | None:
        """How many hits wait; None while the store does not answer, which health then has to tell."""
        try:
            return waiting_hits(self._unit)
        except StoreError as error:
            log.warning("console.waiting_hits_not_known", failure=str(error))
            return None

    def show_strip(self, visitor: Visitor) -> Response:
        """The strips alone, by which a page that is open makes its own new."""
        presence = self._unit.sign_ins(visitor).presence()
        if presence.state not in {SessionState.OPEN, SessionState.GLANCE}:
            return go("/sign-in")
        person = presence.person if presence.state is SessionState.OPEN else None
        return PAGES.page("strips", **header_values(self._unit, person, "/"))


def may_look_at_hits(person: Person | None) -> bool:
    """Whether some role of whoever is signed in may see hits at all; whether they may see one is decided with it."""
    return person is not None and may_ever(person.roles, Action.SEE_HITS)
