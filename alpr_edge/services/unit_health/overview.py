"""Joins what all daemons of a unit say of themselves into one value: each part, how it is, and what to do.

It reads the health files and nothing else, which everybody on the unit may read: no device, key or database. So the
command line and the page show the same, and neither needs more rights than to look.
"""

from pathlib import Path

from alpr_edge.domain.diagnostics.unit_parts import UnitHealth
from alpr_edge.services.unit_health.daemons import PAGE_LINK, RUN, reports
from alpr_edge.services.unit_health.department_parts import Reports, department_parts
from alpr_edge.services.unit_health.reading_parts import reading_parts
from alpr_edge.settings import Settings


def unit_health(settings: Settings, page_link: Path = PAGE_LINK) -> UnitHealth:
    """How all parts of the unit are at present."""
    return health_of(settings, reports(settings, page_link))


def health_of(settings: Settings, told: Reports) -> UnitHealth:
    """How all parts are, by what each daemon that is due says; None for one that does not run."""
    return UnitHealth(settings.unit.id, (*reading_parts(settings, told.get(RUN)), *department_parts(settings, told)))
