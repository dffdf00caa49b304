"""The page at speed: one hit, four facts, two buttons; and how a passenger gets the whole page."""

from collections.abc import Sequence

from starlette.responses import Response

from alpr_edge.console.page_parts import PAGES, PageRoute, go
from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.console.visitor import Visitor
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.services.hits.hit_views import HitCard, gravest_first, is_waiting
from alpr_edge.services.hits.passengers import record_passenger
from alpr_edge.store.reads.hit_queries import HitGlance

ANSWERS = frozenset({(DispositionPart.READ, "correct"), (DispositionPart.READ, "dismissed")})
"""What may be answered at speed: by one touch, and undone when the car stands."""


def first_to_show(unit: ConsoleUnit, visitor: Visitor, glances: Sequence[HitGlance]) -> HitGlance | None:
    """The hit that comes up by itself: a waiting one of a source that the person may see, else the first of all.

    Args:
        unit: the open unit.
        visitor: whoever is signed in.
        glances: hits, the gravest first.
    """
    person, permission_of = unit.desk(visitor).person_here(), unit.settings.hotlist.permission_of
    sources = frozenset() if person is None else person.sources
    shown = (glance for glance in glances if is_waiting(glance) and permission_of(glance.source) in sources)
    return next(shown, glances[0] if glances else None)


class SpeedPages:
    """The page that a driver has.

    Args:
        unit: the open unit.
    """

    def __init__(self, unit: ConsoleUnit) -> None:
        self._unit = unit
        self.steps: tuple[PageRoute, ...] = (("/passenger", "POST", self.say_not_driving),)

    def page(self, visitor: Visitor, glances: list[HitGlance]) -> Response:
        """The gravest hit that waits and may be shown, and how many others wait.

        Args:
            visitor: whoever is signed in.
            glances: the newest hits, the newest first.
        """
        waiting = list(filter(is_waiting, gravest_first(glances)))
        first = first_to_show(self._unit, visitor, waiting)
        card = self._unit.views.card(self._unit.authoriser(visitor), first.hit_id) if first else None
        is_shown = isinstance(card, HitCard)
        return PAGES.page(
            "watch_at_speed",
            card=card if is_shown else None,
            withheld=None if is_shown else card,
            glances=waiting,
            others=max(0, len(waiting) - 1),
            unit=self._unit.settings.unit.id,
            mute=self._unit.mute_state(),
        )

    def say_not_driving(self, visitor: Visitor) -> Response:
        """Show a passenger everything for ten minutes; it is on record before."""
        record_passenger(self._unit.authoriser(visitor))
        self._unit.speed.begin_passenger(visitor)
        return go("/")
