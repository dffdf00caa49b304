"""The page at speed: one hit, four facts, two buttons; and how a passenger gets the whole page."""

from collections.abc import Sequence

from starlette.responses import Response

from alpr_edge.console.lookups.navigation import header_values
from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.people.person import Person
from alpr_edge.services.hits.hit_views import HitCard, is_waiting
from alpr_edge.services.hits.passengers import record_passenger
from alpr_edge.store.reads.hit_queries import HitGlance
from alpr_edge.web.visitor import Visitor

ANSWERS = frozenset({(DispositionPart.READ, "correct"), (DispositionPart.READ, "dismissed")})
"""What may be answered at speed: by one touch, and undone when the car stands."""


def first_to_show(unit: ConsoleUnit, person: Person | None, glances: Sequence[HitGlance]) -> HitGlance | None:
    """The hit that comes up by itself: a waiting one of a source that the person may see, else the first of all.

    A covert hit comes up for nobody by itself.
    """
    permission_of = unit.settings.hotlist.permission_of
    sources = frozenset() if person is None else person.sources
    shown = (glance for glance in glances if is_waiting(glance) and permission_of(glance.source) in sources)
    return next(shown, next((glance for glance in glances if not glance.is_covert), None))


class SpeedPages:
    """The page that a driver has."""

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self.steps: tuple[PageRoute, ...] = (("/passenger", "POST", self.say_not_driving),)

    def page(self, visitor: Visitor, person: Person | None, glances: Sequence[HitGlance]) -> Response:
        """The gravest hit that waits and may be shown, and how many others wait.

        One whose plate no officer has compared comes before those that are verified once the car stands.
        """
        by_step = sorted(glances, key=lambda glance: glance.next_step is not DispositionPart.READ)
        waiting = list(filter(is_waiting, by_step))
        first = first_to_show(self._unit, person, waiting)
        card = self._unit.views.card(self._unit.authoriser(visitor), first.hit_id) if first else None
        is_shown = isinstance(card, HitCard)
        return PAGES.page(
            "watch_at_speed",
            card=card if is_shown else None,
            withheld=None if is_shown else card,
            glances=waiting,
            others=max(0, len(waiting) - 1),
            **(header_values(self._unit, person, "/") | {"links": ()}),
        )

    def say_not_driving(self, visitor: Visitor) -> Response:
        """Show a passenger everything for ten minutes; it is on record before."""
        record_passenger(self._unit.authoriser(visitor))
        self._unit.speed.begin_passenger(visitor)
        return go("/")
