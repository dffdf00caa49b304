"""The page of the unit's health: every part, how it is, what to do; and what each sound means. Shows no plates."""

from starlette.responses import Response

from alpr_edge.console.health_strip import HealthStrip, is_signed_in
from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.tone_signs import TONE_SIGNS
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.visitor import Visitor
from alpr_edge.domain.permissions.actions import Action
from alpr_edge.domain.permissions.table import may_ever


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
        if not is_signed_in(self._unit, visitor):
            return go("/sign-in")
        has_hits = may_look_at_hits(self._unit, visitor)
        if has_hits:
            self._unit.speed.require_slow(visitor)  # a technician has no other page
        health = self.strip.health()
        parts = (*health.bad_parts, *(part for part in health.parts if not part.is_bad))
        shown = {"has_hits": has_hits, "has_reports": may_ever_here(self._unit, visitor, Action.SEE_LOG)}
        return PAGES.page("health", parts=parts, signs=TONE_SIGNS, unit=health.unit_id, **shown)

    def show_strip(self, visitor: Visitor) -> Response:
        """The strip alone, by which a page that is open makes its own new."""
        return PAGES.page("health_strip") if is_signed_in(self._unit, visitor) else go("/sign-in")


def may_look_at_hits(unit: ConsoleUnit, visitor: Visitor) -> bool:
    """Whether some role of whoever is signed in may see hits at all; whether they may see one is decided with it."""
    return may_ever_here(unit, visitor, Action.SEE_HITS)


def may_ever_here(unit: ConsoleUnit, visitor: Visitor, action: Action) -> bool:
    """Whether some role of whoever is signed in may do something for some purpose."""
    person = unit.desk(visitor).person_here()
    return person is not None and may_ever(person.roles, action)
