"""The page at speed: one hit, four facts, two buttons; and how a passenger gets the whole page."""

from starlette.responses import Response

from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.visitor import Visitor
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.services.hits.hit_views import HitCard, gravest_first
from alpr_edge.services.hits.passengers import record_passenger
from alpr_edge.store.reads.hit_queries import HitGlance

ANSWERS = frozenset({(DispositionPart.READ, "correct"), (DispositionPart.READ, "dismissed")})
"""What may be answered at speed: by one touch, and undone when the car stands."""


class SpeedPages:
    """The page that a driver has.

    Args:
        unit: the open unit.
    """

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self.steps: tuple[PageRoute, ...] = (("/passenger", "POST", self.say_not_driving),)

    def page(self, visitor: Visitor, glances: list[HitGlance]) -> Response:
        """The gravest hit that waits, and how many others do.

        Args:
            visitor: whoever is signed in.
            glances: the newest hits, the newest first.
        """
        waiting = [glance for glance in gravest_first(glances) if not (glance.is_dealt_with or glance.is_withdrawn)]
        card = self._unit.views.card(self._unit.authoriser(visitor), waiting[0].hit_id) if waiting else None
        is_shown = isinstance(card, HitCard)
        return PAGES.page(
            "watch_at_speed",
            card=card if is_shown else None,
            withheld=None if is_shown else card,
            glances=waiting,
            others=max(0, len(waiting) - 1),
            unit=self._unit.settings.unit.id,
        )

    def say_not_driving(self, visitor: Visitor) -> Response:
        """Show a passenger everything for ten minutes; it is on record before."""
        record_passenger(self._unit.authoriser(visitor))
        self._unit.speed.begin_passenger(visitor)
        return go("/")
