"""How many hits wait, as every page tells those who may see hits, also where it shows none."""

from dataclasses import dataclass

from alpr_edge.console.unit import ConsoleUnit
from alpr_edge.services.hits.hit_views import grave_count

GLANCES_MAX = 40
"""Hits in the row: those that wait, the gravest first, then others."""


@dataclass(frozen=True, slots=True)
class WaitingHits:
    """Numbers of hits that wait for an answer."""

    count: int = 0
    grave: int = 0
    """Of those that the row has room for, as in the title of its page."""


def waiting_hits(unit: ConsoleUnit) -> WaitingHits:
    """How many wait at present."""
    return WaitingHits(unit.views.waiting_count(), grave_count(unit.views.glances(GLANCES_MAX)))
